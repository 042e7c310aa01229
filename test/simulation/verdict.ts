import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { createSchedule, type Schedule } from './schedule.ts';

/** How one world went. */
export interface Verdict {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly story: readonly string[];
  /** What happened in it, by what it was: it shows what the worlds reach. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Takes what does not hold. */
export type Fail = (faults: readonly string[]) => void;

/** How a world goes its way. Gives what was counted in it. */
export type Life = (schedule: Schedule, fail: Fail) => Promise<Verdict['counts']>;

/** What a world throws is among what did not hold in it: it would end the run, and nobody would know the seed. */
export async function judge(seed: number, keepsStory: boolean, live: Life): Promise<Verdict> {
  const schedule = createSchedule(seed, keepsStory);
  const violations: string[] = [];
  const fail: Fail = (faults) => {
    for (const fault of faults) {
      violations.push(`${(schedule.now / 1_000).toFixed(3)} s: ${fault}`);
      schedule.tell('world', () => `VIOLATED: ${fault}`);
    }
  };
  const failBy = (what: string, error: unknown) => {
    schedule.tell('world', () => `${what}: ${inspect(error)}`);
    fail([`${what}: ${String(error)}`]);
  };
  const onStray = (error: unknown) => failBy('nobody caught', error);
  process.on('unhandledRejection', onStray).on('uncaughtException', onStray);
  let counts: Verdict['counts'] = {};
  try {
    counts = await live(schedule, fail);
  } catch (error) {
    failBy('the world ended', error);
  }
  // Node tells of a rejection only after what is under way, when the next world would have begun, and be blamed.
  await setImmediate();
  process.off('unhandledRejection', onStray).off('uncaughtException', onStray);
  return { seed, counts, violations, story: schedule.story };
}
