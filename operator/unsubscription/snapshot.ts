import type { DCCServer, UnsubscriptionRequest } from '../api/objects.ts';
import type { Milliseconds } from '../clock.ts';
import type { MadeWhen } from '../inventory/made-when.ts';
import type { Reading, ServerObservation } from '../inventory/observation.ts';
import type { PaidPeriod } from '../inventory/payments.ts';
import type { RowState } from '../inventory/row-state.ts';
import type { RefundRates } from '../refund-rates.ts';
import type { ExceededLimit } from './budget.ts';

export type * from '../inventory/observation.ts';

/** Everything one pass over a request looks at, read once and never changed. The rules see nothing else. */
export interface Snapshot {
  takenAt: Date;
  /** The cloud's own time, as far as it is known; else the local one. What is promised by date goes by it. */
  cloudTime: TimeRange;
  /** `ObserveOnly`: the operator reports but never orders. */
  mode: 'ObserveOnly' | 'Place';
  /** Whether people have stopped all ordering. */
  halt: Reading<Halt | undefined>;
  /** What the cloud keeps of a refund; undefined when nobody has said it. */
  refundRates: RefundRates | undefined;
  /** The limit of the budget that leaves no room for another order, and how much it allows. */
  exceeded: { limit: ExceededLimit; most: number } | undefined;
  /** Whether other DCCServers for the same resource would be seen wherever they are. */
  seesAllNamespaces: boolean;
  /** After which time a call that nobody follows is dead. */
  callsDeadAfter: Milliseconds;
  request: UnsubscriptionRequest;
  /** One entry for each server of spec, in its order. */
  servers: readonly ServerSnapshot[];
  /** Names of all DCCServers of the namespace that share a portfolio, by the portfolio's name. Empty when no server here has one. */
  portfolios: ReadonlyMap<string, readonly string[]>;
  /** Ids of all orders that a journal in the cluster names, or a server that remembers the call. */
  claimedOrders: ReadonlySet<string>;
  /** What the cloud says of the calls that are not settled yet, by the id of the journal entry. */
  evidence: ReadonlyMap<string, Reading<PlacementEvidence>>;
  /** Servers of the request that do not show yet how their order ended: they learn it from the journal alone. */
  unrecorded: readonly string[];
}

/** Why nothing may be ordered at all. */
export interface Halt {
  /** In words, with its namespace and name. */
  configMap: string;
  /** What the person says who halted the operator. */
  reason: string | undefined;
}

/** Whether nothing may be ordered. While it cannot be read whether people have halted the operator, they may have. */
export const isHalted = (halt: Reading<Halt | undefined>): halt is Reading<Halt> =>
  halt.kind === 'Unreadable' || halt.value !== undefined;

/** A moment that is known to lie in here: the cloud tells its time in whole seconds. */
export interface TimeRange {
  earliest: Date;
  latest: Date;
  /** The cloud's time is not known, and this is what the clock on the wall shows: it may be said, and nothing be ordered by it. */
  isGuess?: true;
}

export type ServerSnapshot =
  | { kind: 'Missing'; name: string }
  /** It exists, and its labels leave it to another installation. */
  | { kind: 'NotSelected'; name: string; selector: string }
  | { kind: 'Unreadable'; name: string; problem: string }
  /** All orders that concern it were placed: it is followed through them, and the rules look at it no more. */
  | { kind: 'Ordered'; name: string }
  | {
      kind: 'Found';
      name: string;
      server: DCCServer;
      observation: ServerObservation;
      /** Ids of orders that may be those of calls whose request was let go by force. */
      abandonedOrders: Reading<readonly string[]>;
      /** What was paid for its subscription. */
      paid: Reading<readonly PaidPeriod[]>;
      /** Name of another DCCServer, in any namespace that is seen, that stands for the same resource. */
      duplicateOf: Reading<string | undefined>;
      /** A call of another request for the server, or for a secondary resource that is to be ordered. */
      openElsewhere: OpenElsewhere | undefined;
    };

/** A call that the journal of another request, in any namespace that is seen, has open for a resource, whatever its server is called. */
export interface OpenElsewhere {
  resourceId: string;
  /** Namespace and name. */
  request: string;
  /** The request cannot be understood and names the resource: nobody knows whether its call has ended. */
  isUnreadable: boolean;
}

export type FoundServer = Extract<ServerSnapshot, { kind: 'Found' }>;

/** What the cloud knows of one call of ours: the input for settling it. */
export interface PlacementEvidence {
  /** The cloud's own time before anything was read, at the earliest. */
  cloudTime: Date;
  /** The same when all had been read, at the latest. */
  readUntil: Date;
  /** State of the billing rows, by resource id. */
  rows: ReadonlyMap<string, RowState>;
  /** Since when all the resources are gone in every reading, at the latest; undefined when one of them is not. */
  goneSince?: Date | undefined;
  /** The orders named in the journal entry. */
  orders: readonly ObservedOrder[];
  /** Unsubscription orders made around the time of the call that belong to no other call. */
  unclaimedOrders: readonly CandidateOrder[];
  /** Whether all the resources are gone, there is one of `unclaimedOrders` alone, and nothing else could explain either; see `other-explanations.ts`. */
  isOnlyExplanation: boolean;
  /** Unsubscription orders that the bill ties to all of the resources. The bill can be a day late, so none proves nothing. */
  billedOrders: ReadonlySet<string>;
  /** Those of `unclaimedOrders` that the bill ties to other resources, and to none of these. */
  billedElsewhere: ReadonlySet<string>;
  /** The order that a person states for the call, as the cloud knows it. */
  statedOrder?: StatedOrder | undefined;
}

/** An order with what speaks against it being the call's, if anything. */
export interface StatedOrder extends ObservedOrder {
  fault?:
    | 'OfAnotherCall'
    | 'NotKnown'
    | 'NoUnsubscription'
    | 'MadeBefore'
    | 'MadeAfter'
    | 'BilledElsewhere'
    | undefined;
  /** Why it could not be looked up, in a sentence. */
  unreadable?: string | undefined;
}

export interface ObservedOrder {
  orderId: string;
  /** As the billing centre says it: `Completed` and `Cancelled` are final. */
  state: string;
  refund?: { amount: string; fee: string; currency: string } | undefined;
  /** It is completed, and not a row of its refund shows yet. */
  refundIsMissing?: boolean;
}

/** An order that may be a call's. */
export interface CandidateOrder extends ObservedOrder {
  /**
   * `Before` the call was signed, by more than clocks may be off: of a request that is deleted since, or from the console. It is not taken
   * for the call's, nor is the call taken for never placed beside it. `After`, when the signature was dead: not the call's, but it may be
   * why the resource is gone.
   */
  made: MadeWhen;
}

export function foundServers(snapshot: Snapshot): FoundServer[] {
  return snapshot.servers.filter((entry) => entry.kind === 'Found');
}

/** Whether the request gives the servers themselves back, which is what drains and backups are demanded for. */
export const givesServersBack = (snapshot: Snapshot): boolean => snapshot.request.spec.scope === 'ResourceAndRenewals';
