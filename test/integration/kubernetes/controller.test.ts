import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { milliseconds, seconds, systemClock } from '../../../operator/clock.ts';
import { runController } from '../../../operator/kubernetes/controller.ts';
import { holdFinalizer } from '../../../operator/kubernetes/finalizers.ts';
import { keyOf, type ObjectKey, type UnparsedObject } from '../../../operator/kubernetes/objects.ts';
import { readYourWrites } from '../../../operator/kubernetes/read-your-writes.ts';
import { startReflector } from '../../../operator/kubernetes/reflector.ts';
import { writeStatus } from '../../../operator/kubernetes/status.ts';
import { createStore } from '../../../operator/kubernetes/store.ts';
import { createWorkQueue } from '../../../operator/kubernetes/work-queue.ts';
import { openConnection, openPlayground, silentLog, type TestConnection, until } from './cluster.ts';

const { widgets } = await openPlayground();

/** A whole small operator: it puts a finalizer on each widget and says in its status which generation it has seen. */
function startOperator(over: TestConnection) {
  const common = { log: silentLog, clock: systemClock };
  const store = createStore<UnparsedObject>(common);
  const client = readYourWrites(widgets.clientOver(over.connection), store);
  const queue = createWorkQueue({
    ...common,
    random: Math.random,
    baseDelay: milliseconds(50),
    maxDelay: seconds(1),
    metrics: over.metrics.workQueue('widget'),
  });
  store.subscribe(({ object }) => queue.add(keyOf(object)));
  const reconcile = async (key: ObjectKey) => {
    const object = store.get(key);
    if (object !== undefined) {
      const held = await holdFinalizer(client, object, 'example.com/hold');
      await writeStatus(client, held, { observedGeneration: held.metadata.generation });
    }
    return { kind: 'Done' } as const;
  };
  const stop = new AbortController();
  const reflector = startReflector({
    ...common,
    client,
    store,
    namespace: widgets.namespace,
    random: Math.random,
    metrics: over.metrics.reflector('widgets'),
  });
  const ended = runController({
    ...common,
    name: 'widget',
    queue,
    concurrency: 5,
    timeout: seconds(10),
    reconcile,
    onFailing: () => undefined,
    metrics: over.metrics.controller('widget', 5),
    signal: stop.signal,
  });
  return {
    store,
    queue,
    synced: reflector.synced,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
      await reflector.stop();
    },
  };
}

const isConverged = ({ metadata, status }: UnparsedObject) =>
  metadata.finalizers?.length === 1 && JSON.stringify(status) === `{"observedGeneration":${metadata.generation}}`;
const writes = async (over: TestConnection) =>
  (await over.count('rest_client_requests_total', { method: 'PUT' })) +
  (await over.count('rest_client_requests_total', { method: 'PATCH' }));

test('fifty objects converge with exactly two writes each, a change with one, and a restart with none', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `converge-${index}`);
  await Promise.all(names.map((name) => widgets.create(name)));
  {
    await using over = await openConnection();
    await using operator = startOperator(over);
    const settled = () => operator.store.list().filter(isConverged).length === 50 && operator.queue.length === 0;
    await until('all have converged', settled);
    // What the events of the writes could still set off would be off by now.
    await widgets.change('converge-7', { size: 2 });
    await until('the change is seen', () => operator.store.list().some(({ metadata }) => metadata.generation === 2));
    await until('the change has converged', settled);
    await setImmediate();
    expect(await writes(over)).toBe(101);
    expect(await over.count('controller_runtime_reconcile_errors_total')).toBe(0);
    expect(await over.count('rest_client_connections_opened_total')).toBeLessThan(10);
  }
  await using over = await openConnection();
  await using operator = startOperator(over);
  await operator.synced;
  await until('all were looked at', async () => (await over.count('controller_runtime_reconcile_total')) >= 50);
  expect(await writes(over)).toBe(0);

  for (const object of operator.store.list()) {
    await widgets.client.jsonPatch(object, [{ op: 'remove', path: '/metadata/finalizers' }]);
  }
});
