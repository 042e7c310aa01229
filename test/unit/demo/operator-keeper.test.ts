import { describe, expect, test } from 'vitest';
import { milliseconds } from '../../../operator/clock.ts';
import type { Life } from '../../demo/chaos.ts';
import { keepOperator, type Victim } from '../../demo/operator-keeper.ts';
import type { OperatorProcess } from '../../operator-process.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

const never = new Promise<never>(() => undefined);
const life = (changes: Partial<Life> = {}): Life => ({
  since: 'Start',
  lifetime: milliseconds(1_000),
  afterIntent: milliseconds(100),
  ...changes,
});

/** A keeper over processes that are only counted. */
function kept(options: { lives?: Life[]; nextIntent?: () => Promise<void>; ready?: Promise<void> } = {}) {
  const { lives = [], nextIntent = () => never, ready = Promise.resolve() } = options;
  const clock = createVirtualClock();
  const processes: { pid: number; signals: string[]; say: (line: string) => void; end: (code: number) => void }[] = [];
  const victims: Victim[] = [];
  const launch = (say: (line: string) => void): OperatorProcess => {
    const exited = Promise.withResolvers<number | NodeJS.Signals>();
    const process = { pid: processes.length + 1, signals: [] as string[], say, end: exited.resolve };
    processes.push(process);
    const end = (signal: 'SIGTERM' | 'SIGKILL') => {
      process.signals.push(signal);
      exited.resolve(signal);
      return exited.promise;
    };
    return { pid: process.pid, lines: [], standby: Promise.resolve(), ready, exited: exited.promise, end };
  };
  const keeper = keepOperator({ launch, lives, nextIntent, onKill: (victim) => victims.push(victim), clock });
  return { keeper, clock, processes, victims };
}

describe('the keeper', () => {
  test('starts one operator, and kills it at the end', async () => {
    const { keeper, processes } = kept();
    await keeper[Symbol.asyncDispose]();
    expect(processes.map(({ signals }) => signals)).toEqual([['SIGKILL']]);
    expect(keeper.kills).toBe(0);
  });

  test('under chaos kills one after the other, and starts the next', async () => {
    const { keeper, clock, victims, processes } = kept({ lives: [life(), life()] });
    await clock.advance(999);
    expect(victims).toEqual([]);
    await clock.advance(1);
    expect(victims).toEqual([{ pid: 1, kills: 1, ordering: false }]);
    await clock.advance(1_000);
    expect(keeper.kills).toBe(2);
    expect(processes).toHaveLength(3);
    await keeper[Symbol.asyncDispose]();
  });

  test('counts a life from when the operator works, where it says so', async () => {
    const ready = Promise.withResolvers<void>();
    const { clock, victims } = kept({ lives: [life({ since: 'Ready' })], ready: ready.promise });
    await clock.advance(5_000);
    expect(victims).toEqual([]);
    ready.resolve();
    await clock.settle();
    await clock.advance(1_000);
    expect(victims).toHaveLength(1);
  });

  test('kills an operator that is about to order, soon after', async () => {
    const intent = Promise.withResolvers<void>();
    const { clock, victims } = kept({ lives: [life()], nextIntent: () => intent.promise });
    intent.resolve();
    await clock.settle();
    await clock.advance(99);
    expect(victims).toEqual([]);
    await clock.advance(1);
    expect(victims).toEqual([{ pid: 1, kills: 1, ordering: true }]);
  });

  test('once calmed lets it live', async () => {
    const { keeper, clock, victims } = kept({ lives: [life(), life()] });
    keeper.calm();
    await clock.settle();
    await clock.advance(10_000);
    expect(victims).toEqual([]);
    await keeper[Symbol.asyncDispose]();
  });

  test('tells when the operator has ended by itself, but not when it was killed', async () => {
    const { keeper, clock, processes } = kept({ lives: [life()] });
    await clock.advance(1_000);
    expect(await Promise.race([keeper.failed, 'alive'])).toBe('alive');
    processes[1]?.end(1);
    expect((await keeper.failed).message).toBe('the operator ended by itself (1)');
  });

  test('ends in the middle of the chaos without a new start, and leaves no timer', async () => {
    const { keeper, clock, processes } = kept({ lives: [life(), life()] });
    await keeper[Symbol.asyncDispose]();
    expect(processes).toHaveLength(1);
    expect(clock.sleepers).toBe(0);
  });

  test('remembers the end of the log over all lives', async () => {
    const { keeper, clock, processes } = kept({ lives: [life()] });
    for (let line = 1; line <= 60; line += 1) processes[0]?.say(`first ${line}`);
    await clock.advance(1_000);
    processes[1]?.say('second 1');
    expect(keeper.logTail()).toHaveLength(40);
    expect(keeper.logTail().slice(-2)).toEqual(['first 60', 'second 1']);
  });
});
