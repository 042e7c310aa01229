/**
 * What `soak.test.ts` watches from outside: a small operator in a process of its own, with everything that `operator/kubernetes/`
 * has for one. It writes a status for each change, and tells in lines of JSON what it is at, and on SIGUSR2 what it holds on to.
 * Arguments: the kubeconfig, group, plural, kind and namespace.
 */
import { readdirSync } from 'node:fs';
import { queryObjects } from 'node:v8';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { milliseconds, seconds, systemClock } from '../../../operator/clock.ts';
import { resourceClient } from '../../../operator/kubernetes/client.ts';
import { connect } from '../../../operator/kubernetes/connection.ts';
import { runController } from '../../../operator/kubernetes/controller.ts';
import { loadKubeConfig } from '../../../operator/kubernetes/kubeconfig.ts';
import { createKubernetesMetrics } from '../../../operator/kubernetes/metrics.ts';
import { keyOf, type ObjectKey, type UnparsedObject, unparsedObjects } from '../../../operator/kubernetes/objects.ts';
import { readYourWrites } from '../../../operator/kubernetes/read-your-writes.ts';
import { startReflector } from '../../../operator/kubernetes/reflector.ts';
import { writeStatus } from '../../../operator/kubernetes/status.ts';
import { createStore } from '../../../operator/kubernetes/store.ts';
import { createWorkQueue } from '../../../operator/kubernetes/work-queue.ts';
import { createAcceleratedClock } from '../../accelerated-clock.ts';

const [file, group = '', plural = '', kind = '', namespace] = process.argv.slice(2);
/** Credentials are read again after half a second, a back-off of 30 s takes 1.5 s. */
const clock = createAcceleratedClock(20);
const random = Math.random;
const log = pino({ level: 'silent' });
const registry = new Registry();
const metrics = createKubernetesMetrics(registry);
const kubeConfig = await loadKubeConfig(file);
const connection = connect({ kubeConfig, userAgent: 'soak', log, metrics: metrics.restClient, clock });
const store = createStore<UnparsedObject>({ log });
const client = readYourWrites(
  resourceClient(connection, { group, version: 'v1', plural, kind }, unparsedObjects),
  store,
);
const queue = createWorkQueue({
  clock,
  random,
  baseDelay: milliseconds(200),
  maxDelay: seconds(10),
  metrics: metrics.workQueue(plural),
});
store.subscribe(({ object }) => queue.add(keyOf(object)));
startReflector({ client, store, namespace, log, clock, random, metrics: metrics.reflector(plural) });
void runController({
  name: plural,
  queue,
  clock,
  log,
  concurrency: 5,
  timeout: seconds(60),
  onFailing: () => undefined,
  metrics: metrics.controller(plural, 5),
  signal: new AbortController().signal,
  reconcile: async (key: ObjectKey) => {
    const object = store.get(key);
    if (object !== undefined) await writeStatus(client, object, { observedGeneration: object.metadata.generation });
    return { kind: 'Done' } as const;
  },
});

async function sum(metric: string): Promise<number> {
  const values = (await registry.getSingleMetric(metric)?.get())?.values ?? [];
  return values.reduce((total, { value }) => total + value, 0);
}

const tell = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`);

// To look at the heap takes so long that nothing else would get done if it were done all the time.
process.on('SIGUSR2', async () => {
  globalThis.gc?.();
  tell({
    // One that is held on to for each watch, event or request shows in their number long before it does in bytes.
    heldObjects: queryObjects(Object, { format: 'count' }),
    heap: process.memoryUsage().heapUsed,
    descriptors: readdirSync('/proc/self/fd').length,
    timers: process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length,
    watches: await sum('reflector_watches_total'),
    requests: await sum('rest_client_requests_total'),
    connectionsOpened: await sum('rest_client_connections_opened_total'),
  });
});

for (;;) {
  await systemClock.sleep(milliseconds(300));
  const { depth, working, delayed } = queue.state();
  tell({ stored: store.size, queued: depth.change + depth.resync + working.length + delayed.count });
}
