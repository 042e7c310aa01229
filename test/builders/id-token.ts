import { generateKeyPairSync, sign } from 'node:crypto';
import type { IdentityProvider } from '../huaweicloud/world/account.ts';

const issuer = 'https://kubernetes.default.svc';
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** What an account of the simulated cloud has to know to trust the tokens of `idToken`. */
export const trustedProvider: IdentityProvider = {
  id: 'cluster',
  urn: 'iam::oidc-provider:cluster',
  issuer,
  audience: 'huaweicloud',
  publicKeys: [String(publicKey.export({ type: 'spki', format: 'pem' }))],
};

/** A token of the operator's service account, as the API server issues it; it ends ten minutes from `now`. */
export function idToken(now: Date, claims: object = {}): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const soon = Math.floor(now.getTime() / 1_000) + 600;
  const all = { iss: issuer, aud: ['huaweicloud'], sub: 'system:serviceaccount:dcc:operator', exp: soon, ...claims };
  const signed = `${encode({ alg: 'ES256' })}.${encode(all)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}
