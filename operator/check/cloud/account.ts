import type { HuaweiAccount } from '../../huaweicloud/account.ts';
import { failed, type Outcome, ok } from '../outcome.ts';

/**
 * The first call, and for the others a reason to be made: the cloud accepts the key, and the account is enabled. Throws a
 * `CloudError`.
 */
export async function checkAccount(
  account: HuaweiAccount,
  configuredId: string | undefined,
  signal: AbortSignal,
): Promise<Outcome<HuaweiAccount>> {
  const { id, enabled } = await account.iam.domain(signal);
  if (!enabled) {
    const remedy = 'Have it unfrozen: ask the account manager or the service desk of Huawei Cloud.';
    return failed(`the account ${id} is disabled`, remedy);
  }
  if (configuredId !== undefined && configuredId !== id) {
    const remedy = 'Correct HUAWEICLOUD_SDK_DOMAIN_ID, or leave it out: it is looked up.';
    return failed(`the key is of the account ${id}, and HUAWEICLOUD_SDK_DOMAIN_ID names ${configuredId}`, remedy);
  }
  return ok(`the cloud accepts the key; account (domain) ${id}, enabled`, account);
}
