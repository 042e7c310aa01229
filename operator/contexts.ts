import type { Happening } from './api/happenings.ts';
import { apiVersion } from './api/names.ts';
import type { Metadata } from './api/objects.ts';
import { type Config, settleWindow } from './config.ts';
import type { Accounts } from './inventory/accounts.ts';
import { createInventory } from './inventory/inventory.ts';
import type { ServerContext } from './inventory/reconcile.ts';
import type { EventRecorder } from './kubernetes/events.ts';
import { type ObjectKey, objectKey, type UnparsedObject } from './kubernetes/objects.ts';
import { readable } from './kubernetes/parsed-objects.ts';
import type { Store } from './kubernetes/store.ts';
import type { Surroundings } from './kubernetes/watched-kind.ts';
import type { RequestContext } from './unsubscription/context.ts';
import type { WatchedKinds } from './watched-kinds.ts';

export interface ContextOptions {
  config: Config;
  surroundings: Surroundings;
  kinds: WatchedKinds;
  accounts: Accounts;
  events: EventRecorder;
  /** Names this process in journals. */
  holder: string;
  /** Ends the readings of the cloud. */
  signal: AbortSignal;
}

/** What both controllers work with. They share one inventory, so that the cloud is read once for both. */
export function createContexts(options: ContextOptions): { servers: ServerContext; requests: RequestContext } {
  const { config, kinds, accounts, events, holder, signal } = options;
  const { clock, log } = options.surroundings;
  const { servers, requests } = kinds;
  const allServers = () => readable(servers.objects.all());
  const inventory = createInventory({ accounts, clock, allServers, signal });
  const shared = { inventory, clock, pollInterval: config['poll-interval'] };
  return {
    servers: {
      ...shared,
      servers: servers.objects,
      requestsNaming: ({ namespace, name }) => requests.objects.byIndex('server', objectKey(namespace, name)),
      unreadableRequests: (namespace) => unreadableUids(kinds, namespace),
      announce: announcer(events, 'DCCServer'),
    },
    requests: {
      ...shared,
      requests: requests.objects,
      servers: servers.objects,
      cluster: {
        serversIn: (namespace) => servers.objects.byIndex('namespace', namespace),
        serversWith: (resourceId) => readable(servers.objects.byIndex('resource', resourceId)),
        claimedOrders: () => claimedOrders(kinds),
      },
      accounts,
      terms: { settleWindow: settleWindow(config) },
      mode: config.mode,
      holder,
      callTimeout: config['call-timeout'],
      log,
      announce: announcer(events, 'UnsubscriptionRequest'),
    },
  };
}

function unreadableUids({ requests }: WatchedKinds, namespace: string): Set<string> {
  const all = requests.objects.byIndex('namespace', namespace);
  return new Set(all.flatMap((parsed) => (parsed.kind === 'Unreadable' ? [parsed.metadata.uid] : [])));
}

/** Also those of requests that were deleted: the server remembers its order. */
function claimedOrders({ requests, servers }: WatchedKinds): Set<string> {
  const journals = readable(requests.objects.all()).flatMap(({ status }) => status.placements ?? []);
  const remembered = readable(servers.objects.all()).flatMap(({ status }) => status.unsubscription?.orderId ?? []);
  return new Set([...journals.flatMap(({ orders }) => (orders ?? []).map(({ orderId }) => orderId)), ...remembered]);
}

/** Shows on an object that its passes fail again and again, which otherwise only the log would know. */
export const failureAnnouncer =
  (events: EventRecorder, store: Pick<Store<UnparsedObject>, 'get'>) =>
  (key: ObjectKey, error: unknown): void => {
    const regarding = store.get(key);
    if (regarding === undefined) return;
    const note = error instanceof Error ? error.message : String(error);
    events.record({ regarding, type: 'Warning', reason: 'PassFailed', action: 'Reconcile', note });
  };

const announcer =
  (events: EventRecorder, kind: string) =>
  (metadata: Metadata, happening: Happening): void =>
    events.record({ regarding: { apiVersion, kind, metadata }, ...happening });
