import { z } from 'zod';
import { seconds } from '../clock.ts';
import type { Connection } from './connection.ts';
import { KubernetesError } from './errors.ts';
import { apiVersionOf, decodeObject, type ResourceKind, type UnparsedObject } from './objects.ts';

/** What is listed: of all namespaces when none is named. */
export interface LiveSelection {
  namespace?: string | undefined;
  /** Of the fields that the kind has made selectable: see `fieldEquals`. */
  fieldSelector?: string | undefined;
}

const listSchema = z.object({ metadata: z.object({ continue: z.string().optional() }), items: z.array(z.unknown()) });
/**
 * Of a list without a selector. One with a selector is short, and without a limit the API server answers it from its memory, as consistent
 * as a quorum read (KEP-2340); with a limit it reads all objects from etcd.
 */
const pageSize = 500;
const timeout = seconds(30);

/**
 * Lists objects of a custom kind by quorum reads, past every cache and whatever this process looks after. All or nothing:
 * rejects with a KubernetesError, also when one of them cannot be decoded, since it must not pass for absent.
 */
export async function listLive(
  connection: Pick<Connection, 'request'>,
  kind: ResourceKind,
  { namespace, fieldSelector }: LiveSelection,
  signal: AbortSignal,
): Promise<UnparsedObject[]> {
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const path = `/apis/${apiVersionOf(kind)}${within}/${kind.plural}`;
  const objects: UnparsedObject[] = [];
  let page: string | undefined;
  do {
    const limit = fieldSelector === undefined ? pageSize : undefined;
    const query = { fieldSelector, limit, continue: page };
    const list = decoded(await connection.request('GET', path, { query, signal, timeout }));
    objects.push(...list.objects);
    page = list.continue;
  } while (page !== undefined);
  return objects;
}

function decoded(raw: unknown): { objects: UnparsedObject[]; continue: string | undefined } {
  try {
    const { metadata, items } = listSchema.parse(raw);
    return { objects: items.map(decodeObject), continue: metadata.continue || undefined };
  } catch (error) {
    throw new KubernetesError('Malformed', 'the list is not what the API promises', { cause: error });
  }
}

/** A field selector for exactly this value (`EscapeValue` in apimachinery's `fields/selector.go`). */
export const fieldEquals = (path: string, value: string): string =>
  `${path}=${value.replace(/[\\,=]/g, (character) => `\\${character}`)}`;
