import { verify } from 'node:crypto';
import { z } from 'zod';
import type { Account, IdentityProvider } from '../world/account.ts';
import type { World } from '../world/world.ts';

const headerSchema = z.object({ alg: z.enum(['RS256', 'ES256']) });
const claimsSchema = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
});

export interface TrustedToken {
  readonly account: Account;
  readonly provider: IdentityProvider;
  readonly subject: string;
}

/**
 * Checks an OIDC id token (a compact JWS): a trusted issuer and audience, not expired, signed by one of the issuer's
 * keys. Gives the account that trusts it, or undefined. `isProvider` picks the provider that the caller named.
 */
export function trustedToken(
  world: World,
  idToken: string,
  isProvider: (provider: IdentityProvider) => boolean,
  now: Date,
): TrustedToken | undefined {
  const [header = '', payload = '', signature = ''] = idToken.split('.');
  const parsedHeader = headerSchema.safeParse(decoded(header));
  const claims = claimsSchema.safeParse(decoded(payload));
  if (!parsedHeader.success || !claims.success || claims.data.exp * 1_000 <= now.getTime()) return undefined;
  for (const account of world.accounts) {
    const provider = account.identityProviders.find(isProvider);
    if (provider === undefined || provider.issuer !== claims.data.iss) continue;
    if (![claims.data.aud].flat().includes(provider.audience)) continue;
    const signed = Buffer.from(`${header}.${payload}`);
    const valid = provider.publicKeys.some((key) =>
      verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')),
    );
    if (valid) return { account, provider, subject: claims.data.sub };
  }
  return undefined;
}

function decoded(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
