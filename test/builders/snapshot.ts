import type { UnsubscriptionRequest } from '../../operator/api/objects.ts';
import type { Placement } from '../../operator/api/unsubscriptionrequest.ts';
import { hours } from '../../operator/clock.ts';
import { planOf } from '../../operator/unsubscription/plan.ts';
import type {
  CandidateOrder,
  FoundServer,
  ObservedOrder,
  PlacementEvidence,
  ServerObservation,
  ServerSnapshot,
  Snapshot,
  TimeRange,
} from '../../operator/unsubscription/snapshot.ts';
import { aServer, resourceIdOf, type ServerChanges } from './dccserver.ts';
import { lookedAt } from './metadata.ts';
import { anObservation, read } from './observation.ts';
import { aPlacement, aRequest, type RequestChanges } from './unsubscriptionrequest.ts';

interface FoundServerChanges extends ServerChanges {
  observation?: Partial<ServerObservation>;
  duplicateOf?: FoundServer['duplicateOf'];
  openElsewhere?: FoundServer['openElsewhere'];
  paid?: FoundServer['paid'];
  abandonedOrders?: FoundServer['abandonedOrders'];
}

/** A server of the request `aRequest()`: claimed by it, in use, observed and empty. */
export function aFoundServer(name = 'server-1', changes: FoundServerChanges = {}): FoundServer {
  const { metadata } = aRequest();
  const status = { claim: { name: metadata.name, uid: metadata.uid }, ...changes.status };
  return {
    kind: 'Found',
    name,
    server: aServer(name, { ...changes, status }),
    observation: anObservation({ departed: read(status.departed ?? []), ...changes.observation }),
    duplicateOf: changes.duplicateOf ?? read(undefined),
    openElsewhere: changes.openElsewhere,
    paid: changes.paid ?? read([]),
    abandonedOrders: changes.abandonedOrders ?? read([]),
  };
}

export interface SnapshotChanges extends Partial<Omit<Snapshot, 'request'>> {
  request?: RequestChanges;
}

/** A time that is known to the millisecond. */
export const exactly = (time: Date): TimeRange => ({ earliest: time, latest: time });

/**
 * A snapshot in which every rule holds: the plan that follows from it is approved, unless the changes say what is
 * approved. The request names the servers of the snapshot.
 */
export function aSnapshot({ request: changes = {}, ...rest }: SnapshotChanges = {}): Snapshot {
  const servers = rest.servers ?? [aFoundServer()];
  const spec = { servers: servers.map(({ name }) => ({ name })), ...changes.spec };
  const snapshot: Snapshot = {
    takenAt: lookedAt,
    cloudTime: exactly(rest.takenAt ?? lookedAt),
    claimedOrders: ordersOf(changes.status?.placements ?? []),
    mode: 'Place',
    callsDeadAfter: hours(1),
    halt: read(undefined),
    refundRates: undefined,
    exceeded: undefined,
    seesAllNamespaces: true,
    portfolios: portfoliosOf(servers),
    evidence: new Map(),
    unrecorded: [],
    ...rest,
    servers,
    request: aRequest({ ...changes, spec }),
  };
  return 'approvedPlan' in spec ? snapshot : approve(snapshot);
}

const ordersOf = (journal: readonly Placement[]): Set<string> =>
  new Set(journal.flatMap(({ orders }) => (orders ?? []).map(({ orderId }) => orderId)));

/** The snapshot after a person approved the plan as it stands. */
export function approve(snapshot: Snapshot): Snapshot {
  const approvedPlan = planOf(snapshot)?.id;
  const { request } = snapshot;
  return { ...snapshot, request: { ...request, spec: { ...request.spec, approvedPlan } } };
}

/** The snapshot after calls were journaled under its plan, which is then the recorded one. */
export function withJournal(snapshot: Snapshot, ...entries: Partial<Placement>[]): Snapshot {
  const plan = planOf(snapshot);
  if (plan === undefined) throw new Error('a snapshot without a plan has no journal');
  const placements = entries.map((entry) => aPlacement({ plan: plan.id, ...entry }));
  return withStatus(snapshot, { plan, placements });
}

export function withStatus(snapshot: Snapshot, status: UnsubscriptionRequest['status']): Snapshot {
  const { request } = snapshot;
  return { ...snapshot, request: { ...request, status: { ...request.status, ...status } } };
}

function portfoliosOf(servers: readonly ServerSnapshot[]): Map<string, string[]> {
  const portfolios = new Map<string, string[]>();
  for (const entry of servers) {
    if (entry.kind !== 'Found' || entry.server.spec.portfolio === undefined) continue;
    const { portfolio } = entry.server.spec;
    portfolios.set(portfolio, [...(portfolios.get(portfolio) ?? []), entry.name]);
  }
  return portfolios;
}

export const anOrder = (changes: Partial<ObservedOrder> = {}): ObservedOrder => ({
  orderId: 'CS2603011200',
  state: 'Processing',
  ...changes,
});

/** One that may be the call's, unless the changes say when it was made. */
export const aCandidate = (changes: Partial<CandidateOrder> = {}): CandidateOrder => ({
  ...anOrder(),
  made: 'Within',
  ...changes,
});

/** What the cloud shows when nothing came of the call for server-1. */
export const anEvidence = (changes: Partial<PlacementEvidence> = {}): PlacementEvidence => ({
  cloudTime: lookedAt,
  readUntil: changes.cloudTime ?? lookedAt,
  goneSince: lookedAt,
  rows: new Map([[resourceIdOf('server-1'), 'InUse']]),
  orders: [],
  unclaimedOrders: [],
  isOnlyExplanation: true,
  billedOrders: new Set(),
  billedElsewhere: new Set(),
  ...changes,
});

/** What the cloud shows of the billing rows of these servers. */
export const rows = (
  state: 'InUse' | 'Closed' | 'Frozen' | 'Expired' | 'Absent' | 'Unknown',
  ...names: string[]
): PlacementEvidence['rows'] => new Map(names.map((name) => [resourceIdOf(name), state]));
