import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { type Milliseconds, minutes, systemClock } from '../operator/clock.ts';
import { issueLoopbackCertificate } from './cluster/certificates.ts';

/** How a client showed its secret. */
type ClientAuthentication = 'client_secret_basic' | 'client_secret_post' | 'none';

/** A refresh token that somebody showed. */
export interface Grant {
  readonly refreshToken: string;
  readonly shownBy: ClientAuthentication;
  readonly granted: boolean;
}

/** An OpenID Connect issuer on loopback that refreshes logins and nothing else. Its judges are kube-apiserver and kubectl. */
export interface OidcIssuer extends AsyncDisposable {
  readonly url: string;
  /** PEM: whom its clients must trust. */
  readonly authority: string;
  readonly grants: readonly Grant[];
  /** How long the ID tokens last that it gives from now on. */
  tokensLast: Milliseconds;
  /** `Once`: a refresh token is good for one time and gives the next. `Silent`: it stays good and is not repeated. */
  refreshTokens: 'Once' | 'Silent';
  /** What it says of itself; by default nothing, which means `client_secret_basic`. Others it refuses. */
  knows: ClientAuthentication | undefined;
  /** What it answers instead, if anything. */
  instead: ((response: ServerResponse) => void) | undefined;
  /** An ID token that ends at this time, or when the others do. */
  issueIdToken(expires?: Date): string;
  issueRefreshToken(): string;
}

export const clientId = 'dcc-operator';
/** With signs that have to be quoted on the way. */
export const clientSecret = 'a secret: 100% & more';
/** Whom its tokens are for. */
export const subject = 'operator';

export async function startOidcIssuer(): Promise<OidcIssuer> {
  const { authority, certificate: cert, key } = await issueLoopbackCertificate('issuer of a test');
  const signer = createSigner();
  const server = createServer({ cert, key }, (incoming, response) => {
    void answer(incoming).then((body) => reply(response, body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the issuer has no port');
  const url = `https://127.0.0.1:${address.port}`;
  const good = new Set<string>();
  const grants: Grant[] = [];

  const answer = async (incoming: IncomingMessage): Promise<object | undefined> => {
    if (incoming.url === '/.well-known/openid-configuration') return describe();
    if (incoming.url === '/keys') return { keys: [signer.publicKey] };
    return incoming.url === '/token' ? grant(await readGrant(incoming)) : undefined;
  };
  const describe = () => ({
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    jwks_uri: `${url}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    ...(issuer.knows && { token_endpoint_auth_methods_supported: [issuer.knows] }),
  });
  const grant = ({ refreshToken, shownBy, secret }: ReadGrant): object => {
    const known =
      shownBy === (issuer.knows ?? 'client_secret_basic') && (shownBy === 'none' || secret === clientSecret);
    const granted = known && good.has(refreshToken);
    grants.push({ refreshToken, shownBy, granted });
    if (!known) return { error: 'invalid_client', error_description: 'unknown client' };
    if (!granted) return { error: 'invalid_grant', error_description: 'used or unknown' };
    const next = issuer.refreshTokens === 'Once' ? { refresh_token: issuer.issueRefreshToken() } : {};
    if (issuer.refreshTokens === 'Once') good.delete(refreshToken);
    const id_token = issuer.issueIdToken();
    return { access_token: 'nobody asks for it', token_type: 'Bearer', expires_in: 3_600, id_token, ...next };
  };
  const reply = (response: ServerResponse, body: object | undefined) => {
    if (issuer.instead !== undefined) return issuer.instead(response);
    const status = body === undefined ? 404 : 'error' in body ? 400 : 200;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
  };

  const issuer: OidcIssuer = {
    url,
    authority,
    grants,
    tokensLast: minutes(60),
    refreshTokens: 'Silent',
    knows: undefined,
    instead: undefined,
    issueIdToken: (expires = new Date(systemClock.now().getTime() + issuer.tokensLast)) => {
      const at = (time: Date) => Math.floor(time.getTime() / 1_000);
      const exp = at(expires);
      return signer.sign({ iss: url, aud: clientId, sub: subject, iat: Math.min(at(systemClock.now()), exp), exp });
    },
    issueRefreshToken: () => {
      const token = `refresh-${randomUUID()}`;
      good.add(token);
      return token;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return issuer;
}

interface ReadGrant {
  readonly refreshToken: string;
  readonly shownBy: ClientAuthentication;
  readonly secret: string | undefined;
}

/** RFC 6749, sections 2.3.1 and 6. */
async function readGrant(incoming: IncomingMessage): Promise<ReadGrant> {
  const form = new URLSearchParams(await text(incoming));
  const refreshToken = form.get('refresh_token') ?? '';
  const [scheme, basic = ''] = (incoming.headers.authorization ?? '').split(' ');
  if (scheme === 'Basic') {
    const [, quoted] = Buffer.from(basic, 'base64').toString().split(':');
    const secret = new URLSearchParams(`secret=${quoted}`).get('secret') ?? undefined;
    return { refreshToken, shownBy: 'client_secret_basic', secret };
  }
  const secret = form.get('client_secret') ?? undefined;
  return { refreshToken, shownBy: secret === undefined ? 'none' : 'client_secret_post', secret };
}

/** Of JSON Web Tokens by ES256 (RFC 7515, 7518). */
function createSigner() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return {
    publicKey: { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' },
    sign: (claims: object): string => {
      const signed = `${encode({ alg: 'ES256', kid: 'one', typ: 'JWT' })}.${encode(claims)}`;
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    },
  };
}
