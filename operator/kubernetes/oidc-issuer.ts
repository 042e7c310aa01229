import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { ClientAuth, Configuration, CustomFetch } from 'openid-client';
import { z } from 'zod';

/** What `auth-provider.config` says of a user in a kubeconfig; all of it is text. */
export const oidcConfigSchema = z.object({
  'idp-issuer-url': z.url(),
  'client-id': z.string().min(1),
  'client-secret': z.string().optional(),
  'id-token': z.string().optional(),
  'refresh-token': z.string().optional(),
  /** Path of a PEM file. */
  'idp-certificate-authority': z.string().optional(),
  'idp-certificate-authority-data': z.base64().optional(),
});
export type OidcConfig = z.infer<typeof oidcConfigSchema>;

export interface OidcTokens {
  readonly idToken: string;
  /** Absent when the one that was shown stays good. */
  readonly refreshToken: string | undefined;
}

/**
 * Asks the issuer for new tokens. @throws an error that says in words what went wrong, and holds nothing of what was sent or
 * received: that would be secrets.
 */
export async function refreshOidcTokens(config: OidcConfig, refreshToken: string): Promise<OidcTokens> {
  const { refreshTokenGrant } = await import('openid-client');
  try {
    const { id_token: idToken, refresh_token } = await refreshTokenGrant(await discover(config), refreshToken);
    if (idToken === undefined) throw new Error('the answer holds none');
    return { idToken, refreshToken: refresh_token };
  } catch (error) {
    throw new Error(`${config['idp-issuer-url']} gave no new ID token: ${reasonOf(error)}`);
  }
}

async function discover(config: OidcConfig): Promise<Configuration> {
  const { ClientSecretBasic, ClientSecretPost, customFetch, discovery } = await import('openid-client');
  const secret = config['client-secret'];
  // The first is what a server must know (RFC 6749, section 2.3.1), and the default of what it may say of itself.
  const bySecret: ClientAuth = (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const authenticate = methods.includes('client_secret_basic') ? ClientSecretBasic : ClientSecretPost;
    return authenticate(secret)(server, ...rest);
  };
  const options = { [customFetch]: fetchTrusting(await authorityOf(config)) };
  const issuer = new URL(config['idp-issuer-url']);
  return discovery(issuer, config['client-id'], secret, secret ? bySecret : undefined, options);
}

/** PEM; those that Node trusts when undefined. The file is read each time: it may have been replaced. */
async function authorityOf(config: OidcConfig): Promise<string | undefined> {
  const { 'idp-certificate-authority': file, 'idp-certificate-authority-data': data } = config;
  if (data) return Buffer.from(data, 'base64').toString();
  return file ? readFile(file, 'utf8') : undefined;
}

/** Node's own fetch takes no authority, and 9 MB. */
function fetchTrusting(ca: string | undefined): CustomFetch {
  return (url, { method, headers, body, signal }) => {
    const answered = Promise.withResolvers<Response>();
    const options = { method, headers, agent: false, ...(ca && { ca }), ...(signal && { signal }) };
    const sent = request(url, options, (answer) => {
      const type = { 'content-type': answer.headers['content-type'] ?? '' };
      text(answer)
        .then((read) =>
          answered.resolve(new Response(read || null, { status: answer.statusCode ?? 500, headers: type })),
        )
        // Also of an answer that fetch would not take, such as one with the status 600.
        .catch(answered.reject);
    });
    sent.on('error', answered.reject);
    sent.end(body ? String(body) : undefined);
    return answered.promise;
  };
}

const refusalSchema = z.object({ error: z.string(), error_description: z.string().optional() });

/** In words. The error itself may hold what was sent and received, which are secrets. */
function reasonOf(error: unknown): string {
  const refusal = refusalSchema.safeParse(error);
  if (refusal.success) {
    const { error: code, error_description: description } = refusal.data;
    return `${code}${description ? ` (${description})` : ''}: log in again if that does not pass`;
  }
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  // Of the network. What another one says may quote an answer.
  return cause instanceof Error && 'code' in cause ? `${message}: ${cause.message}` : message;
}
