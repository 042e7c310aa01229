import type { Operation } from '../operations.ts';
import { billingAccounts } from './billing-accounts.ts';
import { billingOrders } from './billing-orders.ts';
import { billingProducts } from './billing-products.ts';
import { billingResources } from './billing-resources.ts';
import { billingUnsubscribe } from './billing-unsubscribe.ts';
import { cbrBackups } from './cbr-backups.ts';
import { cbrVaults } from './cbr-vaults.ts';
import { cce } from './cce.ts';
import { dcc } from './dcc.ts';
import { deh } from './deh.ts';
import { ecs } from './ecs.ts';
import { iam } from './iam.ts';
import { mrs } from './mrs.ts';
import { rds } from './rds.ts';
import { sts } from './sts.ts';
import { workloadCredentials } from './workload-credentials.ts';

/** Every call that the simulated cloud understands. */
export const operations: readonly Operation[] = [
  ...iam,
  ...sts,
  ...workloadCredentials,
  ...billingResources,
  ...billingUnsubscribe,
  ...billingOrders,
  ...billingAccounts,
  ...billingProducts,
  ...dcc,
  ...deh,
  ...ecs,
  ...cce,
  ...mrs,
  ...rds,
  ...cbrBackups,
  ...cbrVaults,
];
