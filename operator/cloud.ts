import type { Registry } from 'prom-client';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { type AccountOptions, type HuaweiAccount, openAccount } from './huaweicloud/account.ts';
import { registerKeyLife } from './huaweicloud/credentials/key-metrics.ts';
import type { AccountCredentials, CredentialsValues } from './huaweicloud/credentials.ts';
import { createCredentialsGates } from './huaweicloud/credentials-gate.ts';
import { checkRegionId, EndpointError, type Service, services } from './huaweicloud/endpoints.ts';
import { proxyFrom } from './huaweicloud/proxy.ts';
import { createRequestMetrics, type ObserveRequest } from './huaweicloud/request-metrics.ts';
import { createTrafficControl, type TrafficControl } from './huaweicloud/traffic.ts';
import { describeTraffic, registerTrafficMetrics } from './huaweicloud/traffic-metrics.ts';
import { openTransport } from './huaweicloud/transport.ts';
import { type Accounts, createAccounts } from './inventory/accounts.ts';
import type { Connection } from './kubernetes/connection.ts';
import { type OwnAccess, openOwnAccess } from './own-credentials.ts';
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
  /** Sections of /debug/state: where the operator's own credentials come from, and how its way to the cloud is. No secrets. */
  readonly state: { readonly credentials: () => object; readonly cloud: () => object };
}

/** Opens the cloud; sends nothing. Throws an `EndpointError` for a setting that cannot be right. */
export function openCloud({ config, environment, connection, registry, clock, log }: CloudOptions): Cloud {
  const observe = createRequestMetrics(registry);
  const { own, traffic, open } = openAccess({ config, environment, clock, log, observe });
  registerTrafficMetrics(registry, traffic.state);
  registerKeyLife(registry, own.keyHoldsFor);
  const accounts = createAccounts({
    source: {
      own: own.credentials,
      secret: (namespace, name) => readSecret(connection, namespace, name),
    },
    clock,
    secretsFreshFor: config['poll-interval'],
    open,
  });
  return { ...accounts, state: { credentials: own.state, cloud: () => describeTraffic(traffic.state()) } };
}

/** The way to the accounts of the cloud. */
export interface Access {
  readonly own: OwnAccess;
  readonly traffic: TrafficControl;
  /** Opens an account; sends nothing. Its project is looked up when left out. */
  open(
    credentials: AccountCredentials,
    region: string,
    projectId: string | undefined,
    options?: Pick<AccountOptions, 'deadlines'>,
  ): HuaweiAccount;
}

/** Opens the way to the accounts; sends nothing. Throws an `EndpointError` for a setting that cannot be right. */
export function openAccess(options: Pick<CloudOptions, 'config' | 'environment' | 'clock' | 'log'> & Observed): Access {
  const { config, environment, clock, observe } = options;
  const transport = openTransport({ proxy: proxyFrom(environment) });
  const direct = openTransport();
  const settings = cloudSettings(config, environment);
  const gateOf = createCredentialsGates(clock);
  const traffic = createTrafficControl(clock);
  const { endpoints } = settings;
  const own = openOwnAccess({ ...options, endpoints, transport, direct, traffic: traffic.of('own: asking for keys') });
  return {
    own,
    traffic,
    open: (credentials, region, projectId, limits = {}) =>
      openAccount({
        credentials: credentials.provider,
        gate: gateOf(credentials),
        traffic: traffic.of(credentials.fingerprint),
        domainId: credentials.domainId,
        region,
        projectId,
        ...settings,
        site: credentials.site ?? settings.site,
        transport,
        clock,
        observe,
        ...limits,
      }),
  };
}

interface Observed {
  readonly observe: ObserveRequest;
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
