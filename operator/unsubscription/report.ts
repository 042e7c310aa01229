import { cut } from '../api/fit.ts';
import { sum } from '../api/money.ts';
import { reconcileAnnotation } from '../api/names.ts';
import { isFinished, type UnsubscriptionRequest } from '../api/objects.ts';
import {
  type BlockerStatus,
  blockerSchema,
  type Placement,
  type Plan,
  type UnsubscriptionRequestStatus,
} from '../api/unsubscriptionrequest.ts';
import type { Blocker } from './blockers/rule.ts';
import { estimateOf, estimateStatus } from './estimate.ts';
import { hasBegun, planOf } from './plan.ts';
import { conditionsFor } from './report/conditions.ts';
import { drainingSince } from './report/overdue.ts';
import type { Snapshot } from './snapshot.ts';
import type { Decision } from './steps.ts';
import { warningsOf } from './warnings.ts';

/** What a pass found and did. */
export interface Pass {
  snapshot: Snapshot;
  /** The request as it stands after the pass: its journal may have grown since the snapshot. */
  request: UnsubscriptionRequest;
  decision: Decision;
  blockers: readonly Blocker[];
}

/** The status that says what a pass found and did. Pure: the same pass gives the same status. */
export function report(pass: Pass): UnsubscriptionRequestStatus {
  const { request, snapshot } = pass;
  const observedGeneration = request.metadata.generation;
  if (isFinished(request)) return { ...request.status, observedGeneration, conditions: conditionsFor(pass) };
  const blockers = pass.decision.do === 'Finish' ? [] : pass.blockers;
  const annotation = request.metadata.annotations?.[reconcileAnnotation];
  // A plan that is not known for the moment stays the last one: PlanReady says so, and nothing is approved by it.
  const plan = plannedNow(pass) ?? request.status.plan;
  const since = pass.decision.do === 'Finish' ? undefined : drainingSince(pass);
  const warnings = pass.decision.do === 'Finish' ? [] : warningsOf(snapshot);
  const refund =
    refundInShort(request.status.placements ?? []) ??
    (pass.decision.do === 'Finish' ? undefined : estimateInShort(plan));
  return {
    observedGeneration,
    ...(annotation === undefined ? {} : { lastHandledReconcileAt: annotation }),
    ...(plan === undefined ? {} : { plan }),
    ...(request.status.placements === undefined ? {} : { placements: request.status.placements }),
    ...(since === undefined ? {} : { drainingSince: since }),
    blockers: listed(blockers, request.status.blockers ?? [], snapshot.takenAt),
    blockerCount: blockers.length,
    ...(warnings.length === 0 ? {} : { warnings }),
    serverNames: inShort(request.spec.servers.map(({ name }) => name)),
    ...(refund === undefined ? {} : { refund }),
    conditions: conditionsFor(pass),
  };
}

/** With what it would give back by now; undefined when the plan is fixed, or not known for the moment. */
function plannedNow({ request, snapshot }: Pass): Plan | undefined {
  const plan = hasBegun(request) ? undefined : planOf(snapshot);
  return plan === undefined ? undefined : { ...plan, estimate: estimateStatus(estimateOf(snapshot)) };
}

function estimateInShort(plan: Plan | undefined): string | undefined {
  const { refund, currency } = plan?.estimate ?? {};
  return refund === undefined || currency === undefined ? undefined : `~${refund} ${currency}`;
}

/** The blockers, each with the time since when it stands; the status keeps as many as its schema has room for. */
function listed(blockers: readonly Blocker[], previous: readonly BlockerStatus[], at: Date): BlockerStatus[] {
  return blockers.map(({ status: _, message, remedy, ...named }) => {
    const { shape } = blockerSchema;
    const blocker = { ...named, message: cut(message, shape.message), remedy: cut(remedy, shape.remedy) };
    const before = previous.find((old) => sameBlocker(old, blocker));
    return { ...blocker, since: before?.since ?? at.toISOString() };
  });
}

type Named = Pick<BlockerStatus, 'condition' | 'reason' | 'server' | 'message'>;

const sameBlocker = (a: Named, b: Named): boolean =>
  a.condition === b.condition && a.reason === b.reason && a.server === b.server && a.message === b.message;

function inShort(names: readonly string[]): string {
  const [first = '', ...more] = names;
  return more.length === 0 ? first : `${first.slice(0, 250)} +${more.length}`;
}

/** The refunds of all orders of one currency, added up; undefined while there is none. */
function refundInShort(journal: readonly Placement[]): string | undefined {
  const orders = journal.flatMap((entry) => entry.orders ?? []);
  const refunds = orders.flatMap(({ refund, currency }) => (refund && currency ? [{ refund, currency }] : []));
  const currencies = [...new Set(refunds.map(({ currency }) => currency))].sort();
  if (currencies.length === 0) return undefined;
  return currencies
    .map(
      (currency) =>
        `${sum(refunds.filter((row) => row.currency === currency).map(({ refund }) => refund))} ${currency}`,
    )
    .join(', ');
}
