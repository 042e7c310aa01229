import { rememberedCalls } from './api/dccserver.ts';
import { drainFinalizer, group, placementFinalizer, version } from './api/names.ts';
import {
  type DCCServer,
  fitDCCServerStatus,
  fitUnsubscriptionRequestStatus,
  type Parsed,
  parseDCCServer,
  parseUnsubscriptionRequest,
  type UnsubscriptionRequest,
} from './api/objects.ts';
import { isOpen } from './api/unsubscriptionrequest.ts';
import { objectKey } from './kubernetes/objects.ts';
import { type Surroundings, type WatchedKind, watchKind } from './kubernetes/watched-kind.ts';

/** Both kinds, watched, each with the indexes that the controllers ask for. */
export interface WatchedKinds {
  servers: WatchedKind<DCCServer>;
  requests: WatchedKind<UnsubscriptionRequest>;
}

const inNamespace = <T>(parsed: Parsed<T & { metadata: { namespace: string } }>): string =>
  (parsed.kind === 'Readable' ? parsed.object : parsed).metadata.namespace;

const fieldOf = <T>(parsed: Parsed<T>, field: (object: T) => string[]): string[] =>
  parsed.kind === 'Readable' ? field(parsed.object) : [];

const openResources = ({ placements = [] }: UnsubscriptionRequest['status']): string[] => [
  ...new Set(placements.filter(isOpen).flatMap(({ resourceIds }) => resourceIds)),
];

export function watchKinds(surroundings: Surroundings): WatchedKinds {
  return {
    servers: watchKind(
      {
        kind: { group, version, plural: 'dccservers', kind: 'DCCServer' },
        parse: parseDCCServer,
        fitStatus: fitDCCServerStatus,
        finalizer: drainFinalizer,
        indexes: {
          namespace: (parsed) => [inNamespace(parsed)],
          resource: (parsed) => fieldOf(parsed, ({ spec }) => [spec.resourceId]),
          ordered: (parsed) =>
            parsed.kind === 'Unreadable'
              ? ['unreadable']
              : fieldOf(parsed, ({ status }) => (rememberedCalls(status).length === 0 ? [] : ['once'])),
        },
      },
      surroundings,
    ),
    requests: watchKind(
      {
        kind: { group, version, plural: 'unsubscriptionrequests', kind: 'UnsubscriptionRequest' },
        parse: parseUnsubscriptionRequest,
        fitStatus: fitUnsubscriptionRequestStatus,
        finalizer: placementFinalizer,
        indexes: {
          namespace: (parsed) => [inNamespace(parsed)],
          journal: (parsed) =>
            parsed.kind === 'Unreadable'
              ? ['unreadable']
              : fieldOf(parsed, ({ status }) => (status.placements?.length ? ['kept'] : [])),
          open: (parsed) => fieldOf(parsed, ({ status }) => openResources(status)),
          server: (parsed) =>
            fieldOf(parsed, ({ spec, metadata }) =>
              spec.servers.map(({ name }) => objectKey(metadata.namespace, name)),
            ),
        },
      },
      surroundings,
    ),
  };
}

/**
 * Brings the objects that a change concerns into the queues: the object itself, the requests that name a server, and the
 * servers that a request names. A controller that wrote itself knows already, the other one does not.
 */
export function wakeOnChanges({ servers, requests }: WatchedKinds): void {
  servers.store.subscribe((change) => {
    const { namespace, name } = change.object.metadata;
    const key = objectKey(namespace, name);
    if (change.source === 'Server') servers.queue.add(key);
    for (const request of requests.store.byIndex('server', key)) {
      requests.queue.add(objectKey(namespace, request.metadata.name));
    }
  });
  requests.store.subscribe((change) => {
    const { namespace, name } = change.object.metadata;
    if (change.source === 'Server') requests.queue.add(objectKey(namespace, name));
    const parsed = requests.parse(change.object);
    const named = parsed.kind === 'Readable' ? parsed.object.spec.servers : [];
    for (const server of named) servers.queue.add(objectKey(namespace, server.name));
  });
}
