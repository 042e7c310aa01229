import type { Service } from './endpoints.ts';
import type { Call } from './permissions.ts';
import type { RateBounds } from './token-bucket.ts';

/**
 * Calls a second of one API, where the billing centre states them ("Flow control", fci_00002 of the customer operation
 * capabilities). An older copy of that page has 10 for the balances.
 */
const stated = new Map<string, number>(
  Object.entries({
    'billing.ListCustomerOrders': 20,
    'billing.ShowCustomerOrderDetails': 10,
    'billing.ShowCustomerAccountBalances': 10,
    'billing.ListServiceTypes': 10,
  } satisfies Partial<Record<Call, number>>),
);

/** The other rows of that page could not be read; its example is 10. */
const billing = 10;

/** "By default each API can be called 200 times a second": error codes of the API Request Signing Guide, APIGW.0308. */
const gateway = 200;
/** Not begun with: a service may be stricter than its gateway, and a list is read page after page, each some 50 ms long. */
const firstGuess = 20;
const least = 1;

/** What is known of the limit of one operation before it was ever called. */
export function rateBoundsOf(service: Service, operation: string): RateBounds {
  const name = `${service}.${operation}`;
  if (service !== 'billing') return { first: firstGuess, least, most: gateway };
  const most = stated.get(name) ?? billing;
  return { first: most, least, most };
}
