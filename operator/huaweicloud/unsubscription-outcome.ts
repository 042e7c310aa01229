import { z } from 'zod';
import { jsonOf, optional } from './answers.ts';
import { type CloudError, type CloudErrorClass, classify } from './errors.ts';
import type { Answer } from './transport.ts';

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

const reply = z.object({
  order_ids: optional(z.array(z.string().min(1))),
  fail_resource_infos: optional(
    z.array(z.object({ resource_id: z.string(), error_code: z.string(), error_msg: optional(z.string()) })),
  ),
});

/** Classifies an answer, and the error that it is, if it is one, by what is certain. */
export function outcomeOf(
  answer: Answer,
  error: CloudError | undefined,
  resourceIds: readonly string[],
): UnsubscriptionOutcome {
  const body = jsonOf(answer.body)?.value;
  const parsed = reply.safeParse(body);
  const orderIds = parsed.data?.order_ids ?? [];
  if (error !== undefined) {
    // What cannot be read beside the error may name an order.
    const namesNoOrder = parsed.success && !namesOrder(body);
    return namesNoOrder && isCertainRefusal(error) ? rejected(error) : { kind: 'Unknown', message: error.message };
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
  if (first !== undefined && resourceIds.every((id) => refused.has(id)) && !namesOrder(body)) {
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

/** In any spelling and anywhere: errors come in several forms, and what stands beside one is not documented. */
function namesOrder(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => (orderIdKey.test(key) ? !isEmpty(inner) : namesOrder(inner)));
}

const orderIdKey = /order_?ids?$/i;

const isEmpty = (value: unknown): boolean =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);

function rejected({ code, class: errorClass, message, requestId }: CloudError): UnsubscriptionOutcome {
  return { kind: 'Rejected', code, class: errorClass, message, requestId, failed: [] };
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
