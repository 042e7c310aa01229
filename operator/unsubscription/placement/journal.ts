import type { Placement, PlannedOrder } from '../../api/unsubscriptionrequest.ts';
import { isSameJson } from '../../kubernetes/same-json.ts';
import type { ObservedOrder } from '../snapshot.ts';

/** How often one order is tried before the request fails: only attempts that certainly had no effect are repeated. */
const maxAttempts = 10;

/** Where one order of the plan stands. */
export type Progress =
  | { kind: 'Next'; attempt: number; previous: Placement | undefined }
  | { kind: 'Unsettled'; placement: Placement }
  | { kind: 'InProgress'; placement: Placement }
  | { kind: 'Done' }
  | { kind: 'Failed'; placement: Placement };

/** The id of a journal entry: the number of the order in the plan, from 1, and the attempt. */
export const placementId = (number: number, attempt: number): string => `${number}.${attempt}`;

export const orderNumber = ({ id }: Placement): number => Number(id.split('.')[0]);

/** Reads from the journal where the order with this number stands. The last attempt says it all. */
export function progressOf(journal: readonly Placement[], number: number): Progress {
  const attempts = journal.filter((entry) => orderNumber(entry) === number);
  const last = attempts.reduce<Placement | undefined>(
    (latest, entry) => (latest === undefined || entry.attempt > latest.attempt ? entry : latest),
    undefined,
  );
  if (last === undefined) return { kind: 'Next', attempt: 1, previous: undefined };
  switch (last.state) {
    case 'Intended':
    case 'Unknown':
      return { kind: 'Unsettled', placement: last };
    case 'Accepted':
      return accepted(last);
    case 'Rejected':
      return last.mayRetry === true ? again(last) : { kind: 'Failed', placement: last };
    case 'NotSent':
    case 'NotPlaced':
      return again(last);
  }
}

function accepted(placement: Placement): Progress {
  if (placement.result === undefined) return { kind: 'InProgress', placement };
  const complete = placement.result === 'Completed' && (placement.failed ?? []).length === 0;
  return complete ? { kind: 'Done' } : { kind: 'Failed', placement };
}

function again(placement: Placement): Progress {
  if (placement.attempt >= maxAttempts) return { kind: 'Failed', placement };
  return { kind: 'Next', attempt: placement.attempt + 1, previous: placement };
}

/** The entry that is written before the call. */
export function intended(
  order: PlannedOrder,
  details: Pick<Placement, 'id' | 'attempt' | 'plan' | 'signedAt' | 'holder' | 'account' | 'serviceType' | 'estimate'>,
): Placement {
  return { ...details, servers: order.servers, resourceIds: order.resourceIds, state: 'Intended' };
}

/** The journal with `entry` in place of the one with the same id, or at the end. */
export function withEntry(journal: readonly Placement[], entry: Placement): Placement[] {
  const known = journal.some(({ id }) => id === entry.id);
  return known ? journal.map((old) => (old.id === entry.id ? entry : old)) : [...journal, entry];
}

/** An order as the journal keeps it. */
export const recorded = ({ orderId, state, refund }: ObservedOrder) =>
  refund === undefined
    ? { orderId, state }
    : { orderId, state, refund: refund.amount, fee: refund.fee, currency: refund.currency };

/** An API server with older definitions drops fields that it does not know: then the journal is no journal. */
export function assertKept(kept: object | undefined, written: object): void {
  if (isSameJson(kept, written)) return;
  throw new Error(
    'The API server did not keep the status as it was written, so nothing is ordered, and no call goes on. Install the CustomResourceDefinitions of this version of the operator.',
  );
}
