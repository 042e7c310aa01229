import type { Announcer } from '../api/happenings.ts';
import type { DCCServer, Parsed, UnsubscriptionRequest } from '../api/objects.ts';
import type { Clock, Milliseconds } from '../clock.ts';
import type { Accounts } from '../inventory/accounts.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Payments } from '../inventory/payments.ts';
import type { ObjectKey } from '../kubernetes/objects.ts';
import type { ParsedObjects } from '../kubernetes/parsed-objects.ts';
import type { Scope } from '../kubernetes/scope.ts';
import type { Polls } from '../polls.ts';
import type { RefundRates } from '../refund-rates.ts';
import type { Logger } from '../telemetry/log.ts';
import type { OrderBudget } from './budget.ts';
import type { GoneCalls } from './settling/gone-calls.ts';
import type { OtherCalls } from './settling/other-explanations.ts';
import type { Halt, OpenElsewhere, ReadFailure, Reading } from './snapshot.ts';
import type { Terms } from './steps.ts';

/** As last heard of, or listed now past the cache: then also what the selector leaves to other installations. */
export type Freshness = 'Cached' | 'Live';

/** What the controller of UnsubscriptionRequests asks of the other objects in the namespaces of the operator. */
export interface Cluster {
  serversIn(namespace: string, freshness: Freshness, signal: AbortSignal): Promise<readonly Parsed<DCCServer>[]>;
  /** All servers, in whatever namespace, that stand for a resource, also those that cannot be understood. */
  serversWith(
    resourceId: string,
    freshness: Freshness,
    signal: AbortSignal,
  ): Promise<Reading<readonly Pick<DCCServer, 'metadata'>[]>>;
  /** A request other than the one with this uid whose journal has a call for the resource open, or may have. */
  openElsewhere(resourceId: string, uid: string): OpenElsewhere | undefined;
  /** Ids of all orders that a journal names or a server remembers; what its servers remember of this call is left out. */
  claimedOrders(besides?: CallOfServers): ReadonlySet<string>;
  /** What is known of all calls but this one. */
  otherCalls(than: CallOfServers): OtherCalls;
  /** Why there may be objects and calls in the operator's namespaces that it does not know of, if so. */
  unread(): ReadFailure | undefined;
}

/** A call, by what its servers know it by. */
export interface CallOfServers {
  readonly namespace: string;
  readonly servers: readonly string[];
  readonly signedAt: string;
}

/** By which people stop all ordering at once. */
export interface HaltSwitch {
  /** As it stood at `since` (by `clock.elapsed`) or later; undefined when nothing is halted. Rejects with the signal only. */
  read(since: Milliseconds, signal: AbortSignal): Promise<Reading<Halt | undefined>>;
}

/** All that the controller of UnsubscriptionRequests works with. */
export interface RequestContext extends Announcer {
  /** The only writer of their status is this controller. */
  requests: ParsedObjects<UnsubscriptionRequest>;
  /** Writes what became of a call, also when another process leads by now: this one alone knows it. */
  outcomes: ParsedObjects<UnsubscriptionRequest>;
  /** Read only: their own controller writes them. */
  servers: Pick<ParsedObjects<DCCServer>, 'cached' | 'live'>;
  /** What this operator looks after. */
  scope: Scope;
  /** Says so on a request that its labels leave to other operators from now on. */
  tellIfLeft(namespace: string, name: string, signal: AbortSignal): Promise<void>;
  cluster: Cluster;
  inventory: Inventory;
  accounts: Accounts;
  payments: Payments;
  refundRates: RefundRates | undefined;
  haltSwitch: HaltSwitch;
  budget: OrderBudget;
  /** Since when, by `clock.elapsed`, this process has known of requests that they are to be let go by force. */
  forcedReleases: Map<ObjectKey, Milliseconds>;
  /** Since when the resources of lost calls are gone. */
  goneCalls: GoneCalls;
  terms: Terms;
  /** After which time a call that nobody follows any more is dead. */
  callsDeadAfter: Milliseconds;
  mode: 'ObserveOnly' | 'Place';
  /** Names this process in the journal. */
  holder: string;
  polls: Polls;
  /** How far apart the two looks are that must agree before an order leaves. */
  lookAgainAfter: Milliseconds;
  /** How far clocks may disagree. */
  clockBound: Milliseconds;
  /** How long the call that places an order may take. */
  callTimeout: Milliseconds;
  /** Until another process may lead, worked out when asked; 0 when this one does not. */
  leaseLeft(): Milliseconds;
  clock: Clock;
  log: Logger;
}
