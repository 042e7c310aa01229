import type { KubeConfig } from '@kubernetes/client-node';
import { apiVersion } from '../../../operator/api/names.ts';
import {
  type DCCServer,
  parseDCCServer,
  parseUnsubscriptionRequest,
  type UnsubscriptionRequest,
} from '../../../operator/api/objects.ts';
import { follow, type RawObject } from '../../cluster/follow.ts';

/** One version of an object, as the API server sent it. */
export interface Version {
  readonly deleted: boolean;
  readonly object: RawObject;
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
