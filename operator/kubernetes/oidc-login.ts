import { z } from 'zod';
import { type Milliseconds, milliseconds, seconds } from '../clock.ts';
import type { Logger } from '../telemetry/log.ts';
import type { KubeConfig } from './kubeconfig.ts';
import { type OidcConfig, oidcConfigSchema, refreshOidcTokens } from './oidc-issuer.ts';

/** Longer than credentials are held before they are asked for again (`credentials.ts`), and as long again for a request. */
const refreshBefore = seconds(20);
/** An API server that takes no token of the issuer must not make it issue one for each request. */
const refusalsHeardEvery = seconds(30);

const rotated =
  'the issuer gave another refresh token: it is kept in memory only, and the one in the kubeconfig may no longer be good';

/**
 * The login of a kubeconfig's user at an OpenID Connect issuer (`auth-provider: oidc`). Shows an ID token and gets a new one by
 * the refresh token before it ends, as kubectl does. All connections of a kubeconfig share it: an issuer that takes each refresh
 * token once would end the whole login if two of them used the same.
 *
 * In place of client-node 2.0.1's, whose refresh fails always (it gives the issuer as text to openid-client, which takes a URL),
 * knows no client secret, takes the seconds a token lasts for the time at which it ends, and loses a refresh token that the
 * issuer does not repeat.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-kubectl
 */
export class OidcLogin {
  readonly #user: string;
  readonly #config: unknown;
  #idToken: string | undefined;
  #refreshToken: string | undefined;
  #refreshedAt = new Date(0);
  #isRefused = false;
  #refreshing: Promise<string> | undefined;

  constructor(user: string, config: unknown) {
    this.#user = user;
    this.#config = config;
  }

  /**
   * An ID token that is good at `now`, by the wall clock, and for some seconds more; one that has less left only when there is no
   * refresh token. @throws when there is none, with what the kubeconfig lacks or the issuer said.
   */
  async token(now: Date, log: Logger): Promise<string> {
    const config = this.#parse();
    this.#idToken ??= config['id-token'];
    this.#refreshToken ??= config['refresh-token'];
    const left = this.#idToken ? timeLeft(this.#idToken, now) : milliseconds(0);
    const isRefused = this.#isRefused && now.getTime() - this.#refreshedAt.getTime() >= refusalsHeardEvery;
    if (this.#idToken && left > refreshBefore && !isRefused) return this.#idToken;
    if (this.#refreshToken) {
      this.#refreshing ??= this.#refresh(config, this.#refreshToken, { now, log }).finally(() => {
        this.#refreshing = undefined;
      });
      return this.#refreshing;
    }
    if (this.#idToken && left > 0) return this.#idToken;
    throw this.#error('its ID token has expired, and it has no refresh-token: log in again');
  }

  /** Says that the API server does not take the token. */
  refuse(): void {
    this.#isRefused = true;
  }

  #parse(): OidcConfig {
    const parsed = oidcConfigSchema.safeParse(this.#config);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw this.#error(`auth-provider.config: ${problems.join('; ')}`);
  }

  async #refresh(config: OidcConfig, shown: string, { now, log }: { now: Date; log: Logger }): Promise<string> {
    const { idToken, refreshToken } = await refreshOidcTokens(config, shown).catch((error: unknown) => {
      throw this.#error(error instanceof Error ? error.message : String(error));
    });
    this.#idToken = idToken;
    this.#refreshedAt = now;
    this.#isRefused = false;
    if (refreshToken !== undefined && refreshToken !== shown) {
      this.#refreshToken = refreshToken;
      if (shown === config['refresh-token']) log.warn({ user: this.#user }, rotated);
    }
    return idToken;
  }

  #error = (problem: string) => new Error(`kubeconfig: user ${this.#user}: ${problem}`);
}

/** Gives the users of a kubeconfig who log in by OIDC this login. */
export function takeOverOidc(kubeConfig: KubeConfig): void {
  kubeConfig.users = kubeConfig.users.map((user) =>
    user.authProvider?.name === 'oidc'
      ? { ...user, authProvider: new OidcLogin(user.name, user.authProvider.config) }
      : user,
  );
}

/** That of the current user. */
export function oidcLoginOf(kubeConfig: KubeConfig): OidcLogin | undefined {
  const provider: unknown = kubeConfig.getCurrentUser()?.authProvider;
  return provider instanceof OidcLogin ? provider : undefined;
}

const claimsSchema = z.object({ exp: z.number() });

/** None of a token that cannot be read: who gave it is asked for another. */
function timeLeft(token: string, now: Date): Milliseconds {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return milliseconds(claimsSchema.parse(claims).exp * 1_000 - now.getTime());
  } catch {
    return milliseconds(0);
  }
}
