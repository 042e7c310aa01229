import type { ProxyEnv } from 'node:http';
import { EndpointError } from './endpoints.ts';

const variables = ['https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'] as const;

/**
 * The proxy on the way to the cloud, by the variables that most programs know; Node gives a lower-case one precedence. Only https
 * goes through it, by CONNECT: plain http is for this machine and its node alone. Throws an `EndpointError` that names the
 * variable and not its value, which may hold a password.
 */
export function proxyFrom(environment: Readonly<Record<string, string | undefined>>): ProxyEnv | undefined {
  const [name, address] =
    variables
      .slice(0, 2)
      .map((variable) => [variable, environment[variable]] as const)
      .find(([, value]) => value) ?? [];
  if (name === undefined || address === undefined) return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  // Node takes what it cannot read for no proxy at all.
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new EndpointError(
      `${name} is no address of a proxy such as http://proxy:3128 or http://user:password@proxy:3128.`,
    );
  }
  return Object.fromEntries(variables.map((variable) => [variable, environment[variable] || undefined]));
}
