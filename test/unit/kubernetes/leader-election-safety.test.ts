import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Clock, milliseconds, seconds } from '../../../operator/clock.ts';
import { KubernetesError } from '../../../operator/kubernetes/errors.ts';
import {
  createLeaderElection,
  type LeaderElection,
} from '../../../operator/kubernetes/leader-election/leader-election.ts';
import type { LeaseStore } from '../../../operator/kubernetes/leader-election/lease.ts';
import { createVirtualClock, timeoutBy, type VirtualClock } from '../../virtual-clock.ts';
import { createLeaseTable, type LeaseTable, type Trouble, times } from './leader-election-store.ts';
import { silentLog } from './objects.ts';

/** How far the clocks of two machines may differ in pace here: far more than those of real ones (100 ppm). */
const pace = fc.double({ min: 0.99, max: 1.01, noNaN: true });
/** Of the lease of a minute, what a faster and a slower clock may differ by at most. */
const margin = seconds(60 * 0.02 + 0.1);

const slow = fc.record({
  kind: fc.constant('Slow' as const),
  asking: fc.integer({ min: 0, max: 90_000 }),
  answering: fc.integer({ min: 0, max: 90_000 }),
});
const lost = fc.record({ kind: fc.constant('Lost' as const), effect: fc.boolean() });
const refused = fc.constant<Trouble>({ kind: 'Refused', error: new KubernetesError('Forbidden', 'not allowed') });
const trouble: fc.Arbitrary<Trouble> = fc.oneof(slow, lost, refused);

const step = fc.record({
  /** How much time passes before. */
  after: fc.integer({ min: 0, max: 30_000 }),
  process: fc.integer({ min: 0, max: 2 }),
  deed: fc.oneof(
    fc.record({ kind: fc.constant('Pause' as const) }),
    fc.record({ kind: fc.constant('Resume' as const) }),
    fc.record({ kind: fc.constant('Trouble' as const), troubles: fc.array(trouble, { minLength: 1, maxLength: 8 }) }),
    fc.record({ kind: fc.constant('SetClock' as const), by: fc.integer({ min: -100_000, max: 100_000 }) }),
    fc.record({ kind: fc.constant('Kill' as const) }),
    fc.record({ kind: fc.constant('Stop' as const) }),
    fc.record({ kind: fc.constant('Label' as const) }),
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A process that can be held up: while it is, none of its timers fires and it hears no answer; what it has sent goes on. */
function createProcess(base: VirtualClock, table: LeaseTable, identity: string, rate: number, onLeading: () => void) {
  const troubles: Trouble[] = [];
  let gate: PromiseWithResolvers<void> | undefined;
  let skew = 0;
  const untilResumed = async () => {
    while (gate !== undefined) await gate.promise;
  };
  const held = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } finally {
      await untilResumed();
    }
  };
  const after: Clock['after'] = (duration, action) => {
    const ended = new AbortController();
    const act = () => !ended.signal.aborted && action();
    const cancel = base.after(milliseconds(duration / rate), () => void untilResumed().then(act));
    return () => {
      ended.abort();
      cancel();
    };
  };
  const clock: Clock = {
    elapsed: () => milliseconds(base.elapsed() * rate),
    now: () => new Date(base.now().getTime() + skew),
    sleep: (duration, signal) => held(base.sleep(milliseconds(duration / rate), signal)),
    after,
    timeout: timeoutBy(after),
  };
  const store = table.storeFor(troubles);
  const heldStore: LeaseStore = {
    read: (signal) => held(store.read(signal)),
    create: (spec, signal) => held(store.create(spec, signal)),
    update: (lease, spec, signal) => held(store.update(lease, spec, signal)),
  };
  const leading = (is: boolean) => {
    if (is) onLeading();
  };
  const election = createLeaderElection({
    ...{ store: heldStore, name: 'system/operator', identity, times, clock, log: silentLog },
    metrics: { leading, slowPath: () => undefined },
  });
  const stopping = new AbortController();
  election.campaign(stopping.signal).catch(() => undefined);
  return {
    election,
    troubles,
    pause: () => {
      gate ??= Promise.withResolvers();
    },
    resume: () => {
      gate?.resolve();
      gate = undefined;
    },
    setClock: (by: number) => {
      skew += by;
    },
    stop: () => {
      stopping.abort();
      void election.release();
    },
  };
}

function createWorld(rates: readonly number[]) {
  const base = createVirtualClock();
  const table = createLeaseTable(base);
  const everybody: LeaderElection[] = [];
  let born = 0;
  /** Also of those that are held up: they must not believe it when they go on. */
  const check = () => {
    const leaders = everybody.filter((election) => election.isLeader());
    expect(leaders.map(({ identity }) => identity).slice(1), 'more than one believes to lead').toEqual([]);
    const safe = everybody.filter((election) => election.timeLeft() > margin);
    expect(safe.length, 'more than one believes to have time left').toBeLessThanOrEqual(1);
  };
  const bear = (slot: number) => {
    born += 1;
    const onLeading = () => queueMicrotask(check);
    const process = createProcess(base, table, `p${slot}_${born}`, rates[slot] ?? 1, onLeading);
    everybody.push(process.election);
    return process;
  };
  const living = rates.map((_, slot) => bear(slot));
  const replace = (slot: number) => {
    living[slot] = bear(slot);
  };
  return { base, table, living, replace, check };
}

type World = ReturnType<typeof createWorld>;

function act({ base, table, living, replace }: World, { process: slot, deed }: Step): void {
  const process = living[slot];
  switch (deed.kind) {
    case 'Pause':
      process?.pause();
      break;
    case 'Resume':
      process?.resume();
      break;
    case 'Trouble':
      process?.troubles.push(...deed.troubles);
      break;
    case 'SetClock':
      process?.setClock(deed.by);
      break;
    case 'Kill':
      // Its requests may still be under way.
      process?.pause();
      replace(slot);
      break;
    case 'Stop':
      process?.stop();
      replace(slot);
      break;
    case 'Label':
      if (table.current !== undefined)
        table.edit(table.current.object.spec, { labels: { at: String(base.elapsed()) } });
  }
}

async function pass(world: World, duration: number): Promise<void> {
  const end = world.base.elapsed() + duration;
  while (world.base.elapsed() < end) {
    await world.base.advance(Math.min(1_000, end - world.base.elapsed()));
    world.check();
  }
}

test('at most one process believes to lead at any moment, whatever befalls them; and in the end one does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(pace, pace, pace),
      fc.array(step, { minLength: 5, maxLength: 25, size: 'max' }),
      async (rates, steps) => {
        const world = createWorld(rates);
        for (const one of steps) {
          await pass(world, one.after);
          act(world, one);
        }
        world.living.forEach((process, slot) => {
          process.resume();
          process.troubles.length = 0;
          if (process.election.lost.aborted) world.replace(slot);
        });
        // A request that is still under way may take the lease once more for somebody who gave up.
        await pass(world, seconds(400));
        world.living.forEach((process, slot) => {
          if (process.election.lost.aborted) world.replace(slot);
        });
        await pass(world, seconds(130));
        expect(world.living.filter(({ election }) => election.isLeader())).toHaveLength(1);
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);
