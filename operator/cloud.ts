import type { Registry } from 'prom-client';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { openAccount } from './huaweicloud/account.ts';
import { createCredentialsGates } from './huaweicloud/credentials-gate.ts';
import { checkRegionId, EndpointError, type Service, services } from './huaweicloud/endpoints.ts';
import { createRequestMetrics } from './huaweicloud/request-metrics.ts';
import { openTransport } from './huaweicloud/transport.ts';
import { type Accounts, createAccounts } from './inventory/accounts.ts';
import type { Connection } from './kubernetes/connection.ts';
import { readSecret } from './secrets.ts';

export interface CloudOptions {
  config: Config;
  /** Holds the operator's own credentials, under the names of Huawei's SDKs. */
  environment: Readonly<Record<string, string | undefined>>;
  /** For Secrets with other credentials. */
  connection: Connection;
  registry: Registry;
  clock: Clock;
}

/** The accounts of Huawei Cloud that servers belong to. Throws an `EndpointError` for a setting that cannot be right. */
export function openCloud({ config, environment, connection, registry, clock }: CloudOptions): Accounts {
  const transport = openTransport();
  const observe = createRequestMetrics(registry);
  const settings = cloudSettings(config);
  const gateOf = createCredentialsGates(clock);
  return createAccounts({
    source: {
      own: { version: 'environment', values: environment, remedy: ownRemedy },
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
}

/** Where the cloud is. Throws an `EndpointError` for a setting that cannot be right. */
export function cloudSettings(config: Config) {
  const additionalRegions = config['additional-regions'];
  additionalRegions.forEach(checkRegionId);
  return { site: config.site, endpoints: endpointsFor(config.endpoints), additionalRegions };
}

const ownRemedy =
  "Give the operator HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK in its environment (chart: credentials.existingSecret), or name a Secret in the DCCServer's spec.credentialsSecretRef.";

/** Spreads `*` over all services that are not named. */
function endpointsFor(settings: Config['endpoints']): Partial<Record<Service, string>> {
  const { '*': all, ...named } = settings;
  const unknown = Object.keys(named).filter((name) => !services.some((service) => service === name));
  if (unknown.length > 0) {
    throw new EndpointError(
      `--endpoints: there is no service ${unknown.join(', ')}. Write one of ${services.join(', ')}.`,
    );
  }
  const entries = services.map((service) => [service, named[service] ?? all] as const);
  return Object.fromEntries(entries.filter(([, address]) => address !== undefined));
}
