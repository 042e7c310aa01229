import { type Milliseconds, milliseconds, minutes, seconds, systemClock } from '../../operator/clock.ts';
import type { MeasuredCluster } from './cluster.ts';
import type { Collection } from './collection.ts';
import type { Converging, Figures } from './figures.ts';
import { type Observer, observe } from './observer.ts';
import { type Memory, readCpuSeconds, readMemory } from './procfs.ts';
import { parseRequestCounts, type RequestCounts, refusedIn, requestsIn, since, writesIn } from './requests.ts';
import { type SubjectProcess, startSubject, type Workload } from './subject-process.ts';
import type { Subject } from './subjects.ts';

export interface MeasureOptions {
  cluster: MeasuredCluster;
  collection: Collection;
  subject: Subject;
  size: number;
  round: number;
  /** How many changes of spec are timed. */
  changes: number;
  concurrency: number;
  signal: AbortSignal;
}

/** Nothing that is measured takes as long. */
const patience = minutes(15);
/** For the garbage of converging to be collected, as far as it will be, and late writes to come. */
const idleFor = seconds(5);
/** In which a restarted subject may not write. */
const quietFor = seconds(3);

const inSeconds = (from: Milliseconds, to: Milliseconds) => (to - from) / 1_000;
const inMegabytes = (bytes: number) => bytes / 2 ** 20;

/** Measures one subject on a collection that is empty before and after. */
export async function measure(options: MeasureOptions): Promise<Figures> {
  const { cluster, collection, subject, size, round, concurrency } = options;
  const finalizer = `${collection.group}/bench`;
  const workload: Workload = { kubeconfig: cluster.kubeconfig, collection, finalizer, concurrency };
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(patience)]);
  using observer = observe(cluster.api, collection, finalizer);
  try {
    const startUp = await measureStartUp(subject, workload, signal);
    await collection.fill(size);
    await observer.untilExisting(size, signal);
    // The events of filling are over for everybody.
    await systemClock.sleep(seconds(1), signal);
    const life = await measureLife({ ...options, signal }, workload, observer);
    const restart = subject.once ? undefined : await measureRestart({ ...options, signal }, workload);
    return { subject: subject.name, size, round, ...life, restart, startUp };
  } finally {
    await collection.wipe();
    await observer.untilExisting(0, AbortSignal.timeout(patience));
  }
}

async function measureStartUp(subject: Subject, workload: Workload, signal: AbortSignal): Promise<Figures['startUp']> {
  using running = startSubject(subject, workload, signal);
  const syncedAt = await running.synced;
  const { resident } = await readMemory(running.pid);
  await running.stop();
  return { synced: inSeconds(running.startedAt, syncedAt), resident: inMegabytes(resident) };
}

type Life = Pick<Figures, 'converging' | 'idle' | 'changes' | 'life'>;

/** From the start of a process that finds objects of which nothing is done, until its end. */
async function measureLife(options: MeasureOptions, workload: Workload, observer: Observer): Promise<Life> {
  const { cluster, collection, subject, size, changes, signal } = options;
  const before = await countRequests(cluster, collection);
  const serverBefore = await readCpuSeconds(cluster.servers);
  using running = startSubject(subject, workload, signal);
  const watched = AbortSignal.any([signal, running.failed]);
  const convergedAt = await observer.untilConverged(size, watched);
  const [cpu, serverCpu, memory] = await Promise.all([
    readCpuSeconds([running.pid]),
    readCpuSeconds(cluster.servers),
    readMemory(running.pid),
  ]);
  const [idleCpu, idleMemory] = await rest(running, watched);
  const counted = since(before, await countRequests(cluster, collection));
  const times = subject.once ? [] : await timeChanges(options, observer, Math.min(changes, size), watched);
  const total = since(before, await countRequests(cluster, collection));
  const { peak } = await readMemory(running.pid);
  const syncedAt = await running.synced;
  const { connections, took } = await running.stop();
  return {
    converging: {
      fromStart: inSeconds(running.startedAt, convergedAt),
      fromSynced: inSeconds(syncedAt, convergedAt),
      cpu,
      serverCpu: serverCpu - serverBefore,
      peak: inMegabytes(memory.peak),
      ...summary(counted),
    },
    idle: { resident: inMegabytes(idleMemory.resident), cpu: idleCpu - cpu },
    changes: times,
    life: {
      // The changes themselves are the harness's.
      requests: requestsIn(total) - times.length,
      connections,
      peak: inMegabytes(peak),
      stopping: took / 1_000,
    },
  };
}

const summary = (counted: RequestCounts): Pick<Converging, 'writes' | 'requests' | 'refused' | 'byVerb'> => ({
  writes: writesIn(counted),
  requests: requestsIn(counted),
  refused: refusedIn(counted),
  byVerb: counted.byVerb,
});

async function rest({ pid }: SubjectProcess, signal: AbortSignal): Promise<[number, Memory]> {
  await systemClock.sleep(idleFor, signal);
  return Promise.all([readCpuSeconds([pid]), readMemory(pid)]);
}

/** Changes one object at a time, spread over all. */
async function timeChanges(
  { cluster, collection, size }: MeasureOptions,
  observer: Observer,
  count: number,
  signal: AbortSignal,
): Promise<number[]> {
  const times: number[] = [];
  for (let change = 0; change < count; change += 1) {
    const index = Math.floor((change * size) / count);
    const sentAt = systemClock.elapsed();
    // It was made with generation 1, and nothing else changes its spec.
    const seen = observer.untilObserved(collection.nameOf(index), 2, signal);
    const body = { spec: { revision: change + 1 } };
    await cluster.api.send(collection.pathOf(index), { method: 'PATCH', body, contentType });
    times.push(milliseconds((await seen) - sentAt));
  }
  return times;
}

const contentType = 'application/merge-patch+json';

/** A new process finds all work done. */
async function measureRestart(
  { cluster, collection, subject, signal }: MeasureOptions,
  workload: Workload,
): Promise<Figures['restart']> {
  const before = await countRequests(cluster, collection);
  using running = startSubject(subject, workload, signal);
  const syncedAt = await running.synced;
  await systemClock.sleep(quietFor, AbortSignal.any([signal, running.failed]));
  const { peak, resident } = await readMemory(running.pid);
  const writes = writesIn(since(before, await countRequests(cluster, collection)));
  await running.stop();
  return {
    synced: inSeconds(running.startedAt, syncedAt),
    writes,
    peak: inMegabytes(peak),
    resident: inMegabytes(resident),
  };
}

const countRequests = async ({ api }: MeasuredCluster, { group }: Collection): Promise<RequestCounts> =>
  parseRequestCounts(await api.send('/metrics'), group);
