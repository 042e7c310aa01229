import { pino } from 'pino';
import { seconds } from '../../operator/clock.ts';
import { type Config, readConfig } from '../../operator/config.ts';
import { createContexts } from '../../operator/contexts.ts';
import { control } from '../../operator/control.ts';
import { createHaltSwitch } from '../../operator/halt-switch.ts';
import { type HuaweiAccount, openAccount } from '../../operator/huaweicloud/account.ts';
import { staticCredentials } from '../../operator/huaweicloud/credentials.ts';
import { services } from '../../operator/huaweicloud/endpoints.ts';
import { createTrafficControl } from '../../operator/huaweicloud/traffic.ts';
import { reconcileServer } from '../../operator/inventory/reconcile.ts';
import { fenceWrites } from '../../operator/kubernetes/leader-election/fenced-connection.ts';
import { reconcileRequest } from '../../operator/unsubscription/reconcile.ts';
import { wakeOnChanges, watchKinds } from '../../operator/watched-kinds.ts';
import { type ApiFaults, connectTo } from './api-connection.ts';
import { type ApiServer, namespace } from './api-server.ts';
import { type Cloud, callsDeadAfter, clockBound, endWindow, signatureLifetime, visibleWithin } from './cloud.ts';
import { domainId } from './cloud-answers.ts';
import { type CloudFaults, transportTo } from './cloud-transport.ts';
import type { Host } from './host.ts';
import { createSimulatedInventory } from './inventory.ts';
import type { Leadership } from './leadership.ts';
import { noMetrics } from './no-metrics.ts';
import type { Schedule } from './schedule.ts';

/** What every process of a world lives in. */
export interface Surroundings {
  readonly schedule: Schedule;
  readonly server: ApiServer;
  readonly cloud: Cloud;
  readonly leadership: Leadership;
}

export interface ProcessFaults {
  readonly api: ApiFaults;
  readonly cloud: CloudFaults;
}

/** The settings of every process. Only relations between times count; with the real 15 minutes a life would have ten times the passes. */
const config: Config = readConfig(
  [
    ...['--signature-lifetime', `${signatureLifetime / 1_000}s`, '--clock-bound', `${clockBound / 1_000}s`],
    ...['--order-visible-within', `${visibleWithin / 1_000}s`],
    ...['--endpoints', '*=http://127.0.0.1:1', '--call-timeout', '10s', '--lease-duration', '30s'],
    ...['--poll-interval', '1m', '--look-again-after', '5s', '--concurrency', '2'],
  ],
  {},
);
const silent = pino({ level: 'silent' });
const { provider: credentials } = staticCredentials({ HUAWEICLOUD_SDK_AK: 'KEY', HUAWEICLOUD_SDK_SK: 'SECRET' });

/**
 * A process of the operator, wired as `operator/operator.ts` does it, with the real controllers, caches, contexts and clients. In
 * other people's hands are its clock, its ways to the API server and to the cloud, the lease, and the reading of projects. Gives
 * the signal that it has lost the lease, after which it ends.
 */
export function startProcess(host: Host, world: Surroundings, faults: ProcessFaults): AbortSignal {
  const { schedule, server, leadership } = world;
  const { clock } = host;
  const { random } = schedule;
  const unfenced = connectTo(server, host, schedule, faults.api);
  const election = leadership.join(host, () => faults.api.isCutOff);
  const connection = fenceWrites(unfenced, election);
  const { concurrency } = config;
  const surroundings = { connection, metrics: noMetrics, log: silent, clock, random, scope: config };
  const kinds = watchKinds(surroundings);
  const account = accountOf(host, world, faults);
  const contexts = createContexts({
    ...{ config, surroundings, kinds, unfenced, holder: host.name, signal: election.lost },
    accounts: { accountOf: async () => ({ kind: 'Read', value: account }) },
    events: {
      record: ({ reason, note, regarding }) =>
        schedule.tell(host.name, () => `event on ${regarding.metadata.name}: ${reason}: ${note}`),
      remind: () => undefined,
      close: async () => undefined,
    },
    haltSwitch: createHaltSwitch({ connection, namespace, name: config['halt-config-map'], clock }),
    leaseLeft: election.timeLeft,
  });
  const inventory = createSimulatedInventory(world.cloud, host, schedule, {
    ...{ faults: faults.cloud, account, polls: contexts.servers.polls },
  });
  const [ofServers, ofRequests] = [
    { ...contexts.servers, inventory, callsDeadAfter },
    { ...contexts.requests, inventory, callsDeadAfter, terms: { ...contexts.requests.terms, endWindow } },
  ];
  wakeOnChanges(kinds);
  const reflectors = [kinds.servers.start(), kinds.requests.start()];
  host.atEnd(() => reflectors.forEach(({ stop }) => void stop()));
  const isSynced = Promise.all(reflectors.map(({ synced }) => synced)).then(
    () => true,
    () => false,
  );
  election.whenLeading(async () => {
    if (!(await isSynced)) return;
    const options = { ...surroundings, signal: election.lost, concurrency, onFailing: () => undefined };
    void control(kinds.servers, (...of) => reconcileServer(ofServers, ...of), options);
    void control(kinds.requests, (...of) => reconcileRequest(ofRequests, ...of), options);
  });
  return election.lost;
}

function accountOf(host: Host, { cloud, schedule }: Surroundings, faults: ProcessFaults): HuaweiAccount {
  return openAccount({
    ...{ credentials, clock: host.clock, random: schedule.random },
    traffic: createTrafficControl(host.clock).of('KEY'),
    ...{ region: 'cn-north-4', site: 'china', projectId: 'project', domainId },
    endpoints: Object.fromEntries(services.map((service) => [service, 'http://127.0.0.1:1'])),
    transport: transportTo(cloud, host, schedule, faults.cloud),
    deadlines: { attempt: seconds(5), call: seconds(15) },
  });
}
