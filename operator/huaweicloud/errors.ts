import type { Milliseconds } from '../clock.ts';

/**
 * What an error of the cloud means for the operator:
 *
 * | class | meaning |
 * |---|---|
 * | FrozenResource, FrozenAccount, Portfolio, UnpaidOrder | refused until a person changes something |
 * | TransactionInProgress, RetryLater, Throttled | refused for now |
 * | Gone, NotFound | what was named does not exist (any more): verify |
 * | Credentials, Permission, WrongSite | the account's access must be repaired |
 * | Refused | refused for good, as documented |
 * | Ambiguous | nobody knows whether the call took effect |
 * | Unparsable | the answer does not read as documented, so it is no evidence of anything |
 * | Unreachable | no answer came |
 */
export type CloudErrorClass =
  | 'FrozenResource'
  | 'FrozenAccount'
  | 'Portfolio'
  | 'UnpaidOrder'
  | 'TransactionInProgress'
  | 'RetryLater'
  | 'Throttled'
  | 'Gone'
  | 'NotFound'
  | 'Credentials'
  | 'Permission'
  | 'WrongSite'
  | 'Refused'
  | 'Ambiguous'
  | 'Unparsable'
  | 'Unreachable';

const remedies: Readonly<Record<CloudErrorClass, string>> = {
  FrozenResource: 'Unfreeze the resource or the account in the Billing Center (pay what is owed), then try again.',
  FrozenAccount: 'Unfreeze the account in the Billing Center (pay what is owed), then try again.',
  Portfolio: 'Unsubscribe all members of the solution portfolio together.',
  UnpaidOrder: 'Pay or cancel the unpaid order in the Billing Center.',
  TransactionInProgress: 'Wait until the other order of this resource has ended.',
  RetryLater: 'Try again later; when it stays, open a ticket with the cloud.',
  Throttled: 'Wait: the cloud limits the rate of calls.',
  Gone: 'Check the resource id: the resource was deleted, or the id is wrong.',
  NotFound: 'Check the id, the region and the project.',
  Credentials:
    'Check the access key, its secret and the clock. The cloud gives the same answer when the account is in arrears or frozen.',
  Permission: 'Grant the IAM user or agency the action that this call needs.',
  WrongSite: 'Set the site to the one where the account is registered: china, international or europe.',
  Refused: 'The cloud does not allow it for this resource.',
  Ambiguous: 'Read back what happened before anything is sent again.',
  Unparsable: 'Check the endpoint and the version of the operator: the answer is not what the API documents.',
  Unreachable: 'Check the network, the proxy and the endpoint.',
};

/**
 * The IAM actions of calls, where the vendor names them: in identity policies, and in the older roles. Sources: the pages of
 * ListPayPerUseCustomerResources and CancelResourcesSubscription, and the permissions page of the Billing Center. The last
 * is refused with CBC.0151 when its statement has the condition key.
 */
const actions: Readonly<Record<string, string>> = {
  'billing.ListPayPerUseCustomerResources': 'billing:subscription:view',
  'billing.ListCustomerOrders': 'billing:order:view (in roles: bss:order:view)',
  'billing.ShowCustomerOrderDetails': 'billing:order:view (in roles: bss:order:view)',
  'billing.ShowCustomerAccountBalances': 'bss:balance:view',
  'billing.CancelResourcesSubscription':
    'billing:subscription:unsubscribe (in roles: bss:unsubscribe:update), in a statement without the condition key billing:cloudServiceType',
};

/**
 * Every code that Huawei Cloud documents for the calls made here, and what it means. Sources: status code tables of
 * api_order_00019 (unsubscribe), api_order_00020 (refund), api_order_00023, the general CBC table, API Gateway.
 */
const documented: Readonly<Record<string, { readonly class: CloudErrorClass; readonly meaning: string }>> = {
  'CBC.0100': { class: 'Refused', meaning: 'a parameter is wrong' },
  'CBC.0150': { class: 'WrongSite', meaning: 'the customer does not belong to this site' },
  'CBC.0151': { class: 'Permission', meaning: 'access denied' },
  'CBC.0155': { class: 'Permission', meaning: 'not allowed' },
  'CBC.0156': { class: 'WrongSite', meaning: 'the customer does not belong to this site' },
  'CBC.0999': { class: 'Ambiguous', meaning: 'other error' },
  'CBC.3002': { class: 'Ambiguous', meaning: 'the resource is locked' },
  'CBC.7281': { class: 'FrozenAccount', meaning: 'the account is frozen' },
  'CBC.30000052': { class: 'FrozenResource', meaning: 'the resource or the account is frozen' },
  'CBC.30000053': { class: 'Refused', meaning: 'billed by a savings plan' },
  'CBC.30000067': { class: 'Gone', meaning: 'the resource was deleted or is not managed by the Billing Center' },
  'CBC.99000049': { class: 'Refused', meaning: "a reseller's customer has no account balance of its own" },
  'CBC.99003012': { class: 'Gone', meaning: 'the resource id does not exist' },
  'CBC.99003100': { class: 'UnpaidOrder', meaning: 'the resource is part of an unpaid order' },
  'CBC.99003128': { class: 'Refused', meaning: 'there is no renewed period' },
  'CBC.99003185': { class: 'Portfolio', meaning: 'the service must be handled as a whole' },
  'CBC.99003643': { class: 'Refused', meaning: 'the service is invoiced' },
  'CBC.99003645': { class: 'Refused', meaning: 'this type of service cannot be unsubscribed' },
  'CBC.99003647': { class: 'Refused', meaning: 'a pay-per-use package cannot be unsubscribed' },
  'CBC.99003649': { class: 'Refused', meaning: 'a trial cannot be unsubscribed' },
  'CBC.99003650': { class: 'Refused', meaning: 'a KooGallery product cannot be unsubscribed' },
  'CBC.99003651': { class: 'TransactionInProgress', meaning: 'another transaction of the resource is in progress' },
  'CBC.99003652': { class: 'Refused', meaning: 'a DevCloud package cannot be unsubscribed' },
  'CBC.99003654': { class: 'Refused', meaning: 'a bandwidth add-on exists' },
  'CBC.99003656': { class: 'FrozenResource', meaning: 'frozen: the operation is not possible' },
  'CBC.99005026': { class: 'Refused', meaning: 'the order is no unsubscription order' },
  'CBC.99006066': { class: 'RetryLater', meaning: 'the fee could not be looked up' },
  'APIGW.0301': { class: 'Credentials', meaning: 'the signature or the token was not accepted' },
  'APIGW.0303': { class: 'Credentials', meaning: 'the signature is more than 15 minutes off' },
  'APIGW.0308': { class: 'Throttled', meaning: 'too many calls' },
  'CCE.01429002': { class: 'Throttled', meaning: 'too many calls' },
  'CCE.01429003': { class: 'Throttled', meaning: 'too many calls' },
};

/** What is known about an error: its class, and whether the code is documented (only then is a refusal certain). */
export interface Classification {
  readonly class: CloudErrorClass;
  readonly meaning: string | undefined;
  readonly documented: boolean;
}

/** Looks a code up in the table; for an unknown code the HTTP status decides the class. */
export function classify(code: string, httpStatus: number): Classification {
  // The gateway writes its prefix both ways: APIG.0301 and APIGW.0301.
  const name = code.replace(/^APIG\./, 'APIGW.');
  const known = Object.hasOwn(documented, name) ? documented[name] : undefined;
  if (known !== undefined) return { ...known, documented: true };
  return { class: classOfStatus(httpStatus), meaning: undefined, documented: false };
}

function classOfStatus(httpStatus: number): CloudErrorClass {
  switch (httpStatus) {
    case 401:
      return 'Credentials';
    case 403:
      return 'Permission';
    case 404:
      return 'NotFound';
    case 429:
      return 'Throttled';
    default:
      return 'Ambiguous';
  }
}

/** What a `CloudError` is made of. `httpStatus` is undefined when no answer came. */
export interface CloudErrorFacts {
  readonly class: CloudErrorClass;
  readonly code: string;
  readonly message: string;
  /** Service and operation, for example `billing.ListCustomerOrders`. */
  readonly operation: string;
  readonly httpStatus?: number | undefined;
  readonly requestId?: string | undefined;
  /** Whether the answer itself held an error with a code, rather than only an HTTP status. */
  readonly explained?: boolean;
  /** How long the cloud asks to wait before the next try. */
  readonly retryAfter?: Milliseconds | undefined;
}

/** A call to the cloud that gave no usable answer. Its message holds no secrets and no text that changes every time. */
export class CloudError extends Error {
  override readonly name = 'CloudError';
  readonly class: CloudErrorClass;
  readonly code: string;
  readonly operation: string;
  readonly httpStatus: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfter: Milliseconds | undefined;
  readonly explained: boolean;

  constructor(facts: CloudErrorFacts, options?: ErrorOptions) {
    super(`${facts.operation}: ${facts.message}`, options);
    this.class = facts.class;
    this.code = facts.code;
    this.operation = facts.operation;
    this.httpStatus = facts.httpStatus;
    this.requestId = facts.requestId;
    this.retryAfter = facts.retryAfter;
    this.explained = facts.explained ?? false;
  }

  /** What a person can do about it, one sentence or two. */
  get remedy(): string {
    return remedyOf(this.class, this.operation);
  }
}

/** The remedy of a class of errors when they come from an operation such as `billing.ListCustomerOrders`. */
export function remedyOf(errorClass: CloudErrorClass, operation: string): string {
  const action = Object.hasOwn(actions, operation) ? actions[operation] : undefined;
  if (errorClass !== 'Permission' || action === undefined) return remedies[errorClass];
  return `Grant the IAM user or agency the action ${action}.`;
}

/** An answer that does not read as documented, or pages that contradict each other. */
export function unparsable(operation: string, message: string): CloudError {
  return new CloudError({ class: 'Unparsable', code: 'Unparsable', operation, message });
}
