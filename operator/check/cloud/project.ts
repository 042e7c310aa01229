import type { HuaweiAccount } from '../../huaweicloud/account.ts';
import { CloudError } from '../../huaweicloud/errors.ts';
import { grantInWords } from '../../huaweicloud/permissions.ts';
import { type Outcome, ok, skipped, warning } from '../outcome.ts';
import type { Target } from './targets.ts';

const lookUp = 'iam.KeystoneListProjects';

/** The project of the target: named by DCCServers, or else that of the region. Throws a `CloudError` when it cannot be found. */
export async function checkProject(
  account: HuaweiAccount,
  { region, projectId, isGiven }: Target,
  signal: AbortSignal,
): Promise<Outcome<HuaweiAccount>> {
  if (!isGiven) return skipped('no DCCServer names a region yet: name one with --check-region');
  if (projectId === undefined) return ok(`the project of ${region} is ${await account.projectId(signal)}`, account);
  const own = await projectOfRegion(account, region, signal);
  if (own === projectId) return ok(`${projectId}, as the DCCServers name it, is the project of ${region}`, account);
  if (own === 'MayNotLook') {
    const remedy = `Grant ${grantInWords(lookUp)} to have it compared; the operator itself does not need it.`;
    return warning(
      `${projectId}, as the DCCServers name it; it may not be compared with that of ${region}`,
      remedy,
      account,
    );
  }
  return warning(
    `${projectId}, as the DCCServers name it; the project of ${region} itself is ${own}`,
    'Right only when the servers are in a subproject: compare it with My Credentials in the console.',
    account,
  );
}

async function projectOfRegion(account: HuaweiAccount, region: string, signal: AbortSignal): Promise<string> {
  try {
    return await account.iam.projectOfRegion(region, signal);
  } catch (error) {
    if (error instanceof CloudError && (error.class === 'Permission' || error.class === 'NotFound'))
      return 'MayNotLook';
    throw error;
  }
}
