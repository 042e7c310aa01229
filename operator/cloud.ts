import type { Registry } from 'prom-client';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { openAccount } from './huaweicloud/account.ts';
import type { CredentialsValues } from './huaweicloud/credentials.ts';
import { createCredentialsGates } from './huaweicloud/credentials-gate.ts';
import { checkRegionId, EndpointError, type Service, services } from './huaweicloud/endpoints.ts';
import { createRequestMetrics } from './huaweicloud/request-metrics.ts';
import { openTransport } from './huaweicloud/transport.ts';
import { type Accounts, createAccounts } from './inventory/accounts.ts';
import type { Connection } from './kubernetes/connection.ts';
import { openOwnAccess } from './own-credentials.ts';
import { readSecret } from './secrets.ts';
import type { Logger } from './telemetry/log.ts';

export interface CloudOptions {
  config: Config;
  /** Holds the operator's own credentials, or where they are, under the names of Huawei's SDKs. */
  environment: CredentialsValues;
  /** For Secrets with other credentials. */
  connection: Connection;
  registry: Registry;
  clock: Clock;
  log: Logger;
}

/** The accounts of Huawei Cloud that servers belong to. */
export interface Cloud extends Accounts {
  /** Where the operator's own credentials come from: for a person on call, without secrets. */
  ownCredentials(): object;
}

/** Opens the cloud; sends nothing. Throws an `EndpointError` for a setting that cannot be right. */
export function openCloud({ config, environment, connection, registry, clock, log }: CloudOptions): Cloud {
  const transport = openTransport();
  const observe = createRequestMetrics(registry);
  const settings = cloudSettings(config, environment);
  const { endpoints } = settings;
  const direct = openTransport();
  const own = openOwnAccess({ config, environment, endpoints, transport, direct, observe, clock, log });
  const gateOf = createCredentialsGates(clock);
  const accounts = createAccounts({
    source: {
      own: own.credentials,
      secret: (namespace, name) => readSecret(connection, namespace, name),
    },
    clock,
    secretsFreshFor: config['poll-interval'],
    open: (credentials, region, projectId) =>
      openAccount({
        credentials: credentials.provider,
        gate: gateOf(credentials),
        domainId: credentials.domainId,
        region,
        projectId,
        ...settings,
        transport,
        clock,
        observe,
      }),
  });
  return { ...accounts, ownCredentials: own.state };
}

/** Where the cloud is. Throws an `EndpointError` for a setting that cannot be right. */
export function cloudSettings(config: Config, environment: CredentialsValues = {}) {
  const additionalRegions = config['additional-regions'];
  additionalRegions.forEach(checkRegionId);
  return { site: config.site, endpoints: endpointsFor(config.endpoints, environment), additionalRegions };
}

/** Those of the SDK: for IAM and STS it has variables, and no flags. */
const variables: Partial<Record<Service, string>> = {
  iam: 'HUAWEICLOUD_SDK_IAM_ENDPOINT',
  sts: 'HUAWEICLOUD_SDK_STS_ENDPOINT',
};

/** Spreads `*` over all services that are not named. The metadata service is on the node: it has to be named itself. */
function endpointsFor(settings: Config['endpoints'], environment: CredentialsValues): Partial<Record<Service, string>> {
  const { '*': all, ...named } = settings;
  const known: readonly string[] = [...services, 'metadata'];
  const unknown = Object.keys(named).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new EndpointError(
      `--endpoints: there is no service ${unknown.join(', ')}. Write one of ${known.join(', ')}.`,
    );
  }
  const entries = services.map((service) => {
    const variable = environment[variables[service] ?? ''] || undefined;
    return [service, named[service] ?? variable ?? all] as const;
  });
  return Object.fromEntries(entries.filter(([, address]) => address !== undefined));
}
