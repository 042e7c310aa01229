import { z } from 'zod';
import { deadline, type Milliseconds, milliseconds } from '../clock.ts';
import { errorOf, errorOfExchange, jsonOf, optional } from './answers.ts';
import { type CallContext, exchangeOnce } from './calls.ts';
import type { Credentials } from './credentials.ts';
import { CloudError, type CloudErrorClass, classify } from './errors.ts';
import { type OrderChannel, type OrderChannelParts, partsOf } from './order-channel.ts';
import { type SignedRequest, signRequest } from './signing.ts';
import type { Answer } from './transport.ts';

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
  /** How far `signedAt` can be from the billing centre's time, either way. */
  readonly clockBound: Milliseconds;
}

/** A resource that the cloud refused to unsubscribe. */
export interface FailedResource {
  readonly resourceId: string;
  readonly code: string;
  readonly class: CloudErrorClass;
  readonly message: string;
}

/**
 * How a placement ended, by what is certain: `Accepted` has the order ids, `Rejected` a documented refusal, `NotSent` means
 * that not one byte of the request left. Everything else is `Unknown`: the order may exist.
 */
export type UnsubscriptionOutcome =
  | { readonly kind: 'Accepted'; readonly orderIds: readonly string[]; readonly failed: readonly FailedResource[] }
  | {
      readonly kind: 'Rejected';
      readonly code: string;
      readonly class: CloudErrorClass;
      readonly message: string;
      readonly requestId: string | undefined;
      /** Each resource's own refusal, when the cloud gave one by one. */
      readonly failed: readonly FailedResource[];
    }
  | { readonly kind: 'NotSent'; readonly message: string }
  | { readonly kind: 'Unknown'; readonly message: string };

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
  const objection = roadOf(context).objection();
  if (objection !== undefined) throw objection;
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
  const facts = { resourceIds: Object.freeze([...order.resourceIds]), signedAt, clockBound: time.bound };
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
    const objection = road.objection();
    if (objection !== undefined) return { kind: 'NotSent', message: objection.message };
    const limit = milliseconds(Math.ceil(limits.deadline));
    const options = {
      signal: deadline(parts.context.clock, limit),
      connection: 'Fresh',
      holdBack: limits.holdBack,
    } as const;
    const exchange = await exchangeOnce(parts.context, { service, operation }, request, options);
    road.ordered(exchange, errorOfExchange(exchange, unsubscribeOperation, credentials));
    if (exchange.kind !== 'Answered') return exchange;
    return outcomeOf(exchange.answer, order.resourceIds, credentials);
  } catch {
    // Nothing above throws; if a fault of ours does, it must not hide that the order may exist.
    return { kind: 'Unknown', message: 'the operator failed while the order was under way' };
  }
}

const reply = z.object({
  order_ids: optional(z.array(z.string().min(1))),
  fail_resource_infos: optional(
    z.array(z.object({ resource_id: z.string(), error_code: z.string(), error_msg: optional(z.string()) })),
  ),
});

/** Classifies an answer by what is certain. Exported for its tests. */
export function outcomeOf(
  answer: Answer,
  resourceIds: readonly string[],
  credentials: Credentials,
): UnsubscriptionOutcome {
  const error = errorOf(answer, `${service}.${operation}`, credentials);
  const parsed = reply.safeParse(jsonOf(answer.body)?.value);
  const orderIds = parsed.data?.order_ids ?? [];
  if (error !== undefined) {
    return orderIds.length === 0 && isCertainRefusal(error)
      ? rejected(error, [])
      : { kind: 'Unknown', message: error.message };
  }
  if (!parsed.success) return { kind: 'Unknown', message: `answered ${answer.status} with a body that cannot be read` };
  const failed = (parsed.data.fail_resource_infos ?? []).map((info): FailedResource => {
    const { class: errorClass, meaning } = classify(info.error_code, 400);
    const message = info.error_msg ?? meaning ?? 'no reason given';
    return { resourceId: info.resource_id, code: info.error_code, class: errorClass, message };
  });
  // An ambiguous code refuses nothing for certain, nor does an order in progress: such a resource counts as ordered until its row says otherwise.
  const certain = failed.filter((one) => one.class !== 'Ambiguous' && isNotOfThisOrder(one));
  if (orderIds.length > 0) return { kind: 'Accepted', orderIds, failed: certain };
  const [first] = failed;
  const refused = new Set(certain.map((one) => one.resourceId));
  if (first !== undefined && resourceIds.every((id) => refused.has(id))) {
    return {
      kind: 'Rejected',
      code: first.code,
      class: first.class,
      message: first.message,
      requestId: undefined,
      failed,
    };
  }
  return { kind: 'Unknown', message: `answered ${answer.status} with no order id and no refusal of every resource` };
}

function rejected(error: CloudError, failed: readonly FailedResource[]): UnsubscriptionOutcome {
  const { code, class: errorClass, message, requestId } = error;
  return { kind: 'Rejected', code, class: errorClass, message, requestId, failed };
}

/**
 * A proxy, or the gateway itself, may hand a call over once more when the first time was not answered: what is in progress is then the very
 * order of that first time.
 */
const isNotOfThisOrder = ({ class: errorClass }: { class: CloudErrorClass }): boolean =>
  errorClass !== 'TransactionInProgress';

/** Of the billing centre and the gateway before it. */
const codeOfTheWay = /^(CBC|APIGW?)\.\d+$/;

/**
 * A documented refusal, or a status that is given before the order is looked at: 401, 403, 429. Never a 5xx. It must be the cloud's own
 * error: a proxy between may have put its page in the place of the answer to an order that was accepted.
 */
function isCertainRefusal(error: CloudError): boolean {
  const status = error.httpStatus ?? 0;
  // That there is no such address, anybody on the way can say.
  if (!error.explained || status >= 500 || error.class === 'Ambiguous' || error.class === 'NotFound') return false;
  if (!isNotOfThisOrder(error)) return false;
  if (status === 401 || status === 403 || status === 429) return codeOfTheWay.test(error.code);
  return classify(error.code, status).documented;
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
    operation: `${service}.${operation}`,
    message: "the billing centre's time is not known yet, so an order cannot be dated; read from it first",
  });
}
