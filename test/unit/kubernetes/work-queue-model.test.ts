import fc from 'fast-check';
import { expect, test } from 'vitest';
import { milliseconds, seconds } from '../../../operator/clock.ts';
import { createWorkQueue, type WorkQueueState } from '../../../operator/kubernetes/work-queue.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

type Priority = 'change' | 'resync';
interface Limits {
  base: number;
  ceiling: number;
}

/** The rules of the queue, in the plainest words: a list of keys, looked through from the start each time. */
function createModel({ base, ceiling }: Limits, random: () => number) {
  let now = 0;
  let isClosed = false;
  let ready: { key: string; priority: Priority }[] = [];
  let waiting: number[] = [];
  let due = new Map<string, number>();
  const working = new Set<string>();
  const dirty = new Map<string, Priority>();
  const retries = new Map<string, number>();
  /** Which worker got which key, in order. */
  const handedOut: [worker: number, key: string][] = [];

  const makeReady = (key: string, priority: Priority) => {
    const known = ready.find((entry) => entry.key === key);
    if (known?.priority === 'change' || known?.priority === priority) return;
    ready = [...ready.filter((entry) => entry.key !== key), { key, priority }];
  };
  const handOut = () => {
    const next = ready.find(({ priority }) => priority === 'change') ?? ready[0];
    const [worker, ...others] = waiting;
    if (next === undefined || worker === undefined) return;
    ready = ready.filter((entry) => entry !== next);
    waiting = others;
    due.delete(next.key);
    working.add(next.key);
    handedOut.push([worker, next.key]);
    handOut();
  };
  const add = (key: string, priority: Priority) => {
    if (isClosed) return;
    if (!working.has(key)) makeReady(key, priority);
    else if (dirty.get(key) !== 'change') dirty.set(key, priority);
    handOut();
  };
  const addAfter = (key: string, delay: number) => {
    if (isClosed) return;
    due.set(key, Math.min(due.get(key) ?? Number.POSITIVE_INFINITY, now + delay));
  };

  return {
    handedOut,
    ready: () => ready.length,
    summary: () => ({
      changes: ready.filter(({ priority }) => priority === 'change').length,
      working: [...working].sort(),
      retries: new Map(retries),
      delayed: due.size,
      nextDueIn: due.size === 0 ? undefined : Math.min(...due.values()) - now,
    }),
    add,
    addAfter: (key: string, delay: number) => (delay > 0 ? addAfter(key, delay) : add(key, 'resync')),
    retry: (key: string, atLeast: number) => {
      const count = (retries.get(key) ?? 0) + 1;
      retries.set(key, count);
      const delay = Math.min(ceiling, base * 2 ** (count - 1)) * ((1 + random()) / 2);
      addAfter(key, Math.max(atLeast, delay));
      return count;
    },
    forget: (key: string) => retries.delete(key),
    take: (worker: number) => {
      waiting.push(worker);
      handOut();
    },
    leave: (worker: number) => {
      waiting = waiting.filter((one) => one !== worker);
    },
    done: (key: string) => {
      if (!working.delete(key)) return;
      const again = dirty.get(key);
      dirty.delete(key);
      if (again !== undefined) makeReady(key, again);
      handOut();
    },
    wait: (time: number) => {
      now += time;
      const isDue = ([, at]: [string, number]) => at <= now;
      const ripe = [...due].filter(isDue).sort(([, one], [, other]) => one - other);
      due = new Map([...due].filter((entry) => !isDue(entry)));
      for (const [key] of ripe) add(key, 'resync');
    },
    close: () => {
      isClosed = true;
      due.clear();
    },
  };
}

/** What the model knows of the state of a queue. */
const summaryOf = ({ depth, working, failing, delayed }: WorkQueueState<string>) => ({
  changes: depth.change,
  working: working.map(({ key }) => key).sort(),
  retries: new Map(failing.keys.map((one) => [one.key, one.retries])),
  delayed: delayed.count,
  nextDueIn: delayed.nextDueIn,
});

/** Numbers in [0, 1), each another one, so that no two delays end at the same moment: which goes first is not promised. */
function unequalNumbers() {
  let count = 0;
  return () => {
    count += 1;
    return (count * 0.618_033_988_749_895) % 1;
  };
}

const workers = 3;
const keys = ['a', 'b', 'c', 'd'] as const;
/** What happens next; not everything needs to know a key, a worker or a time. */
const command = fc.record({
  do: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('add', 'take', 'done') },
    { weight: 2, arbitrary: fc.constantFrom('addAfter', 'retry', 'wait') },
    { weight: 1, arbitrary: fc.constantFrom('forget', 'leave') },
  ),
  key: fc.constantFrom(...keys),
  priority: fc.constantFrom<Priority[]>('change', 'resync'),
  worker: fc.nat({ max: workers - 1 }),
  time: fc.nat({ max: 400 }),
});
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;
// fast-check would make ten at most, whatever the length, if it were not told the size.
const history = fc.array(command, { maxLength: 80, size: 'max' });

/** A queue with its model beside it, and some workers who wait for keys of the one as of the other. */
function play() {
  const clock = createVirtualClock();
  const limits = { base: 100, ceiling: seconds(3) };
  const options = { clock, baseDelay: milliseconds(limits.base), maxDelay: limits.ceiling };
  const queue = createWorkQueue<string>({ ...options, random: unequalNumbers() });
  const model = createModel(limits, unequalNumbers());
  const fraction = unequalNumbers();
  const handedOut: [worker: number, key: string][] = [];
  const waiting = new Map<number, AbortController>();
  let isClosed = false;

  const does: Record<Command['do'], (details: Command) => unknown> = {
    add: ({ key, priority }) => {
      queue.add(key, { priority });
      model.add(key, priority);
    },
    addAfter: ({ key, time }) => {
      const delay = time === 0 ? 0 : time + fraction();
      queue.addAfter(key, milliseconds(delay));
      model.addAfter(key, delay);
    },
    retry: ({ key, time }) => {
      const atLeast = time > 200 ? time + fraction() : 0;
      expect(queue.retry(key, milliseconds(atLeast))).toBe(model.retry(key, atLeast));
    },
    forget: ({ key }) => {
      queue.forget(key);
      model.forget(key);
    },
    take: ({ worker }) => {
      if (waiting.has(worker)) return;
      const leave = new AbortController();
      waiting.set(worker, leave);
      const receive = (key: string) => {
        waiting.delete(worker);
        handedOut.push([worker, key]);
      };
      queue.take(leave.signal).then(receive, () => undefined);
      model.take(worker);
    },
    leave: ({ worker }) => {
      waiting.get(worker)?.abort();
      waiting.delete(worker);
      model.leave(worker);
    },
    done: ({ key }) => {
      queue.done(key);
      model.done(key);
    },
    wait: async ({ time }) => {
      await clock.advance(time);
      model.wait(time);
    },
  };
  const run = async (command: Command) => {
    await does[command.do](command);
    await clock.settle();
    expect(handedOut).toEqual(model.handedOut);
    expect(queue.length).toBe(model.ready());
    // Closed, it may still know of delays that nothing comes of.
    if (!isClosed) expect(summaryOf(queue.state())).toEqual(model.summary());
    expect(clock.sleepers, 'one timer for all').toBeLessThanOrEqual(1);
  };
  const close = () => {
    isClosed = true;
    queue.close();
    model.close();
  };
  return { clock, queue, model, handedOut, run, close };
}

test('whatever is done with it in whatever order, it does what its plain model does', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(history, async (commands) => {
      const world = play();
      for (const command of commands) await world.run(command);
      world.close();
    }),
    { numRuns: 200 },
  );
});

test('closed in the middle of whatever, it hands out what is ready, takes nothing more and has no timer', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(history, history, async (before, after) => {
      const world = play();
      for (const command of before) await world.run(command);
      world.close();
      for (const command of after) await world.run(command);
      expect(world.clock.sleepers).toBe(0);
    }),
    { numRuns: 80 },
  );
});

/** The keys that were added, at once or for later, and that nobody got since. */
function keepAccount({ run, handedOut }: ReturnType<typeof play>) {
  const owed = new Set<string>();
  return {
    owed,
    run: async (command: Command) => {
      const before = handedOut.length;
      if (['add', 'addAfter', 'retry'].includes(command.do)) owed.add(command.key);
      await run(command);
      for (const [, key] of handedOut.slice(before)) owed.delete(key);
    },
  };
}

test('no key is lost: when time has passed and all work is done, somebody got each key that was added', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(history, async (commands) => {
      const world = play();
      const { owed, run } = keepAccount(world);
      for (const command of commands) await run(command);
      const act = (what: Command['do'], key: Command['key'], worker = 0) =>
        run({ do: what, key, worker, priority: 'change', time: 10_000 });
      for (let round = 0; round < 12; round += 1) {
        await act('wait', 'a');
        for (const key of keys) await act('done', key);
        await act('take', 'a', round % workers);
      }
      expect([...owed]).toEqual([]);
    }),
    { numRuns: 80 },
  );
});
