import type { Clock, Milliseconds } from './clock.ts';
import type { Config } from './config.ts';
import { createCloudClock } from './huaweicloud/cloud-clock.ts';
import { openOwnCredentials } from './huaweicloud/credentials/chain.ts';
import type { OwnCredentials } from './huaweicloud/credentials/way.ts';
import { CredentialsError, type CredentialsValues } from './huaweicloud/credentials.ts';
import { iamOrigins, parseOrigin, type Service } from './huaweicloud/endpoints.ts';
import type { ObserveRequest } from './huaweicloud/request-metrics.ts';
import type { Traffic } from './huaweicloud/traffic.ts';
import type { Transport } from './huaweicloud/transport.ts';
import type { Logger } from './telemetry/log.ts';

export interface OwnAccessOptions {
  config: Pick<Config, 'agency' | 'endpoints' | 'site'>;
  /** Holds the credentials, or where they are, under the names of Huawei's SDKs. */
  environment: CredentialsValues;
  /** Addresses to use instead of the built-in ones. */
  endpoints: Readonly<Partial<Record<Service, string>>>;
  transport: Transport;
  /** Without any proxy: for what is on the node itself. */
  direct: Transport;
  observe: ObserveRequest;
  /** The rates and circuits that asking for keys goes by. */
  traffic: Traffic;
  clock: Clock;
  log: Logger;
}

/** The operator's own access to the cloud. */
export interface OwnAccess {
  /** Always the same. Throws a `CredentialsError` that says what is missing. */
  credentials(): OwnCredentials;
  /** For a person on call, without secrets. */
  state(): object;
  /** How long the key in use holds; undefined while there is none that ends. */
  keyHoldsFor(): Milliseconds | undefined;
}

/** The default of huaweicloudsdkcore 3.1.219, as that of IAM is: each address answers for all regions. */
const stsOrigin = 'https://sts.cn-north-4.myhuaweicloud.com';
/** On every ECS, over plain http on a link of its own. */
const metadataService = 'http://169.254.169.254';

/**
 * Finds where the operator's own credentials come from, and writes that to the log. Without any it goes on: each DCCServer may
 * name a Secret. Sends nothing. Throws an `EndpointError` for an address that cannot be right.
 */
export function openOwnAccess(options: OwnAccessOptions): OwnAccess {
  const { config, environment, endpoints, log } = options;
  const { metadata } = config.endpoints;
  const surroundings = {
    ...options,
    cloudClock: createCloudClock(options.clock),
    endpoints: {
      iam: parseOrigin('iam', endpoints.iam ?? iamOrigins[config.site]),
      sts: parseOrigin('sts', endpoints.sts ?? stsOrigin),
      metadata: metadata === undefined ? metadataService : parseOrigin('metadata', metadata),
    },
    tell: (error: unknown, keyHoldsFor: number) => {
      const keyHoldsForSeconds = Math.round(keyHoldsFor / 1_000);
      if (error === undefined) log.info({ keyHoldsForSeconds }, 'the cloud gives keys again');
      else log.warn({ keyHoldsForSeconds, reason: wordsOf(error) }, 'the cloud gave no new key');
    },
  };
  try {
    const own = openOwnCredentials(environment, config.agency, surroundings);
    const { way, settings } = own;
    log.info({ way, settings }, "the operator's own credentials");
    return {
      credentials: () => own,
      state: () => ({ way, settings, ...own.state() }),
      keyHoldsFor: () => own.keyHoldsFor?.(),
    };
  } catch (error) {
    if (!(error instanceof CredentialsError)) throw error;
    log.warn({ reason: wordsOf(error) }, 'the operator has no credentials of its own');
    return {
      credentials: () => {
        throw error;
      },
      state: () => ({ problem: error.message }),
      keyHoldsFor: () => undefined,
    };
  }
}

const wordsOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof CredentialsError ? `${message} ${error.remedy}` : message;
};
