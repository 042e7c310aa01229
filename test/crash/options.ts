import { parseArgs } from 'node:util';

export interface CrashOptions {
  readonly help: boolean;
  /** How many random rounds. */
  readonly rounds: number;
  readonly seed: number;
  /** How many rounds are played at a time. */
  readonly lanes: number;
  readonly parts: readonly Part[];
  /** Play only the random round of this number. */
  readonly only: number | undefined;
}

export const parts = ['sweep', 'scenes', 'outages', 'random'] as const;
export type Part = (typeof parts)[number];

export const usage = `Kills the built operator at every step of a placement and at random, against a real API server and a simulated cloud,
and compares its journals with the ledger of the cloud.

Usage: node test/crash/main.ts -- [OPTIONS]

  --rounds N      random rounds (default 200)
  --seed S        what happens in them (default 1)
  --only N        play the random round of this number alone
  --lanes N       rounds at a time (default 4)
  --parts LIST    of ${parts.join(', ')} (default all)
  --help          show this`;

/** @throws with what is wrong. */
export function readOptions(args: readonly string[]): CrashOptions {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    options: {
      help: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      lanes: { type: 'string', default: '4' },
      parts: { type: 'string', default: parts.join(',') },
    },
  });
  const named = values.parts.split(',');
  const unknown = named.find((name) => !parts.some((part) => part === name));
  if (unknown !== undefined) throw new Error(`--parts: "${unknown}" is unknown\n\n${usage}`);
  return {
    help: values.help,
    rounds: whole('rounds', values.rounds),
    seed: whole('seed', values.seed),
    lanes: Math.max(1, whole('lanes', values.lanes)),
    parts: parts.filter((part) => named.includes(part)),
    only: values.only === undefined ? undefined : whole('only', values.only),
  };
}

function whole(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name}: write a whole number, not "${text}"\n\n${usage}`);
  return Number(text);
}
