import type { Registry } from 'prom-client';
import manifest from '../package.json' with { type: 'json' };
import { type Clock, type Milliseconds, milliseconds, minutes } from './clock.ts';
import type { Config } from './config.ts';
import { cachesActive, cachesFilled, passesEnd, refusedNamespaces } from './kubernetes/health-checks.ts';
import { describeKind, type KindParts } from './kubernetes/kind-state.ts';
import { registerActivityAges, registerRefusedNamespaces } from './kubernetes/metrics/reflector.ts';
import type { ObservedConnection } from './kubernetes/requests-under-way.ts';
import { type ClockDrift, registerClockDrift, watchClockDrift } from './telemetry/clock-drift.ts';
import { type EventLoopMonitor, processCpuTime, watchEventLoop } from './telemetry/event-loop.ts';
import type { Health } from './telemetry/health.ts';
import { serveHealth } from './telemetry/health-server.ts';
import type { Logger } from './telemetry/log.ts';

export interface HealthOptions {
  config: Config;
  /** Names this process. */
  holder: string;
  log: Logger;
  registry: Registry;
  clock: Clock;
  connection: Pick<ObservedConnection, 'underWay'>;
  /** By plural. */
  kinds: Readonly<Record<string, KindParts>>;
  /** Aborts when the operator is to stop. */
  signal: AbortSignal;
}

/** Health that is being served; more checks and sections may still be added. */
export interface ServedHealth extends Health {
  /** Ends the server: the last thing that a process does, so that probes see it stop rather than gone. */
  close(): void;
}

/** A pass is told to stop after 3 minutes, and may write the outcome of an order for 2 more. */
const longestPass: Milliseconds = minutes(10);
const mostRequestsTold = 20;

/** Serves the probes, /metrics and /debug/state of the operator. */
export async function openHealth(options: HealthOptions): Promise<ServedHealth> {
  const { config, clock, kinds, log, registry, signal } = options;
  const eventLoop = watchEventLoop({ clock, cpuTime: processCpuTime });
  const drift = watchClockDrift(clock, config['clock-bound']);
  registerClockDrift(registry, drift);
  const reflectors = mapValues(kinds, ({ reflector }) => reflector);
  registerActivityAges(registry, () =>
    mapValues(reflectors, (reflector) => milliseconds(clock.elapsed() - reflector.lastActivity())),
  );
  registerRefusedNamespaces(registry, () => refusedNamespaces(reflectors));
  const queues = mapValues(kinds, ({ queue }) => queue);
  const health: Health = {
    livez: [eventLoop.check, drift.check, passesEnd(queues, longestPass)],
    readyz: [
      // The API server's own /readyz has a check of this name that does the same.
      { name: 'shutdown', problems: () => (signal.aborted ? ['it is stopping'] : []) },
      cachesFilled(reflectors),
      cachesActive(reflectors, config['unready-after'], clock),
    ],
    state: sections(options, eventLoop, drift),
  };
  const server = await serveHealth({ address: config['health-address'], health, registry, log });
  log.info({ port: server.port }, 'serving /livez, /readyz, /metrics and /debug/state');
  return {
    ...health,
    close: () => {
      eventLoop[Symbol.dispose]();
      server.close();
    },
  };
}

function sections(options: HealthOptions, eventLoop: EventLoopMonitor, drift: ClockDrift): Health['state'] {
  const { config, holder, clock, connection, kinds, signal } = options;
  const started = clock.elapsed();
  const startedAt = clock.now();
  return {
    process: () => ({
      version: manifest.version,
      holder,
      mode: config.mode,
      startedAt,
      uptimeSeconds: Math.round((clock.elapsed() - started) / 1_000),
      stopping: signal.aborted,
    }),
    kinds: () => mapValues(kinds, (parts) => describeKind(parts, clock)),
    openRequests: () => {
      const open = connection.underWay();
      const told = open.slice(0, mostRequestsTold);
      return {
        requests: told.map(({ method, path, age }) => ({ method, path, seconds: age / 1_000 })),
        omitted: open.length - told.length,
      };
    },
    memoryBytes: () => process.memoryUsage(),
    // Sockets, timers and the like, by type: also those of calls to the cloud.
    activeResources: () => countBy(process.getActiveResourcesInfo()),
    eventLoop: () => mapValues(eventLoop.lag(), (lag) => ({ lagSeconds: lag / 1_000 })),
    clockDriftSeconds: () => drift.current() / 1_000,
  };
}

const mapValues = <Value, Result>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value) => Result,
): Record<string, Result> => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
