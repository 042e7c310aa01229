import { sentence } from '../../api/sentence.ts';
import type { Placement } from '../../api/unsubscriptionrequest.ts';
import { type SendingLimits, sendUnsubscription, unsubscribeOperation } from '../../huaweicloud/billing-unsubscribe.ts';
import { type CloudErrorClass, remedyOf } from '../../huaweicloud/errors.ts';
import type { UnsubscriptionOutcome } from '../../huaweicloud/unsubscription-outcome.ts';
import type { RecordedIntent } from './intent.ts';

/** The one place from which an order leaves, once for each recorded intent. Gives the entry with the outcome; never rejects. */
export async function send(intent: RecordedIntent, limits: SendingLimits): Promise<Placement> {
  const { placement, signed } = intent.written;
  const outcome = await sendUnsubscription(signed, limits);
  return withOutcome(placement, outcome);
}

/** Refusals that came before the order was looked at, or that pass by themselves. */
const passing: readonly CloudErrorClass[] = ['RetryLater', 'Throttled', 'Credentials', 'Permission', 'WrongSite'];

/** The journal entry after the call. Pure. */
export function withOutcome(placement: Placement, outcome: UnsubscriptionOutcome): Placement {
  switch (outcome.kind) {
    case 'Accepted': {
      const orders = outcome.orderIds.map((orderId) => ({ orderId, state: 'Processing' }));
      const failed = outcome.failed.map(({ resourceId, code, message }) => ({ resourceId, code, message }));
      return { ...placement, state: 'Accepted', answered: true, orders, ...(failed.length === 0 ? {} : { failed }) };
    }
    case 'Rejected': {
      const detail = `${sentence(outcome.message)} ${remedyOf(outcome.class, unsubscribeOperation)}`;
      const mayRetry = passing.includes(outcome.class);
      return { ...placement, state: 'Rejected', code: outcome.code, detail, mayRetry };
    }
    case 'NotSent':
    case 'Unknown':
      return { ...placement, state: outcome.kind, detail: outcome.message };
  }
}
