import type { HuaweiAccount } from '../huaweicloud/account.ts';
import { CredentialsError } from '../huaweicloud/credentials.ts';

/**
 * With the credentials of another account every resource is absent and every order is somebody else's. Throws a `CredentialsError`;
 * a call from before accounts were written down is taken for one of this account.
 */
export async function assertSameAccount(
  account: Pick<HuaweiAccount, 'domainId'>,
  { account: signedFor }: { account?: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  if (signedFor === undefined || (await account.domainId(signal)) === signedFor) return;
  throw new CredentialsError(
    `A call was made for the account ${signedFor}, and the credentials belong to another now.`,
    `Give the DCCServer credentials of the account ${signedFor} again: what became of the call is known there alone.`,
  );
}
