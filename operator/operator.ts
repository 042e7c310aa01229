import type { Registry } from 'prom-client';
import { group } from './api/names.ts';
import type { Clock } from './clock.ts';
import { openCloud } from './cloud.ts';
import type { Config } from './config.ts';
import { createContexts, failureAnnouncer } from './contexts.ts';
import { control } from './control.ts';
import { openElection, operatorNamespace } from './election.ts';
import { registerFleetMetrics } from './fleet-metrics.ts';
import { createHaltSwitch } from './halt-switch.ts';
import { openHealth } from './health.ts';
import { reconcileServer } from './inventory/reconcile.ts';
import { connect } from './kubernetes/connection.ts';
import { createEventRecorder } from './kubernetes/events.ts';
import { loadKubeConfig } from './kubernetes/kubeconfig.ts';
import { fenceWrites } from './kubernetes/leader-election/fenced-connection.ts';
import type { LeaderElection } from './kubernetes/leader-election/leader-election.ts';
import { createKubernetesMetrics } from './kubernetes/metrics.ts';
import type { Reflector } from './kubernetes/reflector.ts';
import { observeRequests } from './kubernetes/requests-under-way.ts';
import type { Surroundings, WatchedKind } from './kubernetes/watched-kind.ts';
import { closingTimeout, endsInTime, endsWithin } from './shutdown.ts';
import type { Logger } from './telemetry/log.ts';
import { reconcileRequest } from './unsubscription/reconcile.ts';
import { wakeOnChanges, watchKinds } from './watched-kinds.ts';

export interface OperatorOptions {
  config: Config;
  log: Logger;
  registry: Registry;
  /** Names this process in journals and events. */
  holder: string;
  clock: Clock;
  /** Holds the operator's own credentials. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Takes no new work once aborted, and ends what only reads; a call that was sent is written down first. */
  signal: AbortSignal;
}

/** How it ended: as told, or with passes that went on for too long, or because another process may lead. */
export type End = 'Finished' | 'CutShort' | 'LeaseLost';

/**
 * Runs the operator until the signal aborts or the lease is lost, and every pass has ended or the time for that is over.
 * Rejects when its configuration cannot work.
 */
export async function runOperator(options: OperatorOptions): Promise<End> {
  const { config, log, registry, holder, clock, environment } = options;
  const metrics = createKubernetesMetrics(registry);
  const kubeConfig = await loadKubeConfig(config.kubeconfig);
  const bare = connect({ kubeConfig, userAgent: 'dcc-operator', log, metrics: metrics.restClient, clock });
  const unfenced = observeRequests(bare, clock);
  const election = openElection({ ...options, kubeConfig, restClient: metrics.restClient });
  const connection = fenceWrites(unfenced, election);
  const signal = AbortSignal.any([options.signal, election.lost]);
  const surroundings: Surroundings = {
    connection,
    metrics,
    log,
    clock,
    random: Math.random,
    scope: config,
  };
  const reporter = { controller: group, instance: holder };
  const events = createEventRecorder({ ...surroundings, reporter, metrics: metrics.events });
  const kinds = watchKinds(surroundings);
  const accounts = openCloud({ config, environment, connection, registry, clock, log });
  const contexts = createContexts({
    ...{ config, surroundings, kinds, accounts, events, holder, signal, unfenced },
    haltSwitch: createHaltSwitch({
      connection,
      namespace: operatorNamespace(config, kubeConfig, environment),
      name: config['halt-config-map'],
      clock,
    }),
    leaseLeft: election.timeLeft,
  });

  wakeOnChanges(kinds);
  registerFleetMetrics(registry, () => ({
    servers: kinds.servers.objects.all(),
    requests: kinds.requests.objects.all(),
  }));
  const servers = { ...kinds.servers, reflector: kinds.servers.start() };
  const requests = { ...kinds.requests, reflector: kinds.requests.start() };
  const reflectors = [servers.reflector, requests.reflector];
  const watched = { [servers.kind.plural]: servers, [requests.kind.plural]: requests };
  const health = await openHealth({ ...options, signal, connection: unfenced, kinds: watched });
  health.livez.push({ name: 'leader-election', problems: election.problems });
  Object.assign(health.state, { leaderElection: election.state, ...accounts.state });
  log.info({ mode: config.mode, site: config.site, holder }, 'filling the caches');
  await untilSynced(reflectors, signal);
  log.info('the caches are filled');
  if (await leads(election, signal)) log.info({ identity: election.identity }, 'working');
  const controlled = (store: Parameters<typeof failureAnnouncer>[1]) => {
    return { ...surroundings, signal, concurrency: config.concurrency, onFailing: failureAnnouncer(events, store) };
  };
  const passes = Promise.all([
    control(servers, (...of) => reconcileServer(contexts.servers, ...of), controlled(servers.store)),
    control(requests, (...of) => reconcileRequest(contexts.requests, ...of), controlled(requests.store)),
  ]);
  const end = (await endsInTime(passes, { signal, grace: config['shutdown-timeout'], clock }))
    ? 'Finished'
    : 'CutShort';
  if (end === 'CutShort') log.error({ passes: underWay(watched) }, cutShort);
  await endsWithin(closingTimeout, events.close(), clock);
  // While a pass goes on nobody else may lead: then the lease runs out by itself.
  if (end === 'Finished') await endsWithin(closingTimeout, election.release(), clock);
  await endsWithin(closingTimeout, Promise.all(reflectors.map((reflector) => reflector.stop())), clock);
  election.close();
  connection.close();
  health.close();
  log.info('stopped');
  return election.lost.aborted ? 'LeaseLost' : end;
}

/** Whether this process came to lead before it was told to stop. */
const leads = (election: LeaderElection, signal: AbortSignal): Promise<boolean> =>
  election.campaign(signal).then(
    () => true,
    () => false,
  );

/** Nothing is marked: what the journal says is true, and the next process reads back what became of it. */
const cutShort =
  'the time to stop is over, and these passes are under way still; the next process goes on from the journal';

const underWay = (kinds: Readonly<Record<string, Pick<WatchedKind<never>, 'queue'>>>): object[] =>
  Object.entries(kinds).flatMap(([controller, { queue }]) =>
    queue.state().working.map(({ key, age }) => ({ controller, object: key, seconds: Math.round(age / 1_000) })),
  );

/** Rules look at both kinds, so nothing is reconciled before both caches are filled. */
async function untilSynced(reflectors: readonly Reflector[], signal: AbortSignal): Promise<void> {
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await Promise.race([Promise.all(reflectors.map(({ synced }) => synced)), stopped]);
}
