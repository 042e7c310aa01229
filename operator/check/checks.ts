import type { Clock } from '../clock.ts';
import { openAccess } from '../cloud.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../telemetry/log.ts';
import { startCloudChecks } from './cloud/checks.ts';
import { targetsOf } from './cloud/targets.ts';
import { checkConfiguration } from './configuration.ts';
import { checkAdmissionPolicies } from './kubernetes/admission-policies.ts';
import { reachApiServer } from './kubernetes/api-server.ts';
import { checkDefinitions } from './kubernetes/definitions.ts';
import { neededRights } from './kubernetes/needed-rights.ts';
import { checkRights } from './kubernetes/rights.ts';
import { findServers } from './kubernetes/servers.ts';
import { handingOn, type Outcome } from './outcome.ts';
import type { Line } from './print.ts';
import { checkRefundRates } from './refund-rates.ts';
import { type Started, start, startAfter } from './started.ts';

export interface CheckOptions {
  config: Config;
  environment: Readonly<Record<string, string | undefined>>;
  log: Logger;
  clock: Clock;
  /** Ends whatever has not ended. */
  signal: AbortSignal;
}

/** All checks, in the order in which people read them. Each runs as soon as what it needs is known, and none stops the others. */
export async function runChecks(options: CheckOptions): Promise<Line[]> {
  const { config, signal } = options;
  const configuration = start({ check: 'configuration' }, signal, () =>
    handingOn(checkConfiguration(config), openAccess({ ...options, observe: () => undefined })),
  );
  const api = start({ check: 'kubernetes/api' }, signal, () => reachApiServer(options));
  const definitions = startAfter(api, { check: 'kubernetes/definitions' }, signal, async (server) =>
    handingOn(await checkDefinitions(server.connection, signal), server),
  );
  const servers = startAfter(definitions, { check: 'kubernetes/servers' }, signal, ({ connection }) =>
    findServers(connection, config, signal),
  );
  const targets = targetsOf(known(await servers.outcome) ?? [], config);
  const rights = startAfter(api, { check: 'kubernetes/rights' }, signal, ({ connection, user, namespace }) => {
    const secrets = targets.flatMap(({ secret }) => secret ?? []);
    const needed = neededRights({ config, operatorNamespace: namespace, secrets });
    return checkRights(connection, user, needed, signal);
  });
  const policies = startAfter(api, { check: 'kubernetes/admission-policies' }, signal, ({ connection }) =>
    checkAdmissionPolicies(connection, signal),
  );
  const server = known(await api.outcome);
  const cloud = startCloudChecks(targets, { ...options, configuration, connection: server?.connection });
  const rates = start({ check: 'refund-rates' }, signal, () => checkRefundRates(config['refund-rates']));
  const started = [configuration, api, definitions, rights, policies, servers, ...cloud, rates];
  const lines = await Promise.all(started.map(lineOf));
  server?.connection.close();
  return lines;
}

function known<Value>(outcome: Outcome<Value>): Value | undefined {
  return outcome.result === 'OK' || outcome.result === 'WARNING' ? outcome.value : undefined;
}

async function lineOf({ check, place, outcome }: Started<unknown>): Promise<Line> {
  const ended = await outcome;
  const { result, found } = ended;
  const remedy = 'remedy' in ended ? { remedy: ended.remedy } : {};
  const after = 'after' in ended ? { after: ended.after } : {};
  return { check, ...(place === undefined ? {} : { place }), result, found, ...remedy, ...after };
}
