import { z } from 'zod';
import { errorFromStatus, KubernetesError } from './errors.ts';
import { isRecord } from './objects.ts';

/** What a watch tells. `resourceVersion` is where to go on from once the event was taken in. */
export type WatchEvent<T> =
  /** The server has taken the request: a sign of life before there is anything to tell. */
  | { type: 'Opened' }
  | { type: 'Added' | 'Modified' | 'Deleted'; object: T; resourceVersion: string }
  /** `listed`: everything that existed when the watch began has been told by now. Only where that was asked for. */
  | { type: 'Bookmark'; resourceVersion: string; listed: boolean };

const types = { ADDED: 'Added', MODIFIED: 'Modified', DELETED: 'Deleted' } as const;

const bookmarkSchema = z.object({
  metadata: z.object({ resourceVersion: z.string().min(1), annotations: z.record(z.string(), z.string()).optional() }),
});
/** https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists */
const initialEventsEnd = 'k8s.io/initial-events-end';

/**
 * Parses one line of a watch.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 * @throws KubernetesError `Malformed` for a line that is no event; for an ERROR event what its Status says, such as `Gone`; and
 * what `decode` throws: an event was lost with it.
 */
export function parseWatchLine<T>(line: string, decode: (raw: unknown) => T & Versioned): WatchEvent<T> {
  const { type, object } = parseEnvelope(line);
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return changeOf(types[type], decode(object));
    case 'BOOKMARK':
      return parseBookmark(object);
    case 'ERROR':
      throw errorFromStatus(object);
    default:
      throw new KubernetesError('Malformed', `a watch event of the unknown type ${type}`);
  }
}

interface Versioned {
  metadata: { resourceVersion: string };
}

function parseEnvelope(line: string): { type: string; object: unknown } {
  const { type, object } = parseRecord(line) ?? {};
  if (typeof type === 'string') return { type, object };
  throw new KubernetesError('Malformed', `not a watch event: ${line.slice(0, 100)}`);
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const changeOf = <T extends Versioned>(type: 'Added' | 'Modified' | 'Deleted', object: T): WatchEvent<T> => ({
  type,
  object,
  resourceVersion: object.metadata.resourceVersion,
});

function parseBookmark(raw: unknown): WatchEvent<never> {
  const parsed = bookmarkSchema.safeParse(raw);
  if (!parsed.success) throw new KubernetesError('Malformed', 'a bookmark without a version', { cause: parsed.error });
  const { resourceVersion, annotations } = parsed.data.metadata;
  return { type: 'Bookmark', resourceVersion, listed: annotations?.[initialEventsEnd] === 'true' };
}
