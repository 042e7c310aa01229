import { parseArgs } from 'node:util';
import type { Bounds } from './protocol/rules.ts';
import { type VariantName, variantNames } from './variants.ts';

/** What the command line asks for. */
export interface ModelOptions {
  readonly help: boolean;
  readonly variants: readonly VariantName[];
  /** Part of the name of a mutation; its trace is printed. */
  readonly mutation: string | undefined;
  /** Whether all mutations are tried. */
  readonly mutations: boolean;
  /** Whether the larger bounds of each world are taken. */
  readonly large: boolean;
  readonly bounds: Partial<Bounds>;
  readonly mostStates: number;
}

/** Thrown for a command line that is not understood. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
}

const numbers = [
  'leaders',
  'requests',
  'attempts',
  'signatureLife',
  'clockBound',
  'lag',
  'settleWindow',
  'memoryLasts',
] as const;

/** What `--help` prints. */
export const usage = `Checks a model of the placement protocol: every state that can be reached, in small worlds.

Usage: node test/model/main.ts [OPTIONS]

  --variants A,B    of ${variantNames.join(', ')}; default: all
  --mutations       also break each rule in turn, and say what the model finds
  --mutation TEXT   only the mutations whose name has this text, with their traces
  --large           larger bounds: minutes, and some hundred megabytes
  --bounds A=N,...  other bounds: ${numbers.join(', ')}
  --most N          give up at this many states; default: 10000000
  --help            show this`;

/** Reads the command line. @throws OptionsError */
export function readOptions(args: readonly string[]): ModelOptions {
  const { values } = parsed(args);
  return {
    help: values.help,
    variants: values.variants.split(',').map(variantOf),
    mutation: values.mutation,
    mutations: values.mutations,
    large: values.large,
    bounds: boundsOf(values.bounds),
    mostStates: wholeNumber('--most', values.most),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', default: false },
        variants: { type: 'string', default: variantNames.join(',') },
        mutations: { type: 'boolean', default: false },
        mutation: { type: 'string' },
        large: { type: 'boolean', default: false },
        bounds: { type: 'string', default: '' },
        most: { type: 'string', default: '10000000' },
      },
    });
  } catch (error) {
    throw new OptionsError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

function variantOf(text: string): VariantName {
  const name = variantNames.find((known) => known === text);
  if (name === undefined) throw new OptionsError(`--variants: there is no ${text}`);
  return name;
}

function boundsOf(text: string): Partial<Bounds> {
  const pairs = text === '' ? [] : text.split(',').map((pair) => pair.split('='));
  return Object.fromEntries(
    pairs.map(([key = '', value = '']) => {
      const name = numbers.find((known) => known === key);
      if (name === undefined) throw new OptionsError(`--bounds: there is no ${key}`);
      return [name, wholeNumber(`--bounds ${key}`, value)];
    }),
  );
}

function wholeNumber(what: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new OptionsError(`${what}: write a whole number, not ${text}`);
  return Number(text);
}
