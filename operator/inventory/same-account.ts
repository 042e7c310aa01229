import type { HuaweiAccount } from '../huaweicloud/account.ts';
import { CredentialsError } from '../huaweicloud/credentials.ts';

/** A call, as far as it says for which account it was made: those from before accounts were written down do not. */
interface OfAnAccount {
  readonly account?: string | undefined;
}

/**
 * With the credentials of another account every resource is absent and every order is somebody else's. Calls are made for an id that may have been
 * set, or looked up with earlier keys, so the keys themselves are asked, too. Throws a `CredentialsError`; a call that names no account is taken
 * for one of the account that calls are made for.
 */
export async function assertSameAccount(
  account: Pick<HuaweiAccount, 'domainId' | 'keyOwner'>,
  { account: signedFor }: OfAnAccount,
  signal: AbortSignal,
): Promise<void> {
  const madeFor = await account.domainId(signal);
  const owner = await account.keyOwner(signal);
  if (signedFor !== undefined && signedFor !== owner) {
    throw new CredentialsError(
      `A call was made for the account ${signedFor}, and the credentials belong to another now.`,
      `Give the DCCServer credentials of the account ${signedFor} again: what became of the call is known there alone.`,
    );
  }
  if (owner === madeFor) return;
  const { message, remedy } = keyOfAnother(owner, madeFor);
  throw new CredentialsError(message, remedy);
}

/**
 * Reads what became of calls while the credentials are those of their account, as `assertSameAccount` has it. Keys may be exchanged in place,
 * so they are asked before and after.
 */
export async function withSameAccount<Value>(
  account: Pick<HuaweiAccount, 'domainId' | 'keyOwner'>,
  calls: readonly OfAnAccount[],
  read: () => Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  const assertAll = async () => {
    for (const call of calls) await assertSameAccount(account, call, signal);
  };
  await assertAll();
  const value = await read();
  await assertAll();
  return value;
}

/** When a key is not of the account that calls are made for. */
export function keyOfAnother(owner: string, madeFor: string): { message: string; remedy: string } {
  return {
    message: `the key is of ${owner}, and calls are made for ${madeFor}.`,
    remedy: `Give it a key of the account ${madeFor}. If ${madeFor} is wrong, correct HUAWEICLOUD_SDK_DOMAIN_ID, or start the operator again where that is not set: then it was looked up with an earlier key.`,
  };
}
