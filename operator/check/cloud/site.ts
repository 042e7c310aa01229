import type { HuaweiAccount } from '../../huaweicloud/account.ts';
import { type Outcome, ok } from '../outcome.ts';

/** Whether the account is of the site of `--site`: the billing centre of another refuses it (CBC.0150, CBC.0156). Throws a `CloudError`. */
export async function checkSite(account: HuaweiAccount, signal: AbortSignal): Promise<Outcome<HuaweiAccount>> {
  await account.billing.probeSite(signal);
  return ok(`the account belongs to the site ${account.site}`, account);
}
