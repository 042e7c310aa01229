/**
 * What an error of the cloud means for the operator. `errorClasses` says it in words.
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

/** A class in words: for whom an error is, and what a person can do about it. */
export interface ErrorClassWords {
  readonly meaning: string;
  readonly remedy: string;
}

const byAPerson = 'Refused until a person changes something.';
const forNow = 'Refused for now: it is tried again.';
const access = "The account's access must be repaired.";
const missing = 'What was named does not exist, or no longer: it is verified by reading.';

/** All classes; `docs/errors.md` is made from them. */
export const errorClasses: Readonly<Record<CloudErrorClass, ErrorClassWords>> = {
  FrozenResource: {
    meaning: byAPerson,
    remedy: 'Unfreeze the resource or the account in the Billing Center (pay what is owed), then try again.',
  },
  FrozenAccount: {
    meaning: byAPerson,
    remedy: 'Unfreeze the account in the Billing Center (pay what is owed), then try again.',
  },
  Portfolio: { meaning: byAPerson, remedy: 'Unsubscribe all members of the solution portfolio together.' },
  UnpaidOrder: { meaning: byAPerson, remedy: 'Pay or cancel the unpaid order in the Billing Center.' },
  TransactionInProgress: {
    meaning:
      'Another order is in progress; as the answer to an order it may be that very one, and is looked for by reading.',
    remedy: 'Wait until the other order of this resource has ended.',
  },
  RetryLater: { meaning: forNow, remedy: 'Try again later; when it stays, open a ticket with the cloud.' },
  Throttled: {
    meaning: 'Refused for now: calls are sent at half the rate, and reads wait their turn.',
    remedy: 'Wait: the cloud limits the rate of calls.',
  },
  Gone: {
    meaning: missing,
    remedy: 'Check the resource id: the resource was deleted, or the id is wrong.',
  },
  NotFound: { meaning: missing, remedy: 'Check the id, the region and the project.' },
  Credentials: {
    meaning: `${access} The key is tried again rarely: five failures in a row lock it.`,
    remedy:
      'Check the access key, its secret and the clock. The cloud gives the same answer when the account is in arrears or frozen.',
  },
  Permission: { meaning: access, remedy: 'Grant the IAM user or agency the action that this call needs.' },
  WrongSite: {
    meaning: `${access} The other sites are asked whose account it is.`,
    remedy:
      'Set the site to the one where the account is registered (china, international or europe): with --site (chart: site), or for the account of a Secret alone with DCC_OPERATOR_SITE in it.',
  },
  Refused: { meaning: 'Refused for good, as documented.', remedy: 'The cloud does not allow it for this resource.' },
  Ambiguous: {
    meaning:
      'Nobody knows whether the call took effect. An order is looked for by reading, and never sent again before.',
    remedy: 'Read back what happened before anything is sent again.',
  },
  Unparsable: {
    meaning: 'The answer does not read as documented, so it is no evidence of anything.',
    remedy: 'Check the endpoint and the version of the operator: the answer is not what the API documents.',
  },
  Unreachable: {
    meaning: 'No answer came. An endpoint that stays silent is left alone, but for one call at times.',
    remedy: 'Check the network, the proxy and the endpoint.',
  },
};

/** Where a code is documented. */
export const errorSources = {
  unsubscription: {
    title: 'Unsubscribing from yearly/monthly resources',
    url: 'https://support.huaweicloud.com/api-oce/api_order_00019.html',
  },
  refund: {
    title: 'Querying the refund of an order',
    url: 'https://support.huaweicloud.com/intl/en-us/api-oce/api_order_00020.html',
  },
  billing: {
    title: 'Status codes of the billing centre',
    url: 'https://support.huaweicloud.com/intl/en-us/api-bpconsole/en-us_topic_0081766005.html',
  },
  gateway: {
    title: 'API Request Signing Guide',
    url: 'https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-errorcode.html',
  },
  terraform: {
    title: "Huawei's Terraform provider",
    url: 'https://github.com/huaweicloud/terraform-provider-huaweicloud',
  },
  thirdParty: { title: 'seen in public code only', url: undefined },
} as const;

/** A code, what it means, and where that is documented. */
export interface ErrorCode {
  readonly class: CloudErrorClass;
  readonly meaning: string;
  readonly source: keyof typeof errorSources;
}

const unsubscribe = (errorClass: CloudErrorClass, meaning: string): ErrorCode => ({
  ...{ class: errorClass, meaning, source: 'unsubscription' },
});
const billing = (errorClass: CloudErrorClass, meaning: string): ErrorCode => ({
  ...{ class: errorClass, meaning, source: 'billing' },
});
const gateway = (errorClass: CloudErrorClass, meaning: string): ErrorCode => ({
  ...{ class: errorClass, meaning, source: 'gateway' },
});

/**
 * Every code that is documented for the calls made here. A code whose meaning is not documented, or that a gateway gives when
 * the service behind it may have begun, is Ambiguous: after an order it must not pass for a refusal.
 */
export const errorCodes: Readonly<Record<string, ErrorCode>> = {
  'CBC.0100': unsubscribe('Refused', 'a parameter is wrong'),
  'CBC.0150': { class: 'WrongSite', meaning: 'the customer does not belong to this site', source: 'terraform' },
  'CBC.0151': unsubscribe('Permission', 'access denied'),
  'CBC.0155': unsubscribe('Permission', 'not allowed'),
  'CBC.0156': billing('WrongSite', 'the customer does not belong to this site'),
  'CBC.0999': unsubscribe('Ambiguous', 'other error'),
  'CBC.3002': billing('Ambiguous', 'the resource is locked'),
  'CBC.7281': unsubscribe('FrozenAccount', 'the account is frozen'),
  'CBC.30000052': unsubscribe('FrozenResource', 'the resource or the account is frozen'),
  'CBC.30000053': unsubscribe('Refused', 'billed by a savings plan'),
  'CBC.30000067': unsubscribe('Gone', 'the resource was deleted or is not managed by the Billing Center'),
  'CBC.30010035': unsubscribe('Ambiguous', 'listed without a meaning'),
  'CBC.30050010': billing('Ambiguous', 'listed without a meaning'),
  'CBC.30050011': billing('Ambiguous', 'listed without a meaning'),
  'CBC.99000049': billing('Refused', "a reseller's customer has no account balance of its own"),
  'CBC.99003012': unsubscribe('Gone', 'the resource id does not exist'),
  'CBC.99003100': unsubscribe('UnpaidOrder', 'the resource is part of an unpaid order'),
  'CBC.99003128': unsubscribe('Refused', 'there is no renewed period'),
  'CBC.99003185': unsubscribe('Portfolio', 'the service must be handled as a whole'),
  'CBC.99003643': unsubscribe('Refused', 'the service is invoiced'),
  'CBC.99003645': unsubscribe('Refused', 'this type of service cannot be unsubscribed'),
  'CBC.99003647': unsubscribe('Refused', 'a pay-per-use package cannot be unsubscribed'),
  'CBC.99003649': unsubscribe('Refused', 'a trial cannot be unsubscribed'),
  'CBC.99003650': unsubscribe('Refused', 'a KooGallery product cannot be unsubscribed'),
  'CBC.99003651': unsubscribe('TransactionInProgress', 'another transaction of the resource is in progress'),
  'CBC.99003652': unsubscribe('Refused', 'a DevCloud package cannot be unsubscribed'),
  'CBC.99003654': unsubscribe('Refused', 'a bandwidth add-on exists'),
  'CBC.99003656': unsubscribe('FrozenResource', 'frozen: the operation is not possible'),
  'CBC.99005026': { class: 'Refused', meaning: 'the order is no unsubscription order', source: 'refund' },
  'CBC.99006066': unsubscribe('RetryLater', 'the fee could not be looked up'),
  'APIGW.0101': gateway('NotFound', 'there is no such API at this address'),
  'APIGW.0103': gateway('Ambiguous', 'the gateway found nothing behind it'),
  'APIGW.0104': gateway('Ambiguous', 'the gateway is not set up'),
  'APIGW.0105': gateway('Ambiguous', 'the gateway is not set up'),
  'APIGW.0106': gateway('Ambiguous', 'the gateway could not pass the request on'),
  'APIGW.0201': gateway('Ambiguous', 'the request is not well formed, or what is behind the gateway did not answer'),
  'APIGW.0301': gateway('Credentials', 'the signature or the token was not accepted'),
  'APIGW.0303': gateway('Credentials', 'the signature is more than 15 minutes off'),
  'APIGW.0308': gateway('Throttled', 'too many calls'),
  'CCE.01404001': { class: 'NotFound', meaning: 'there is no such cluster or node', source: 'thirdParty' },
  'CCE.01429002': { class: 'Throttled', meaning: 'too many calls', source: 'thirdParty' },
  'CCE.01429003': { class: 'Throttled', meaning: 'too many calls', source: 'thirdParty' },
};

/** What an answer means whose code is not known. Everything else is Ambiguous. */
export const statusClasses: Readonly<Record<number, CloudErrorClass>> = {
  401: 'Credentials',
  403: 'Permission',
  404: 'NotFound',
  429: 'Throttled',
};
