/**
 * The workload on the operator's own runtime, as the operator puts its parts together, without anything of its domain.
 *
 *     KUBECONFIG=... node test/bench/controller.ts --group G --version V --plural P --finalizer F [--concurrency 10]
 */
import { Registry } from 'prom-client';
import { z } from 'zod';
import { minutes, systemClock } from '../../operator/clock.ts';
import { connect } from '../../operator/kubernetes/connection.ts';
import { runController } from '../../operator/kubernetes/controller.ts';
import { loadKubeConfig } from '../../operator/kubernetes/kubeconfig.ts';
import { createKubernetesMetrics } from '../../operator/kubernetes/metrics.ts';
import { keyOf, splitKey, type UnparsedObject } from '../../operator/kubernetes/objects.ts';
import type { Parsed, TypedObject } from '../../operator/kubernetes/parsed-objects.ts';
import { watchKind } from '../../operator/kubernetes/watched-kind.ts';
import { createLog } from '../../operator/telemetry/log.ts';
import { countConnections } from './connection-count.ts';
import { isStatus, readWorkloadOptions, type Status, tell, wantedStatus } from './workload.ts';

interface BenchObject extends TypedObject {
  status: Status;
}

const connections = countConnections();
const { group, version, plural, finalizer, concurrency } = readWorkloadOptions(process.argv.slice(2));
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort(new Error('told to stop')));

const clock = systemClock;
const log = createLog('warn', process.stderr);
const metrics = createKubernetesMetrics(new Registry());
const kubeConfig = await loadKubeConfig();
const connection = connect({ kubeConfig, userAgent: 'bench', log, metrics: metrics.restClient, clock });
const { store, queue, objects, start } = watchKind<BenchObject>(
  {
    kind: { group, version, plural, kind: await findKind() },
    parse,
    fitStatus: (status) => status,
    finalizer,
    indexes: {},
  },
  { connection, metrics, log, clock, random: Math.random, scope: { namespaces: [] } },
);
store.subscribe((change) => {
  if (change.source === 'Server') queue.add(keyOf(change.object));
});
const reflector = start();
await reflector.synced;
tell('synced', { objects: store.size });
await runController({
  name: plural,
  queue,
  concurrency,
  timeout: minutes(1),
  reconcile: async (key) => {
    const { namespace, name } = splitKey(key);
    await reconcile(namespace, name);
    return { kind: 'Done' };
  },
  onFailing: () => undefined,
  log,
  clock,
  metrics: metrics.controller(plural, concurrency),
  signal: stopping.signal,
});
await reflector.stop();
connection.close();
tell('stopped', { connections: connections() });

async function reconcile(namespace: string, name: string): Promise<void> {
  const found = objects.cached(namespace, name);
  if (found?.kind !== 'Readable') return;
  const { metadata } = found.object;
  if (metadata.deletionTimestamp !== undefined) return await objects.releaseFinalizer(found.object);
  const held = await objects.holdFinalizer(found.object);
  await objects.writeStatus(held, wantedStatus(metadata.generation, held.status, clock.now()));
}

/** Looks at what it gives and copies nothing, like the decoders of the Go subjects. */
function parse({ metadata, spec, status = {} }: UnparsedObject): Parsed<BenchObject> {
  if (!isStatus(status)) return { kind: 'Unreadable', metadata, problem: 'the status is not that of the workload' };
  return { kind: 'Readable', object: { metadata, spec, status } };
}

/** The name of the kind whose plural was given. */
async function findKind(): Promise<string> {
  const resources = z.object({ resources: z.array(z.object({ name: z.string(), kind: z.string() })) });
  const found = resources.parse(await connection.request('GET', `/apis/${group}/${version}`));
  const kind = found.resources.find(({ name }) => name === plural)?.kind;
  if (kind === undefined) throw new Error(`the API server has no ${plural} in ${group}/${version}`);
  return kind;
}
