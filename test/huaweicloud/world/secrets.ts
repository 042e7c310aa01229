import type { World } from './world.ts';

/** Everything in the cloud that must be shown to nobody: secrets and tokens of keys, and tokens on the way to them. */
export function secretsOf({ accounts, credentialSources }: World): string[] {
  const keys = accounts.flatMap(({ accessKeys }) =>
    accessKeys.flatMap((key) => [key.secretKey, key.securityToken ?? []]),
  );
  const { tokens, metadataTokens, podIdentity } = credentialSources;
  return [...keys, ...[...tokens, ...metadataTokens].map(({ token }) => token), podIdentity?.token ?? []].flat();
}
