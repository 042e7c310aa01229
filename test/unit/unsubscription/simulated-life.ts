import { placementFinalizer } from '../../../operator/api/names.ts';
import type { UnsubscriptionRequest } from '../../../operator/api/objects.ts';
import type { Placement } from '../../../operator/api/unsubscriptionrequest.ts';
import { isOpen } from '../../../operator/api/unsubscriptionrequest.ts';
import { hours, type Milliseconds, minutes } from '../../../operator/clock.ts';
import { blockersOf } from '../../../operator/unsubscription/blockers/rules.ts';
import { intended, placementId, progressOf, withEntry } from '../../../operator/unsubscription/placement/journal.ts';
import { report } from '../../../operator/unsubscription/report.ts';
import { createGoneCalls } from '../../../operator/unsubscription/settling/gone-calls.ts';
import type {
  ObservedOrder,
  PlacementEvidence,
  Reading,
  ServerObservation,
  ServerSnapshot,
  Snapshot,
} from '../../../operator/unsubscription/snapshot.ts';
import { type Decision, decide } from '../../../operator/unsubscription/steps.ts';
import { resourceIdOf } from '../../builders/dccserver.ts';
import { lookedAt } from '../../builders/metadata.ts';
import { aSubscription, read, unreadable } from '../../builders/observation.ts';
import { aFoundServer, exactly } from '../../builders/snapshot.ts';
import { terms } from '../../builders/terms.ts';
import { aRequest } from '../../builders/unsubscriptionrequest.ts';
import { kstatusFaults } from '../../kstatus.ts';

/** What becomes of the next call: what the operator hears of it, and when (if ever) it takes effect in the cloud. */
export type Fate =
  | { heard: 'Accepted' }
  | { heard: 'Rejected'; mayRetry: boolean }
  | { heard: 'NotSent' }
  /** The answer is lost. A late effect comes within the 15 minutes for which the gateway accepts a signature, and shows within 4 more. */
  | { heard: 'Unknown' | 'Nothing'; effectAfter: Milliseconds | 'Never' };

interface CloudOrder {
  orderId: string;
  resourceIds: readonly string[];
  /** From when on it exists, and is shown. */
  effectiveAt: number;
  completesAt: number;
}

/** How long the cloud works on an order. */
const processing = minutes(3);
/** How long after the end of an order the bill tells of it. */
const billedWithin = hours(12);
const refund = { amount: '120.50', fee: '10.00', currency: 'CNY' };

/**
 * The life of one request without any I/O: the operator's own decide and report, and a cloud that is a list of orders.
 * Its fields may be changed between passes, as people and the cloud change the world.
 */
export function createLife(names: readonly string[]) {
  const request = aRequest({
    metadata: { finalizers: undefined },
    spec: { servers: names.map((name) => ({ name })) },
  });
  const life = {
    now: lookedAt.getTime(),
    request,
    observations: new Map<string, Partial<ServerObservation>>(),
    /** Whether the billing centre answers what became of calls. */
    evidenceReadable: true,
    /** What becomes of the calls to come, in turn; when empty they are accepted. */
    fates: [] as Fate[],
    mode: 'Place' as Snapshot['mode'],
    /** Every order that the cloud ever took. */
    ledger: [] as CloudOrder[],
    goneCalls: createGoneCalls(),
    /** The Ready reason after each pass that wrote a status, without repetition. */
    states: [] as string[],
    faults: [] as string[],
    /** One pass; gives what was decided. */
    pass: (): Decision => pass(life),
    wait: (duration: Milliseconds): void => {
      life.now += duration;
    },
    approve: (): void => {
      change(life, { spec: { ...life.request.spec, approvedPlan: life.request.status.plan?.id } });
    },
    delete: (): void => {
      const { metadata } = life.request;
      const deletionTimestamp = metadata.deletionTimestamp ?? new Date(life.now).toISOString();
      change(life, { metadata: { ...metadata, deletionTimestamp } });
    },
  };
  return life;
}

export type Life = ReturnType<typeof createLife>;

function change(life: Life, parts: Partial<UnsubscriptionRequest>): void {
  life.request = { ...life.request, ...parts };
}

function pass(life: Life): Decision {
  const snapshot = snapshotOf(life);
  const decision = decide(snapshot, terms);
  const { metadata, status } = life.request;
  switch (decision.do) {
    case 'Rest':
      return decision;
    case 'HoldFinalizer':
      change(life, { metadata: { ...metadata, finalizers: [...(metadata.finalizers ?? []), placementFinalizer] } });
      return decision;
    case 'ReleaseFinalizer':
      change(life, { metadata: { ...metadata, finalizers: [] } });
      return decision;
    case 'RecordPlacement':
      journal(life, decision.placement);
      break;
    case 'Place': {
      change(life, { status: { ...status, plan: decision.plan } });
      const outcome = call(life, decision);
      // A process that died after sending writes nothing more in this pass.
      if (outcome === undefined) return decision;
      journal(life, outcome);
    }
  }
  write(life, snapshot, decision);
  return decision;
}

function journal(life: Life, placement: Placement): void {
  const { status } = life.request;
  change(life, { status: { ...status, placements: withEntry(status.placements ?? [], placement) } });
}

function write(life: Life, snapshot: Snapshot, decision: Decision): void {
  const { request } = life;
  const status = report({ snapshot, request, decision, blockers: blockersOf(snapshot) });
  life.faults.push(...kstatusFaults(status, request.metadata.generation, request.status));
  const lost = (request.status.placements ?? []).filter(({ id }) => !status.placements?.some((one) => one.id === id));
  life.faults.push(...lost.map(({ id }) => `call ${id} was lost`));
  change(life, { status });
  const state = status.conditions?.find(({ type }) => type === 'Ready')?.reason ?? 'none';
  if (life.states.at(-1) !== state) life.states.push(state);
}

/** The intent is written, the call sent; gives the entry with the outcome, or nothing when the process died. */
function call(life: Life, { order, plan, number, attempt }: Extract<Decision, { do: 'Place' }>): Placement | undefined {
  const signedAt = new Date(life.now).toISOString();
  const serviceType = 'hws.service.type.dcc';
  const details = {
    id: placementId(number, attempt),
    attempt,
    plan: plan.id,
    signedAt,
    holder: 'operator-0',
    serviceType,
  };
  const intent = intended(order, details);
  journal(life, intent);
  const fate = life.fates.shift() ?? { heard: 'Accepted' };
  switch (fate.heard) {
    case 'Accepted': {
      const { orderId } = take(life, order.resourceIds, life.now);
      return { ...intent, state: 'Accepted', orders: [{ orderId, state: 'Processing' }] };
    }
    case 'Rejected':
      return { ...intent, state: 'Rejected', code: 'CBC.0100', detail: 'It was refused.', mayRetry: fate.mayRetry };
    case 'NotSent':
      return { ...intent, state: 'NotSent', detail: 'No connection could be made.' };
    case 'Unknown':
    case 'Nothing':
      if (fate.effectAfter !== 'Never') take(life, order.resourceIds, life.now + fate.effectAfter);
      return fate.heard === 'Unknown' ? { ...intent, state: 'Unknown', detail: 'The answer was lost.' } : undefined;
  }
}

function take(life: Life, resourceIds: readonly string[], effectiveAt: number): CloudOrder {
  const order = {
    orderId: `CS${life.ledger.length + 1}`,
    resourceIds,
    effectiveAt,
    completesAt: effectiveAt + processing,
  };
  life.ledger.push(order);
  return order;
}

function snapshotOf(life: Life): Snapshot {
  const { request, now, mode } = life;
  const open = (request.status.placements ?? []).filter(isOpen);
  return {
    takenAt: new Date(now),
    cloudTime: exactly(new Date(now)),
    claimedOrders: new Set(
      (request.status.placements ?? []).flatMap(({ orders }) => (orders ?? []).map(({ orderId }) => orderId)),
    ),
    mode,
    callsDeadAfter: hours(1),
    halt: { kind: 'Read', value: undefined },
    exceeded: undefined,
    refundRates: undefined,
    seesAllNamespaces: true,
    request,
    servers: request.spec.servers.map(({ name }) => lookAt(life, name)),
    portfolios: new Map(),
    evidence: new Map(open.map((entry) => [entry.id, evidenceOf(life, entry)])),
    unrecorded: [],
  };
}

/** As `observe-server.ts` has it: a server is followed through its orders once they were placed, and looked at no more. */
function lookAt(life: Life, name: string): ServerSnapshot {
  const { plan, placements = [] } = life.request.status;
  const orders = plan?.orders.map(({ servers }, index) => ({ servers, progress: progressOf(placements, index + 1) }));
  const concerned = orders?.filter(({ servers }) => servers.includes(name)) ?? [];
  if (placements.length > 0 && concerned.every(({ progress }) => progress.kind !== 'Next')) {
    return { kind: 'Ordered', name };
  }
  const subscription = read(aSubscription({ status: rowOf(life, resourceIdOf(name)) }));
  return aFoundServer(name, { observation: { subscription, ...life.observations.get(name) } });
}

function rowOf({ ledger, now }: Life, resourceId: string): 'InUse' | 'Closed' {
  return ledger.some((order) => order.resourceIds.includes(resourceId) && order.completesAt <= now)
    ? 'Closed'
    : 'InUse';
}

function evidenceOf(life: Life, entry: Placement): Reading<PlacementEvidence> {
  if (!life.evidenceReadable) return unreadable();
  const { placements = [] } = life.request.status;
  const claimed = new Set(placements.flatMap(({ orders }) => orders?.map(({ orderId }) => orderId) ?? []));
  const shown = life.ledger.filter(({ effectiveAt }) => effectiveAt <= life.now);
  const own = new Set(entry.orders?.map(({ orderId }) => orderId));
  const rows = new Map(entry.resourceIds.map((id) => [id, rowOf(life, id)]));
  return read({
    cloudTime: new Date(life.now),
    readUntil: new Date(life.now),
    goneSince: life.goneCalls.note(entry, { rows, readUntil: new Date(life.now) }),
    rows,
    orders: shown.filter(({ orderId }) => own.has(orderId)).map((order) => observed(life, order)),
    isOnlyExplanation: true,
    unclaimedOrders: shown
      .filter(({ orderId }) => !claimed.has(orderId))
      .map((order) => ({ ...observed(life, order), made: 'Within' })),
    ...billOf(life, entry),
  });
}

function billOf({ ledger, now }: Life, { resourceIds }: Placement) {
  const billed = ledger.filter(({ completesAt }) => completesAt + billedWithin <= now);
  const isTied = (order: CloudOrder) => order.resourceIds.join() === resourceIds.join();
  const ids = (orders: readonly CloudOrder[]) => new Set(orders.map(({ orderId }) => orderId));
  return {
    billedOrders: ids(billed.filter(isTied)),
    billedElsewhere: ids(billed.filter((order) => !isTied(order))),
  };
}

function observed({ now }: Life, { orderId, completesAt }: CloudOrder): ObservedOrder {
  return completesAt <= now ? { orderId, state: 'Completed', refund } : { orderId, state: 'Processing' };
}
