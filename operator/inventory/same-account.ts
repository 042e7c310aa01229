import type { HuaweiAccount } from '../huaweicloud/account.ts';
import { CredentialsError } from '../huaweicloud/credentials.ts';

/**
 * With the credentials of another account every resource is absent and every order is somebody else's. Calls are made for an id that may have been
 * set, or looked up with earlier keys, so the keys themselves are asked, too. Throws a `CredentialsError`; a call from before accounts were
 * written down is taken for one of the account that calls are made for.
 */
export async function assertSameAccount(
  account: Pick<HuaweiAccount, 'domainId' | 'keyOwner'>,
  { account: signedFor }: { account?: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const madeFor = await account.domainId(signal);
  const expected = signedFor ?? madeFor;
  if (madeFor === expected && (await account.keyOwner(signal)) === expected) return;
  throw new CredentialsError(
    `A call was made for the account ${expected}, and the credentials belong to another now.`,
    `Give the DCCServer credentials of the account ${expected} again: what became of the call is known there alone.`,
  );
}
