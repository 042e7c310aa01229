import { expect } from 'vitest';
import { deadline, type Milliseconds, seconds, systemClock } from '../../../operator/clock.ts';
import { type OperatorProcess, type OperatorProcessOptions, startOperatorProcess } from '../../operator-process.ts';

/** The operators of a scenario: one as a rule, none, or several at once. */
export interface Operators {
  /** Every line that any of them wrote. */
  readonly log: readonly string[];
  /** Starts one and waits until it works. */
  start(flags?: Readonly<Record<string, string>>): Promise<OperatorProcess>;
  /** Starts one and waits until its caches are filled, whether or not it comes to lead. */
  startStandby(flags?: Readonly<Record<string, string>>): Promise<OperatorProcess>;
  /** Ends all of them at once, as the loss of their nodes does. */
  kill(): Promise<void>;
  /** Tells all of them to stop; fails unless each does so by itself within seconds. */
  stop(): Promise<void>;
}

export function createOperators(options: Omit<OperatorProcessOptions, 'onLine'>): Operators {
  const running = new Set<OperatorProcess>();
  const log: string[] = [];
  const launch = (flags: Readonly<Record<string, string>>): OperatorProcess => {
    const operator = startOperatorProcess({
      ...options,
      flags: { ...options.flags, ...flags },
      onLine: (line) => log.push(line),
    });
    running.add(operator);
    void operator.exited.then(() => running.delete(operator));
    return operator;
  };
  return {
    log,
    start: async (flags = {}) => {
      const operator = launch(flags);
      await operator.ready;
      return operator;
    },
    startStandby: async (flags = {}) => {
      const operator = launch(flags);
      await operator.standby;
      return operator;
    },
    kill: async () => {
      await Promise.all([...running].map((operator) => operator.end('SIGKILL')));
    },
    stop: async () => {
      const codes = await Promise.all([...running].map((operator) => stopWithin(seconds(10), operator)));
      expect(codes, 'exit codes of the operators').toEqual(codes.map(() => 0));
    },
  };
}

/** Tells an operator to stop, and gives how it ended; rejects when that takes too long. */
export async function stopWithin(within: Milliseconds, operator: OperatorProcess): Promise<number | NodeJS.Signals> {
  const limit = deadline(systemClock, within);
  const late = new Promise<never>((_, reject) => limit.addEventListener('abort', () => reject(limit.reason)));
  return await Promise.race([operator.end('SIGTERM'), late]);
}
