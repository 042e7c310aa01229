import { createHash } from 'node:crypto';
import type { AccessKey, Account } from '../world/account.ts';
import { nextId, type World } from '../world/world.ts';

/** A temporary key: always with a security token and an expiry. */
export type TemporaryKey = AccessKey & { readonly securityToken: string; readonly expiresAt: string };

/** Issues a temporary key of the account that is valid for `lifetime` seconds from now. */
export function issueTemporaryKey(world: World, account: Account, now: Date, lifetime: number): TemporaryKey {
  account.accessKeys = account.accessKeys.filter(
    ({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > now.getTime(),
  );
  const secret = (what: string) =>
    createHash('sha256')
      .update(`${what} ${nextId(world)}`)
      .digest('hex');
  const key: TemporaryKey = {
    accessKey: `HST3${secret('access key').slice(0, 16).toUpperCase()}`,
    secretKey: secret('secret key').slice(0, 40),
    securityToken: secret('security token'),
    expiresAt: new Date(now.getTime() + lifetime * 1_000).toISOString(),
    denied: [],
  };
  account.accessKeys.push(key);
  return key;
}

/** The form in which IAM v3, the metadata service and pod identity hand a key out. */
export const legacyCredential = (key: TemporaryKey) => ({
  access: key.accessKey,
  secret: key.secretKey,
  securitytoken: key.securityToken,
  expires_at: key.expiresAt.replace('Z', '000Z'),
});
