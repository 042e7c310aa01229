/**
 * Writes the names, types, labels and buckets of what controller-runtime serves, from the peer of the benchmark at work, for
 * `test/unit/kubernetes/metrics`. To be run again after a new version of it in `peers/go.mod`:
 *
 *     node test/bench/record-upstream-metrics.ts
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { minutes, seconds, systemClock } from '../../operator/clock.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import { measureCluster } from './cluster.ts';
import { createCollection } from './collection.ts';
import { parseFamilies } from './metric-families.ts';
import { observe } from './observer.ts';
import { startSubject } from './subject-process.ts';
import { prepareSubjects } from './subjects.ts';

const objects = 20;
const file = join(import.meta.dirname, '../unit/kubernetes/metrics/controller-runtime.json');
const families = /^(workqueue|controller_runtime|rest_client|leader_election)_/;

await using controlPlane = await startControlPlane();
using cluster = await measureCluster(controlPlane);
const collection = await createCollection(cluster);
const finalizer = `${collection.group}/bench`;
await collection.fill(objects);
const address = `127.0.0.1:${await freePort()}`;
const signal = AbortSignal.timeout(minutes(2));
for (const subject of await prepareSubjects(['controller-runtime'])) {
  using observer = observe(cluster.api, collection, finalizer);
  const command = [...subject.command, '--leader-elect', '--metrics-address', address] as const;
  const workload = { kubeconfig: cluster.kubeconfig, collection, finalizer, concurrency: 2 };
  using _running = startSubject({ ...subject, command }, workload, signal);
  await observer.untilConverged(objects, signal);
  // The gauges of a queue are brought up to date twice a second.
  await systemClock.sleep(seconds(1));
  const text = await (await fetch(`http://${address}/metrics`, { signal })).text();
  const metrics = parseFamilies(text).filter(({ name }) => families.test(name));
  const content = { source: `controller-runtime ${await version()}`, metrics };
  await writeFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
}

async function version(): Promise<string> {
  const goMod = await readFile(join(import.meta.dirname, 'peers/go.mod'), 'utf8');
  return /controller-runtime (v\S+)/.exec(goMod)?.[1] ?? 'of unknown version';
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
