import { z } from 'zod';
import { type Answer, flatError, ok } from '../answers.ts';
import type { Operation, SignedCall } from '../operations.ts';
import { placeUnsubscription } from '../unsubscription/place.ts';
import { unsubscribeBody } from '../unsubscription/rules.ts';
import { parameterError } from './billing-errors.ts';

/** The one call that cannot be taken back. It knows no idempotency key: each accepted call is an order. */
export const billingUnsubscribe: readonly Operation[] = [
  {
    name: 'billing.unsubscribe',
    method: 'POST',
    path: '/v2/orders/subscriptions/resources/unsubscribe',
    access: 'billing',
    rate: 10,
    writes: true,
    answer: unsubscribe,
  },
];

function unsubscribe({ world, account, accessKey, body, settings, now, requestId }: SignedCall): Answer {
  const parsed = unsubscribeBody.safeParse(body);
  if (!parsed.success) {
    const message = z.prettifyError(parsed.error);
    const entry = { time: now.toISOString(), requestId, domainId: account.domainId, resourceIds: [] };
    world.ledger.refused.push({ ...entry, code: 'CBC.0100', message });
    return parameterError(message);
  }
  const placer = { domainId: account.domainId, userName: accessKey.accessKey, placedBy: 'api', requestId } as const;
  const placed = placeUnsubscription(world, placer, parsed.data, settings, now);
  if ('refused' in placed) return flatError(400, placed.refused.code, placed.refused.message);
  return ok({ order_ids: [placed.order.orderId], fail_resource_infos: [] });
}
