import { deadline, type Milliseconds, milliseconds } from '../clock.ts';
import { errorOfExchange } from './answers.ts';
import { type CallContext, exchangeOnce } from './calls.ts';
import type { Credentials } from './credentials.ts';
import { CloudError } from './errors.ts';
import { type OrderChannel, type OrderChannelParts, partsOf } from './order-channel.ts';
import { type SignedRequest, signRequest } from './signing.ts';
import { outcomeOf, type UnsubscriptionOutcome } from './unsubscription-outcome.ts';

/** What to unsubscribe, in the API's own codes. */
export interface UnsubscriptionOrder {
  /** 1 to 10 different ids; all of them become one combined order. */
  readonly resourceIds: readonly string[];
  /** 1: the resource and its renewals. 2: only the renewals; the resource stays. */
  readonly scope: 1 | 2;
  /** 1 not good, 2 lacks functions, 3 too complex, 4 service not good, 5 other. */
  readonly reasonType: 1 | 2 | 3 | 4 | 5;
  readonly reasonText?: string | undefined;
}

declare const signed: unique symbol;

/**
 * An order that is signed and can be sent once. Made only by `signUnsubscription`. The cloud's gateway refuses it 15
 * minutes after `signedAt`: whoever records that date knows from when on it can no longer take effect.
 */
export interface SignedUnsubscription {
  readonly [signed]: true;
  readonly resourceIds: readonly string[];
  /** The signed date (X-Sdk-Date), in the billing centre's own time; whole seconds. */
  readonly signedAt: Date;
}

const service = 'billing';
const operation = 'CancelResourcesSubscription';

/** The name of the call, as in the errors of reads. */
export const unsubscribeOperation = `${service}.${operation}`;

const roadOf = ({ traffic, endpoints }: CallContext) => traffic({ service, operation, origin: endpoints[service] });

interface Secret {
  readonly request: SignedRequest;
  readonly credentials: Credentials;
  readonly parts: OrderChannelParts;
}
/** The signed bytes, out of reach of logs and JSON; an entry is taken out when it is sent. */
const unsent = new WeakMap<SignedUnsubscription, Secret>();

/**
 * Signs an order with the billing centre's own time. Sends nothing of it (it may look up the domain id). Throws a TypeError
 * for an impossible order, a `CloudError` or `CredentialsError` when the account cannot be used or the billing centre does not
 * answer, and a `CloudError` when its time is not known yet: read from it first.
 */
export async function signUnsubscription(
  channel: OrderChannel,
  order: UnsubscriptionOrder,
  signal?: AbortSignal,
): Promise<SignedUnsubscription> {
  checkOrder(order);
  const parts = partsOf(channel);
  const { context, domain } = parts;
  const whyOpen = roadOf(context).whyCircuitOpen();
  if (whyOpen !== undefined) throw whyOpen;
  const domainId = await domain.id(signal);
  const credentials = await context.credentials(signal);
  const origin = context.endpoints[service];
  const time = context.cloudClock.now(origin);
  if (time.bound === undefined) throw clockUnknown();
  const signedAt = new Date(Math.floor(time.at.getTime() / 1_000) * 1_000);
  const request = signRequest(
    {
      method: 'POST',
      origin,
      path: ['v2', 'orders', 'subscriptions', 'resources', 'unsubscribe'],
      headers: { [domain.header]: domainId },
      body: JSON.stringify({
        resource_ids: order.resourceIds,
        unsubscribe_type: order.scope,
        unsubscribe_reason_type: order.reasonType,
        unsubscribe_reason: order.reasonText,
      }),
    },
    credentials,
    signedAt,
  );
  const facts = { resourceIds: Object.freeze([...order.resourceIds]), signedAt };
  const signedOrder = Object.freeze(facts) as SignedUnsubscription;
  unsent.set(signedOrder, { request, credentials, parts });
  return signedOrder;
}

/** How an order may be sent. */
export interface SendingLimits {
  readonly deadline: Milliseconds;
  /** Asked when the connection stands, right before the order leaves: a reason why it must not, or undefined. */
  readonly holdBack?: (() => string | undefined) | undefined;
}

/**
 * Sends a signed order, exactly once, over a connection of its own. Never throws and never retries; a second call with the
 * same order sends nothing and says `Unknown`, because the first may have taken effect.
 */
export async function sendUnsubscription(
  order: SignedUnsubscription,
  limits: SendingLimits,
): Promise<UnsubscriptionOutcome> {
  const secret = unsent.get(order);
  unsent.delete(order);
  if (secret === undefined) return { kind: 'Unknown', message: 'this order was sent before; nothing was sent again' };
  if (!(limits.deadline > 0)) return { kind: 'NotSent', message: 'no time was left to send the order' };
  try {
    const { request, credentials, parts } = secret;
    const road = roadOf(parts.context);
    const whyOpen = road.whyCircuitOpen();
    if (whyOpen !== undefined) return { kind: 'NotSent', message: whyOpen.message };
    const limit = milliseconds(Math.ceil(limits.deadline));
    const options = {
      signal: deadline(parts.context.clock, limit),
      connection: 'Fresh',
      holdBack: limits.holdBack,
    } as const;
    const exchange = await exchangeOnce(parts.context, { service, operation }, request, options);
    const error = errorOfExchange(exchange, unsubscribeOperation, credentials);
    road.recordOrder(exchange, error);
    if (exchange.kind !== 'Answered') return exchange;
    return outcomeOf(exchange.answer, error, order.resourceIds);
  } catch {
    // Nothing above throws; if a fault of ours does, it must not hide that the order may exist.
    return { kind: 'Unknown', message: 'the operator failed while the order was under way' };
  }
}

function checkOrder({ resourceIds }: UnsubscriptionOrder): void {
  if (resourceIds.length < 1 || resourceIds.length > 10) throw new TypeError('An order has 1 to 10 resources.');
  if (new Set(resourceIds).size !== resourceIds.length) throw new TypeError('A resource is named twice in an order.');
  if (resourceIds.includes('')) throw new TypeError('A resource id is empty.');
}

function clockUnknown(): CloudError {
  return new CloudError({
    class: 'Unreachable',
    code: 'CloudTimeUnknown',
    operation: unsubscribeOperation,
    message: "the billing centre's time is not known yet, so an order cannot be dated; read from it first",
  });
}
