import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { milliseconds, seconds } from '../../../operator/clock.ts';
import { type ReconcileResult, runController } from '../../../operator/kubernetes/controller.ts';
import { KubernetesError } from '../../../operator/kubernetes/errors.ts';
import { createKubernetesMetrics } from '../../../operator/kubernetes/metrics.ts';
import { createWorkQueue } from '../../../operator/kubernetes/work-queue.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

const done: ReconcileResult = { kind: 'Done' };

let stop: AbortController;
let ended: Promise<void>;
afterEach(async () => {
  stop.abort();
  await ended;
});

/** A controller whose passes do what `reconcile` says. */
function start(reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult>, concurrency = 1) {
  const clock = createVirtualClock();
  const registry = new Registry();
  const metrics = createKubernetesMetrics(registry);
  const queue = createWorkQueue<string>({
    clock,
    random: () => 0,
    baseDelay: milliseconds(100),
    maxDelay: seconds(10),
    metrics: metrics.workQueue('widget'),
  });
  const lines: { level: number; msg: string; object: string }[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const failing: string[] = [];
  stop = new AbortController();
  ended = runController<string>({
    name: 'widget',
    queue,
    concurrency,
    timeout: seconds(30),
    reconcile,
    onFailing: (key, error) => failing.push(`${key}: ${error}`),
    log,
    clock,
    metrics: metrics.controller('widget', concurrency),
    signal: stop.signal,
  });
  const text = () => registry.metrics();
  return { clock, queue, lines, text, failing };
}

test('a key is worked on once for each time that it is added', async () => {
  const seen: string[] = [];
  const { clock, queue } = start(async (key) => {
    seen.push(key);
    return done;
  });
  for (const key of ['a', 'b']) queue.add(key);
  await clock.settle();
  queue.add('a');
  await clock.settle();
  expect(seen).toEqual(['a', 'b', 'a']);
});

test('as many keys at a time as allowed, and never the same one twice', async () => {
  const running = new Set<string>();
  let most = 0;
  const { clock, queue } = start(async (key, signal) => {
    expect(running.has(key)).toBe(false);
    running.add(key);
    most = Math.max(most, running.size);
    await clock.sleep(seconds(1), signal);
    running.delete(key);
    return done;
  }, 3);
  for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
  await clock.advance(500);
  for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
  await clock.advance(10_000);
  expect([most, running.size]).toEqual([3, 0]);
});

test('a pass that asks for it is followed by another after that time', async () => {
  let passes = 0;
  const { clock, queue } = start(async () => {
    passes += 1;
    return { kind: 'RequeueAfter', after: seconds(60) };
  });
  queue.add('a');
  await clock.advance(59_999);
  expect(passes).toBe(1);
  await clock.advance(1);
  expect(passes).toBe(2);
});

test('a pass that fails, even before it returns a promise, is made again ever later and harms no other key', async () => {
  const times: number[] = [];
  const seen: string[] = [];
  const { clock, queue, lines } = start((key) => {
    seen.push(key);
    if (key !== 'bad') return Promise.resolve(done);
    times.push(clock.elapsed());
    throw new Error('boom');
  });
  queue.add('bad');
  queue.add('good');
  await clock.advance(800);
  expect(seen.slice(0, 2)).toEqual(['bad', 'good']);
  expect(times).toEqual([0, 50, 150, 350, 750]);
  expect(lines[0]).toMatchObject({ level: 50, object: 'bad', err: { message: 'boom' } });
});

test('after a success the next failure is retried soon again', async () => {
  const outcomes = ['fail', 'fail', 'fail', 'succeed', 'fail', 'succeed'];
  const times: number[] = [];
  const { clock, queue } = start(async () => {
    times.push(clock.elapsed());
    if (outcomes.shift() === 'fail') throw new Error('boom');
    return done;
  });
  queue.add('a');
  await clock.advance(1_000);
  queue.add('a');
  await clock.advance(1_000);
  expect(times).toEqual([0, 50, 150, 350, 1_000, 1_050]);
});

test('somebody is told of the third failure in a row and those after it, of none before and of no conflict', async () => {
  const outcomes = ['one', 'two', 'well', 'one', 'two', 'three', 'four', 'conflict', 'well', 'one'];
  const { clock, queue, failing } = start(async () => {
    const outcome = outcomes.shift();
    if (outcome === 'conflict') throw new KubernetesError('Conflict', 'the object has been modified');
    if (outcome !== 'well' && outcome !== undefined) throw new Error(outcome);
    return outcome === 'well' ? { kind: 'RequeueAfter', after: seconds(1) } : done;
  });
  queue.add('a');
  await clock.advance(60_000);
  expect(failing).toEqual(['a: Error: three', 'a: Error: four']);
  expect(outcomes).toEqual([]);
});

test.each(['Conflict', 'NotFound'] as const)(
  '%s is how things go: it is retried, and only the debug log hears of it',
  async (reason) => {
    let passes = 0;
    const { clock, queue, lines } = start(async () => {
      passes += 1;
      if (passes === 1) throw new KubernetesError(reason, 'the object has been modified, or is gone');
      return done;
    });
    queue.add('a');
    await clock.advance(1_000);
    expect(passes).toBe(2);
    expect(lines.map(({ level }) => level)).toEqual([20]);
  },
);

test('the API server is left alone for as long as it asks', async () => {
  const times: number[] = [];
  const { clock, queue } = start(async () => {
    times.push(clock.elapsed());
    throw new KubernetesError('TooManyRequests', 'slow down', { retryAfter: seconds(5) });
  });
  queue.add('a');
  await clock.advance(9_000);
  expect(times).toEqual([0, 5_000]);
});

test('a pass that takes too long is told to stop', async () => {
  const { clock, queue, text, lines } = start(async (_, signal) => {
    await clock.sleep(seconds(1_000), signal);
    return done;
  });
  queue.add('a');
  await clock.advance(29_999);
  expect(lines).toEqual([]);
  await clock.advance(1);
  expect(lines.map(({ msg }) => msg)).toEqual([
    'a pass takes too long and was told to stop',
    'a pass failed; trying again later',
  ]);
  expect(await text()).toContain('controller_runtime_reconcile_timeouts_total{controller="widget"} 1');
});

test('stopped, it finishes what is under way, begins nothing more, and leaves no timer behind', async () => {
  const finished: string[] = [];
  const { clock, queue } = start(async (key, signal) => {
    await clock.sleep(seconds(5), signal);
    finished.push(key);
    return { kind: 'RequeueAfter', after: seconds(60) };
  });
  queue.add('a');
  queue.add('b');
  await clock.settle();
  stop.abort();
  await clock.advance(5_000);
  await ended;
  expect(finished).toEqual(['a']);
  expect(clock.sleepers).toBe(0);
});

test('its numbers have the names that stock dashboards know', async () => {
  let passes = 0;
  const { clock, queue, text } = start(async (_, signal) => {
    passes += 1;
    if (passes === 1) throw new Error('boom');
    if (passes === 2) return { kind: 'RequeueAfter', after: seconds(1) };
    if (passes === 3) return done;
    await clock.sleep(seconds(20), signal);
    return done;
  }, 2);
  queue.add('a');
  await clock.advance(5_000);
  queue.add('a');
  await clock.advance(7_000);
  queue.add('a');
  const metrics = await text();
  for (const line of [
    'controller_runtime_reconcile_total{controller="widget",result="error"} 1',
    'controller_runtime_reconcile_total{controller="widget",result="requeue_after"} 1',
    'controller_runtime_reconcile_total{controller="widget",result="success"} 1',
    'controller_runtime_reconcile_errors_total{controller="widget"} 1',
    'controller_runtime_reconcile_time_seconds_bucket{le="0.005",controller="widget"} 3',
    'controller_runtime_max_concurrent_reconciles{controller="widget"} 2',
    'controller_runtime_active_workers{controller="widget"} 1',
    'workqueue_adds_total{name="widget",controller="widget"} 5',
    'workqueue_retries_total{name="widget",controller="widget"} 2',
    'workqueue_depth{name="widget",controller="widget",priority="change"} 0',
    'workqueue_unfinished_work_seconds{name="widget",controller="widget"} 7',
    'workqueue_longest_running_processor_seconds{name="widget",controller="widget"} 7',
    'workqueue_queue_duration_seconds_count{name="widget",controller="widget"} 4',
    'workqueue_work_duration_seconds_bucket{le="1e-8",name="widget",controller="widget"} 3',
  ]) {
    expect(metrics).toContain(`${line}\n`);
  }
  // Lets the pass end, and the one that the last add leads to.
  await clock.advance(60_000);
});
