import { type KubeConfig, Watch } from '@kubernetes/client-node';
import { z } from 'zod';
import { apiVersion } from '../../../operator/api/names.ts';
import {
  type DCCServer,
  type Metadata,
  parseDCCServer,
  parseUnsubscriptionRequest,
  type UnsubscriptionRequest,
} from '../../../operator/api/objects.ts';
import { milliseconds, systemClock } from '../../../operator/clock.ts';

/** One version of an object, as the API server sent it. */
export interface Version {
  readonly deleted: boolean;
  readonly object: RawObject;
}

export interface RawObject {
  readonly kind: string;
  readonly metadata: Metadata;
  readonly [field: string]: unknown;
}

/** Both kinds in a namespace, watched by a client that has nothing to do with the operator's. */
export interface ObservedObjects {
  /** The object as it is now; undefined while there is none. Throws when the operator could not read it either. */
  server(name: string): DCCServer | undefined;
  request(name: string): UnsubscriptionRequest | undefined;
  /** Every version of a request that could be read. */
  requestVersions(name: string): UnsubscriptionRequest[];
  /** Every version that any object ever had, in the order in which they came about, by kind and name. */
  histories(): ReadonlyMap<string, readonly Version[]>;
  close(): void;
}

const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  generation: z.int(),
  creationTimestamp: z.string(),
});
const rawObject: z.ZodType<RawObject> = z.looseObject({ kind: z.string(), metadata });

/** Tests look fifty times a second at what changes once. */
function remembering<Parsed>(parse: (raw: RawObject) => Parsed): (raw: RawObject) => Parsed {
  const known = new WeakMap<RawObject, Parsed>();
  return (raw) => {
    const parsed = known.get(raw) ?? parse(raw);
    known.set(raw, parsed);
    return parsed;
  };
}

const parseServer = remembering(parseDCCServer);
const parseRequest = remembering(parseUnsubscriptionRequest);

/** Watches both kinds in a namespace that is still empty. */
export function observeObjects(kubeConfig: KubeConfig, namespace: string): ObservedObjects {
  const histories = new Map<string, Version[]>();
  const closing = new AbortController();
  const note = (phase: string, object: RawObject) => {
    const key = `${object.kind} ${object.metadata.name}`;
    const history = histories.get(key) ?? [];
    histories.set(key, [...history, { deleted: phase === 'DELETED', object }]);
  };
  for (const plural of ['dccservers', 'unsubscriptionrequests']) {
    void follow(kubeConfig, `/apis/${apiVersion}/namespaces/${namespace}/${plural}`, note, closing.signal);
  }
  const current = <T>(
    kind: string,
    name: string,
    parse: (raw: RawObject) => { kind: 'Readable'; object: T } | { kind: 'Unreadable'; problem: string },
  ): T | undefined => {
    const last = histories.get(`${kind} ${name}`)?.at(-1);
    if (last === undefined || last.deleted) return undefined;
    const parsed = parse(last.object);
    if (parsed.kind === 'Unreadable') throw new Error(`${kind} ${name} cannot be understood: ${parsed.problem}`);
    return parsed.object;
  };
  return {
    server: (name) => current('DCCServer', name, parseServer),
    request: (name) => current('UnsubscriptionRequest', name, parseRequest),
    requestVersions: (name) =>
      (histories.get(`UnsubscriptionRequest ${name}`) ?? []).flatMap(({ object }) => {
        const parsed = parseRequest(object);
        return parsed.kind === 'Readable' ? [parsed.object] : [];
      }),
    histories: () => histories,
    close: () => closing.abort(),
  };
}

/** Watches until the signal aborts; goes on where it was when the client's library ends a silent watch after 30 s. */
async function follow(
  kubeConfig: KubeConfig,
  path: string,
  note: (phase: string, object: RawObject) => void,
  signal: AbortSignal,
): Promise<void> {
  let resourceVersion: string | undefined;
  while (!signal.aborted) {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const take = (phase: string, sent: unknown) => {
      if (phase === 'ERROR') {
        resourceVersion = undefined;
        return;
      }
      const object = rawObject.parse(sent);
      resourceVersion = object.metadata.resourceVersion;
      note(phase, object);
    };
    const watching = await new Watch(kubeConfig).watch(path, { resourceVersion }, take, () => end());
    const stop = () => watching.abort();
    signal.addEventListener('abort', stop, { once: true });
    await ended;
    signal.removeEventListener('abort', stop);
    if (!signal.aborted) await systemClock.sleep(milliseconds(50));
  }
}
