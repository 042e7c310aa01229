import { z } from 'zod';
import { type Milliseconds, minutes, seconds, systemClock } from '../../operator/clock.ts';
import { services } from '../../operator/huaweicloud/endpoints.ts';
import { type MeasuredCluster, measureCluster } from '../bench/cluster.ts';
import { parseSamples, sumOf } from '../bench/metrics-text.ts';
import { readCpuSeconds, readMemory } from '../bench/procfs.ts';
import { parseRequestCounts, writesIn as writesSeen } from '../bench/requests.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import { applyDefinitions } from '../cluster/definitions.ts';
import { type HuaweiCloud, type SentAnswer, startHuaweiCloud } from '../huaweicloud/server.ts';
import { type OperatorProcess, startOperatorProcess } from '../operator-process.ts';
import { type Counters, countersSince, readCounters, total, writesIn } from './counters.ts';
import { fill } from './fill.ts';
import { type Fleet, worldOf } from './fleet.ts';
import type { CapacityOptions } from './options.ts';
import { type Traffic, watchTraffic } from './readings.ts';

/** What the other sides counted: the simulated cloud its calls, the API server the writes to our kinds and to Events. */
export interface Witnesses {
  callsSeenByCloud: number;
  writesSeenByApiServer: number;
}

/** What one fleet costs. Times in seconds, memory in MB (2^20 bytes). */
export interface Figures {
  fleet: Fleet;
  /** From the start of the process until its caches are filled, and until every server shows that it was observed. */
  ready: number;
  observed: number;
  /** What it took to bring all to rest, from the start of the process. */
  settling: Counters & { cpu: number };
  /** What it costs once nothing changes any more. */
  rest: Counters &
    Witnesses &
    Traffic & { minutes: number; cpu: number; resident: number; heap: number; lagP99: number };
  /** The most that was ever resident. */
  peak: number;
}

export type MeasureOptions = Pick<CapacityOptions, 'rest' | 'latency' | 'billingRate' | 'flags'> & {
  fleet: Fleet;
  /** The file that is the operator. */
  program: string;
  signal: AbortSignal;
};

/** Nothing that is measured takes as long. */
const patience = minutes(20);

/** Measures one fleet on a control plane and a cloud of its own. */
export async function measure(options: MeasureOptions): Promise<Figures> {
  const { fleet, latency } = options;
  await using controlPlane = await startControlPlane();
  using cluster = await measureCluster(controlPlane);
  await applyDefinitions(controlPlane.kubeconfig);
  await fill(cluster, fleet);
  const traffic = watchTraffic();
  await using cloud = await startCloud(options, traffic.onAnswer);
  if (latency > 0) cloud.faults.add({ operation: '*', skip: 0, effect: { kind: 'delay', milliseconds: latency } });
  const started = systemClock.elapsed();
  const operator = startOperatorProcess({
    program: options.program,
    kubeconfig: controlPlane.kubeconfig,
    cloudUrl: cloud.url,
    asShipped: true,
    flags: { endpoints: endpointsAt(cloud.urls), ...options.flags },
  });
  try {
    const witnesses = () => ask(cluster, cloud);
    const figures = await measureLife({ ...options, cluster, operator, started, witnesses, traffic });
    // In order, which lets NODE_OPTIONS=--cpu-prof write its profile.
    await operator.end('SIGTERM');
    return figures;
  } finally {
    await operator.end('SIGKILL');
  }
}

async function startCloud({ fleet, billingRate }: MeasureOptions, onAnswer: (answer: SentAnswer) => void) {
  const names = ['listResources', 'listOrders', 'showBalances'];
  const operations = Object.fromEntries(names.map((name) => [`billing.${name}`, billingRate]));
  const settings = { throttle: { rate: 200, operations } };
  const world = worldOf(fleet, systemClock.now());
  const { stop, ...cloud } = await startHuaweiCloud({
    ...{ world, settings, onAnswer, moreAddresses: services.length - 1 },
  });
  return { ...cloud, [Symbol.asyncDispose]: stop };
}

/** One for each service, as the real cloud has: the operator makes so many connections to each, and no more. */
const endpointsAt = (urls: readonly string[]) =>
  services.map((service, index) => `${service}=${urls[index]}`).join(',');

/** Counts since they started. The Lease is not among the writes: it is what a leader writes at rest. */
async function ask({ api }: MeasuredCluster, cloud: Pick<HuaweiCloud, 'counts'>): Promise<Witnesses> {
  const metrics = await api.send('/metrics');
  const writes = ['dcc-operator.io', 'events.k8s.io'].map((group) => writesSeen(parseRequestCounts(metrics, group)));
  return {
    callsSeenByCloud: Object.values(cloud.counts).reduce((sum, endings) => sum + total(endings), 0),
    writesSeenByApiServer: writes.reduce((sum, count) => sum + count, 0),
  };
}

interface Life extends MeasureOptions {
  traffic: Pick<ReturnType<typeof watchTraffic>, 'since'>;
  witnesses: () => Promise<Witnesses>;
  cluster: MeasuredCluster;
  operator: OperatorProcess;
  started: Milliseconds;
}

async function measureLife({
  cluster,
  operator,
  started,
  fleet,
  rest,
  signal,
  witnesses,
  traffic,
}: Life): Promise<Figures> {
  const since = () => (systemClock.elapsed() - started) / 1_000;
  await operator.standby;
  const ready = since();
  await operator.ready;
  const look = lookInto(operator);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const isPassed = ({ serverPasses }: Counters) => serverPasses >= fleet.servers;
  await until(async () => isPassed(readCounters(await look())) && (await areObserved(cluster, fleet)), limit);
  const observed = since();
  const settling = { ...readCounters(await look()), cpu: await readCpuSeconds([operator.pid]) };
  // Where the news of a write overtakes its answer, a server has another pass; claims and events come after it, too.
  await until(() => isQuiet(look, limit), limit);
  const atRest = await measureRest(operator, { look, witnesses, traffic }, rest, signal);
  const { peak } = await readMemory(operator.pid);
  return { fleet, ready, observed, settling, rest: atRest, peak: inMegabytes(peak) };
}

/** Whether nothing waits, and nothing but the Lease was written for some seconds. */
async function isQuiet(look: () => Promise<string>, signal: AbortSignal): Promise<boolean> {
  const before = readCounters(await look());
  await systemClock.sleep(seconds(15), signal);
  const since = countersSince(before, readCounters(await look()));
  return since.changesWaiting === 0 && writesIn(since) <= 3;
}

async function until(condition: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!(await condition())) await systemClock.sleep(seconds(1), signal);
}

async function measureRest(
  { pid }: OperatorProcess,
  { look, witnesses, traffic }: Pick<Life, 'witnesses' | 'traffic'> & { look: () => Promise<string> },
  duration: Milliseconds,
  signal: AbortSignal,
): Promise<Figures['rest']> {
  const seenBefore = await witnesses();
  const [before, cpuBefore, from] = [readCounters(await look()), await readCpuSeconds([pid]), systemClock.elapsed()];
  await systemClock.sleep(duration, signal);
  const [text, cpuAfter, to] = [await look(), await readCpuSeconds([pid]), systemClock.elapsed()];
  const seen = await witnesses();
  const { resident } = await readMemory(pid);
  const samples = parseSamples(text);
  return {
    ...countersSince(before, readCounters(text)),
    ...traffic.since(from, to),
    callsSeenByCloud: seen.callsSeenByCloud - seenBefore.callsSeenByCloud,
    writesSeenByApiServer: seen.writesSeenByApiServer - seenBefore.writesSeenByApiServer,
    minutes: (to - from) / minutes(1),
    cpu: cpuAfter - cpuBefore,
    resident: inMegabytes(resident),
    heap: inMegabytes(sumOf(samples, 'nodejs_heap_size_used_bytes')),
    lagP99: sumOf(samples, 'nodejs_eventloop_lag_p99_seconds'),
  };
}

const inMegabytes = (bytes: number) => bytes / 2 ** 20;

const serving = z.looseObject({ port: z.int() });

/** Reads `/metrics` of an operator that works. */
function lookInto({ lines }: OperatorProcess): () => Promise<string> {
  const { port } = serving.parse(JSON.parse(lines.find((line) => line.includes('"serving /livez')) ?? '{}'));
  return async () => {
    // A connection that was kept is closed at any moment.
    const options = { signal: AbortSignal.timeout(minutes(1)), headers: { connection: 'close' } };
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, options);
    return await answer.text();
  };
}

const page = z.object({
  metadata: z.object({ continue: z.string().optional() }),
  items: z.array(
    z.object({
      status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) }).optional(),
    }),
  ),
});

/** Whether all servers are Ready by what their status says. */
async function areObserved({ api }: MeasuredCluster, { servers }: Fleet): Promise<boolean> {
  let observed = 0;
  let next: string | undefined = '';
  while (next !== undefined) {
    const query = new URLSearchParams({ limit: '500', continue: next });
    const text = await api.send(`/apis/dcc-operator.io/v1alpha1/dccservers?${query}`);
    const { items, metadata } = page.parse(JSON.parse(text));
    const isReady = ({ status }: (typeof items)[number]) =>
      status?.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
    observed += items.filter(isReady).length;
    next = metadata.continue || undefined;
  }
  return observed === servers;
}
