import { expect, test } from 'vitest';
import { milliseconds, seconds } from '../../../operator/clock.ts';
import { createWorkQueue } from '../../../operator/kubernetes/work-queue.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

const never = new AbortController().signal;

function startQueue(random = 0) {
  const clock = createVirtualClock();
  const options = { clock, random: () => random, baseDelay: milliseconds(100), maxDelay: seconds(10) };
  const queue = createWorkQueue<string>(options);
  /** All that is ready, in order; each is done at once. */
  const drain = async () => {
    const keys: string[] = [];
    while (queue.length > 0) {
      const key = await queue.take(never);
      keys.push(key);
      queue.done(key);
    }
    return keys;
  };
  return { clock, queue, drain };
}

test('keys come out in the order in which they came in, each once', async () => {
  const { queue, drain } = startQueue();
  for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key);
  expect(queue.length).toBe(3);
  expect(await drain()).toEqual(['b', 'a', 'c']);
});

test('changes go before resyncs, and a resync that becomes a change goes with them', async () => {
  const { queue, drain } = startQueue();
  for (const key of ['r1', 'r2', 'r3']) queue.add(key, { priority: 'resync' });
  queue.add('c1');
  queue.add('r2');
  queue.add('c1', { priority: 'resync' });
  expect(await drain()).toEqual(['c1', 'r2', 'r1', 'r3']);
});

test('a key that is added while it is worked on comes back afterwards, once, and never before', async () => {
  const { queue, drain } = startQueue();
  queue.add('a');
  await queue.take(never);
  queue.add('a');
  queue.add('a');
  expect(queue.length).toBe(0);
  queue.add('b');
  queue.done('a');
  expect(await drain()).toEqual(['b', 'a']);
});

test.each([[['change', 'resync']], [['resync', 'change']]] as const)(
  'a key that is added as %j while it is worked on comes back as a change',
  async (priorities) => {
    const { queue, drain } = startQueue();
    queue.add('a');
    await queue.take(never);
    for (const priority of priorities) queue.add('a', { priority });
    queue.add('b', { priority: 'resync' });
    queue.done('a');
    expect(await drain()).toEqual(['a', 'b']);
  },
);

test('who waits for a key gets the next one, in turn', async () => {
  const { queue } = startQueue();
  const [first, second] = [queue.take(never), queue.take(never)];
  queue.add('a');
  queue.add('b');
  expect([await first, await second]).toEqual(['a', 'b']);
});

test('who gives up waiting takes no key with them', async () => {
  const { queue, drain } = startQueue();
  const giveUp = new AbortController();
  const waiting = queue.take(giveUp.signal);
  giveUp.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(queue.take(giveUp.signal)).rejects.toThrow('enough');
  queue.add('a');
  expect(await drain()).toEqual(['a']);
});

test('a delayed key becomes ready when its time has come', async () => {
  const { clock, queue, drain } = startQueue();
  queue.addAfter('later', seconds(2));
  queue.addAfter('sooner', seconds(1));
  queue.addAfter('now', milliseconds(0));
  expect(await drain()).toEqual(['now']);
  await clock.advance(999);
  expect(queue.length).toBe(0);
  await clock.advance(1);
  expect(await drain()).toEqual(['sooner']);
  await clock.advance(1_000);
  expect(await drain()).toEqual(['later']);
  expect(clock.sleepers).toBe(0);
});

test('of several delays the earliest counts', async () => {
  const { clock, queue, drain } = startQueue();
  for (const delay of [3, 1, 2]) queue.addAfter('a', seconds(delay));
  await clock.advance(1_000);
  expect(await drain()).toEqual(['a']);
  await clock.advance(10_000);
  expect(queue.length).toBe(0);
});

test('work that begins uses up the delay: whoever looks anew says anew when to look next', async () => {
  const { clock, queue, drain } = startQueue();
  queue.addAfter('a', seconds(5));
  queue.add('a');
  await drain();
  await clock.advance(60_000);
  expect(queue.length).toBe(0);
});

test('retries of a key wait ever longer, up to the most, and start over once it is well', async () => {
  const { clock, queue, drain } = startQueue(0);
  const delayOfRetry = async () => {
    queue.retry('a');
    const start = clock.elapsed();
    while (queue.length === 0) await clock.advance(10);
    await drain();
    return clock.elapsed() - start;
  };
  const delays: number[] = [];
  for (let count = 0; count < 9; count += 1) delays.push(await delayOfRetry());
  expect(delays).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  queue.forget('a');
  expect(await delayOfRetry()).toBe(50);
});

test('a retry waits for at least as long as it is told', async () => {
  const { clock, queue } = startQueue();
  queue.retry('a', seconds(3));
  await clock.advance(2_999);
  expect(queue.length).toBe(0);
  await clock.advance(1);
  expect(queue.length).toBe(1);
});

test('many delayed keys share one timer, also when their delays are used up again and again', async () => {
  const { clock, queue, drain } = startQueue();
  for (let round = 0; round < 50; round += 1) {
    for (let index = 0; index < 100; index += 1) queue.addAfter(`key-${index}`, seconds(600 + index));
    for (let index = 0; index < 100; index += 1) queue.add(`key-${index}`);
    await drain();
  }
  expect(clock.sleepers).toBe(1);
});

test('a key whose delay nobody used up is not forgotten among thousands whose delays were', async () => {
  const { clock, queue, drain } = startQueue();
  queue.addAfter('patient', seconds(700));
  for (let round = 0; round < 1_000; round += 1) {
    queue.addAfter('hasty', seconds(600));
    queue.add('hasty');
    await drain();
  }
  await clock.advance(seconds(699));
  expect(queue.length).toBe(0);
  await clock.advance(seconds(1));
  expect(await drain()).toEqual(['patient']);
});

test('a closed queue has no timer, and takes nothing more', async () => {
  const { clock, queue } = startQueue();
  queue.addAfter('a', seconds(5));
  queue.close();
  queue.addAfter('b', seconds(5));
  queue.add('c');
  await clock.advance(60_000);
  expect([queue.length, clock.sleepers]).toEqual([0, 0]);
});

test('it shows what it is at: what is worked on and for how long, what fails how often, and what is due when', async () => {
  const { clock, queue } = startQueue();
  expect(queue.state()).toEqual({
    depth: { change: 0, resync: 0 },
    working: [],
    failing: { keys: [], omitted: 0 },
    delayed: { count: 0, nextDueIn: undefined },
  });
  for (const name of ['first', 'second']) {
    queue.add(name);
    await queue.take(never);
    await clock.advance(3_000);
  }
  queue.add('waiting');
  queue.add('resync', { priority: 'resync' });
  queue.addAfter('later', seconds(60));
  queue.retry('bad', seconds(50));
  for (let count = 0; count < 3; count += 1) queue.retry('worse', seconds(70));
  await clock.advance(1_000);
  expect(queue.state()).toEqual({
    depth: { change: 1, resync: 1 },
    working: [
      { key: 'first', age: 7_000 },
      { key: 'second', age: 4_000 },
    ],
    failing: {
      keys: [
        { key: 'worse', retries: 3 },
        { key: 'bad', retries: 1 },
      ],
      omitted: 0,
    },
    delayed: { count: 3, nextDueIn: 49_000 },
  });
});

test('of many keys that fail it names the worst twenty, and how many more there are', () => {
  const { queue } = startQueue();
  for (let index = 0; index < 25; index += 1) {
    for (let count = 0; count <= index; count += 1) queue.retry(`key-${index}`);
  }
  const { keys, omitted } = queue.state().failing;
  expect(omitted).toBe(5);
  expect(keys.map(({ retries }) => retries)).toEqual(Array.from({ length: 20 }, (_, index) => 25 - index));
});

test('whatever is added with a delay counts as a retry, as in client-go', () => {
  const clock = createVirtualClock();
  const counts = { retried: 0 };
  const metrics = {
    added: () => undefined,
    taken: () => undefined,
    finished: () => undefined,
    retried: () => {
      counts.retried += 1;
    },
    watch: () => undefined,
  };
  const options = { clock, random: () => 0, baseDelay: milliseconds(100), maxDelay: seconds(10), metrics };
  const queue = createWorkQueue<string>(options);
  queue.retry('a');
  queue.addAfter('b', seconds(1));
  queue.add('d');
  expect(counts.retried).toBe(2);
  queue.close();
});
