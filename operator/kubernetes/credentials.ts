import type { OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Clock } from '../clock.ts';
import { seconds } from '../clock.ts';
import type { Logger } from '../telemetry/log.ts';
import { type KubeConfig, withNothingRemembered } from './kubeconfig.ts';
import { oidcLoginOf } from './oidc-login.ts';

/** What a request must carry and show to be let in: headers, basic auth, and the options of its TLS connection. */
export interface Credentials extends Pick<RequestOptions, 'auth' | 'agent' | (typeof tlsOptionNames)[number]> {
  headers: OutgoingHttpHeaders;
}

export const tlsOptionNames = [
  'ca',
  'cert',
  'key',
  'pfx',
  'passphrase',
  'rejectUnauthorized',
  'servername',
] as const satisfies readonly (keyof RequestOptions)[];

export interface CredentialSource {
  /** Credentials that were fresh a moment ago. @throws when there never were any. */
  current(): Promise<Credentials>;
  /** To be called after a 401: the next call of `current` asks again. */
  invalidate(): void;
}

/** How long credentials are used before files are read again; rotated tokens and certificates overlap for much longer. */
const freshFor = seconds(10);
/** An exec plugin that does not answer holds up a request for so long, and never the ones after it. */
const refreshWithin = seconds(10);

/**
 * Credentials from a kubeconfig: certificates and tokens in files or inline, exec plugins, OIDC, service accounts. What was
 * refused is asked for from `renew(kubeConfig)`, which remembers nothing.
 */
export function createCredentialSource(
  kubeConfig: KubeConfig,
  clock: Clock,
  log: Logger,
  renew: (kubeConfig: KubeConfig) => Promise<KubeConfig> = withNothingRemembered,
): CredentialSource {
  let held: { credentials: Credentials; since: number } | undefined;
  let refreshing: Promise<Credentials> | undefined;
  let source = kubeConfig;
  let refused = false;

  const readAgain = async (): Promise<Credentials> => {
    if (refused) {
      oidcLoginOf(source)?.refuse();
      source = await renew(source);
    }
    refused = false;
    const credentials = await readCredentials(source);
    const login = oidcLoginOf(source);
    if (login) credentials.headers['Authorization'] = `Bearer ${await login.token(clock.now(), log)}`;
    return credentials;
  };
  const refresh = async (): Promise<Credentials> => {
    try {
      const credentials = await within(clock, readAgain());
      held = { credentials, since: clock.elapsed() };
      return credentials;
    } catch (error) {
      if (held === undefined) throw error;
      // A file that is being replaced may be missing for a moment. The server is who judges whether the old ones still do.
      log.warn({ err: error }, 'credentials could not be refreshed; using the previous ones');
      return held.credentials;
    } finally {
      refreshing = undefined;
    }
  };

  return {
    current: async () => {
      if (held !== undefined && clock.elapsed() - held.since < freshFor) return held.credentials;
      refreshing ??= refresh();
      return refreshing;
    },
    invalidate: () => {
      refused = true;
      if (held !== undefined) held = { ...held, since: Number.NEGATIVE_INFINITY };
    },
  };
}

async function readCredentials(kubeConfig: KubeConfig): Promise<Credentials> {
  const credentials: Credentials = { headers: {} };
  await kubeConfig.applyToHTTPSOptions(credentials);
  trimToken(credentials.headers);
  // The agent that client-node puts here closes its connection after every request and keeps the first certificate for
  // good. Only for a proxy it knows something that our own does not.
  if (kubeConfig.getCurrentCluster()?.proxyUrl === undefined) delete credentials.agent;
  return credentials;
}

/** A file ends with a line end as a rule, which no header may have. */
function trimToken(headers: OutgoingHttpHeaders): void {
  const { Authorization: token } = headers;
  if (typeof token === 'string') headers['Authorization'] = token.trim();
}

async function within<T>(clock: Clock, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const overdue = clock.sleep(refreshWithin, done.signal).then(() => {
    throw new Error(`no credentials within ${refreshWithin / 1_000} s`);
  });
  try {
    return await Promise.race([work, overdue]);
  } finally {
    done.abort();
    overdue.catch(() => undefined);
  }
}
