import type { UnsubscriptionRequest } from '../../api/objects.ts';
import type { Placement, ReasonType } from '../../api/unsubscriptionrequest.ts';
import { type SignedUnsubscription, signUnsubscription } from '../../huaweicloud/billing-unsubscribe.ts';
import { assertSameAccount } from '../../inventory/same-account.ts';
import type { RequestContext } from '../context.ts';
import type { Estimate } from '../estimate.ts';
import { assertKept, intended, placementId, withEntry } from './journal.ts';
import type { Cleared } from './last-look.ts';

/** What stands in the journal, and the call that goes with it. */
export interface Written {
  /** As it was written, with the intent. */
  readonly request: UnsubscriptionRequest;
  readonly placement: Placement;
  readonly signed: SignedUnsubscription;
}

/**
 * Proof that the intent stands in the journal. Only its type leaves this file, so only `recordIntent` makes one; and what is
 * private is not copied, so `{ ...intent }` is none, whatever else is put in.
 */
class RecordedIntent {
  readonly #written: Written;

  constructor(written: Written) {
    this.#written = written;
  }

  get written(): Written {
    return this.#written;
  }
}

export type { RecordedIntent };

/** Codes of the API for the reasons: https://support.huaweicloud.com/api-oce/api_order_00019.html */
const reasonCodes: Readonly<Record<ReasonType, 1 | 2 | 3 | 4 | 5>> = {
  ProductNotGood: 1,
  MissingFunctions: 2,
  TooComplex: 3,
  ServiceNotGood: 4,
  Other: 5,
};

/**
 * Signs the call, then writes the intent with the date of the signature by compare-and-swap on the very version of the
 * request that was cleared. Signing first makes a fence: a process that sleeps between here and sending wakes up with a
 * dead call. A conflict rejects: somebody knows more, and nothing was sent.
 */
export async function recordIntent(
  context: RequestContext,
  cleared: Cleared,
  signal: AbortSignal,
): Promise<RecordedIntent> {
  const { request, decision, account, serviceType, estimate } = cleared.seen;
  const { reason, scope } = request.spec;
  const signed = await signUnsubscription(
    account.orderChannel,
    {
      resourceIds: decision.order.resourceIds,
      scope: scope === 'ResourceAndRenewals' ? 1 : 2,
      reasonType: reasonCodes[reason.type],
      reasonText: reason.text,
    },
    signal,
  );
  // Once more after signing: the keys may have been exchanged since the look. It is remembered for each key.
  await assertSameAccount(account, {}, signal);
  const placement = intended(decision.order, {
    id: placementId(decision.number, decision.attempt),
    attempt: decision.attempt,
    plan: decision.plan.id,
    signedAt: signed.signedAt.toISOString(),
    holder: context.holder,
    account: await account.domainId(signal),
    ...(serviceType === undefined ? {} : { serviceType }),
    ...(estimate === undefined ? {} : { estimate: amountsOf(estimate) }),
  });
  const placements = withEntry(request.status.placements ?? [], placement);
  signal.throwIfAborted();
  // As it stands there it has the estimate that was approved with it.
  const plan = request.status.plan?.id === decision.plan.id ? request.status.plan : decision.plan;
  // Without all of it, it would not fit its id any more, and nothing could end the request once it has ordered.
  assertKept(plan.orders, decision.plan.orders);
  const written = await context.requests.writeStatus(request, { ...request.status, plan, placements });
  assertKept(entryOf(written, placement), placement);
  return new RecordedIntent({ request: written, placement, signed });
}

const amountsOf = ({ refund, atLeast, currency }: Estimate) => ({ refund, atLeast, currency });

const entryOf = ({ status }: UnsubscriptionRequest, { id }: Placement) =>
  status.placements?.find((entry) => entry.id === id);
