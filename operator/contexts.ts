import type { Announcer, Happening } from './api/happenings.ts';
import { apiVersion, placementFinalizer } from './api/names.ts';
import {
  fitUnsubscriptionRequestStatus,
  type Metadata,
  parseUnsubscriptionRequest,
  type UnsubscriptionRequest,
} from './api/objects.ts';
import { hours, type Milliseconds } from './clock.ts';
import { createCluster } from './cluster.ts';
import { type Config, callsDeadAfter, settleWindow } from './config.ts';
import type { Accounts } from './inventory/accounts.ts';
import { createFirstLooks } from './inventory/first-looks.ts';
import { createInventory } from './inventory/inventory.ts';
import { createPayments } from './inventory/payments.ts';
import type { ServerContext } from './inventory/reconcile.ts';
import { claimedOrders } from './known-calls.ts';
import { resourceClient } from './kubernetes/client.ts';
import type { Connection } from './kubernetes/connection.ts';
import type { EventRecorder } from './kubernetes/events.ts';
import { type ObjectKey, objectKey, type UnparsedObject, unparsedObjects } from './kubernetes/objects.ts';
import { createParsedObjects, type ParsedObjects, readable } from './kubernetes/parsed-objects.ts';
import { readYourWrites } from './kubernetes/read-your-writes.ts';
import type { Store } from './kubernetes/store.ts';
import type { Surroundings } from './kubernetes/watched-kind.ts';
import { noticeLeavers } from './left-objects.ts';
import { createPolls } from './polls.ts';
import { redactWords } from './telemetry/redaction.ts';
import { type BudgetSources, createOrderBudget } from './unsubscription/budget.ts';
import type { HaltSwitch, RequestContext } from './unsubscription/context.ts';
import { createGoneCalls } from './unsubscription/settling/gone-calls.ts';
import type { Terms } from './unsubscription/steps.ts';
import type { WatchedKinds } from './watched-kinds.ts';

export interface ContextOptions {
  config: Config;
  surroundings: Surroundings;
  kinds: WatchedKinds;
  accounts: Accounts;
  events: EventRecorder;
  /** Lets writes through also when this process leads no longer. */
  unfenced: Connection;
  leaseLeft: () => Milliseconds;
  haltSwitch: HaltSwitch;
  /** Names this process in journals. */
  holder: string;
  /** Ends the readings of the cloud. */
  signal: AbortSignal;
}

/** What both controllers work with. They share one inventory, so that the cloud is read once for both. */
export function createContexts(options: ContextOptions): { servers: ServerContext; requests: RequestContext } {
  const { config, kinds, accounts, events, holder, signal } = options;
  const { clock, random, log, scope } = options.surroundings;
  const { servers, requests } = kinds;
  const allServers = () => readable(servers.objects.all());
  const polls = createPolls({ clock, random, interval: config['poll-interval'] });
  const inventory = createInventory({ accounts, clock, polls, allServers, signal });
  const shared = { inventory, accounts, callsDeadAfter, clock, polls };
  const clockBound = config['clock-bound'];
  const lookAgainAfter = config['look-again-after'];
  const ofServers = announcerFor(events, 'DCCServer');
  const ofRequests = announcerFor(events, 'UnsubscriptionRequest');
  return {
    servers: {
      ...shared,
      firstLooks: createFirstLooks(lookAgainAfter),
      callWindow: { window: settleWindow(config), clockBound, claimedOrders: () => claimedOrders(kinds) },
      servers: servers.objects,
      requestsNaming: ({ namespace, name }) => requests.objects.byIndex('server', objectKey(namespace, name)),
      liveRequest: (namespace, name, signal) => requests.objects.live(namespace, name, signal),
      unreadableRequests: (namespace) => unreadableUids(kinds, namespace),
      tellIfLeft: noticeLeavers(servers, scope, ofServers.announce),
      ...ofServers,
    },
    requests: {
      ...shared,
      lookAgainAfter,
      requests: requests.objects,
      outcomes: outcomesOf(options),
      servers: servers.objects,
      scope,
      cluster: createCluster(options),
      payments: createPayments(clock),
      refundRates: config['refund-rates'],
      haltSwitch: options.haltSwitch,
      budget: createOrderBudget(
        { open: config['max-open-orders'], perHour: config['max-orders-per-hour'] },
        budgetSources(kinds),
      ),
      forcedReleases: new Map(),
      goneCalls: createGoneCalls(),
      terms: termsOf(config),
      mode: config.mode,
      holder,
      clockBound,
      callTimeout: config['call-timeout'],
      leaseLeft: options.leaseLeft,
      log,
      tellIfLeft: noticeLeavers(requests, scope, ofRequests.announce),
      ...ofRequests,
    },
  };
}

export const termsOf = (config: Config): Terms => ({
  settleWindow: settleWindow(config),
  orderVisibleWithin: config['order-visible-within'],
  endWindow: hours(1),
});

/** The requests, for those writes that also one who lost the lease has to make; each is compared with the version that it knows. */
function outcomesOf({ unfenced, kinds }: ContextOptions): ParsedObjects<UnsubscriptionRequest> {
  const { kind, store } = kinds.requests;
  return createParsedObjects({
    client: readYourWrites(resourceClient(unfenced, kind, unparsedObjects), store),
    store,
    parse: parseUnsubscriptionRequest,
    fitStatus: fitUnsubscriptionRequestStatus,
    finalizer: placementFinalizer,
  });
}

function unreadableUids({ requests }: WatchedKinds, namespace: string): Set<string> {
  const all = requests.objects.byIndex('namespace', namespace);
  return new Set(all.flatMap((parsed) => (parsed.kind === 'Unreadable' ? [parsed.metadata.uid] : [])));
}

const budgetSources = ({ requests, servers }: WatchedKinds): BudgetSources => ({
  requests: () => readable(requests.objects.byIndex('journal', 'kept')),
  unreadableRequests: () => requests.objects.byIndex('journal', 'unreadable').length,
  servers: () => readable(servers.objects.byIndex('ordered', 'once')),
});

/** Shows on an object that its passes fail again and again, which otherwise only the log would know. */
export const failureAnnouncer =
  (events: Pick<EventRecorder, 'record'>, store: Pick<Store<UnparsedObject>, 'get'>) =>
  (key: ObjectKey, error: unknown): void => {
    const regarding = store.get(key);
    if (regarding === undefined) return;
    const note = redactWords(error instanceof Error ? error.message : String(error));
    events.record({ regarding, type: 'Warning', reason: 'PassFailed', action: 'Reconcile', note });
  };

/** Makes events about the objects of one of our kinds. */
export function announcerFor(events: Pick<EventRecorder, 'record' | 'remind'>, kind: string): Announcer {
  const about = (metadata: Metadata, happening: Happening) => ({
    regarding: { apiVersion, kind, metadata },
    ...happening,
  });
  return {
    announce: (metadata, happening) => events.record(about(metadata, happening)),
    remind: (metadata, standing) => events.remind(about(metadata, standing)),
  };
}
