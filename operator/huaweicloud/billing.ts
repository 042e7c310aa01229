import { type BillingAccount, createBillingAccount } from './billing-account.ts';
import { type BillingOrders, createBillingOrders } from './billing-orders.ts';
import { type BillingSubscriptions, createBillingSubscriptions } from './billing-subscriptions.ts';
import type { ServiceReader } from './calls.ts';

/** The billing centre (BSS), reads only. What can place an order is in `billing-unsubscribe.ts` and nowhere else. */
export interface Billing extends BillingSubscriptions, BillingOrders, BillingAccount {}

/** Creates the client; its calls are bound to the domain. */
export function createBilling(reader: ServiceReader<'billing'>): Billing {
  return {
    ...createBillingSubscriptions(reader),
    ...createBillingOrders(reader),
    ...createBillingAccount(reader),
  };
}
