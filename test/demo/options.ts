import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface DemoOptions {
  readonly help: boolean;
  /** Leave everything running at the end, until Ctrl-C. */
  readonly keep: boolean;
  /** Absolute path; undefined to build a cluster. */
  readonly kubeconfig: string | undefined;
  /** Kill the operator again and again, by this seed. */
  readonly chaos: number | undefined;
}

/** Something that the person at the keyboard can put right; its message is all that they need. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What `--help` prints. */
export const usage = `Plays the life of three unsubscriptions on a real Kubernetes API server, with the real operator and a
simulated Huawei Cloud. It costs nothing: no real cloud takes part.

Usage: npm run demo [-- OPTIONS]

  --keep              leave everything running at the end, until Ctrl-C, and say how to use it
  --kubeconfig FILE   use the cluster of this kubeconfig instead of building one; everything is done in the
                      namespace dcc-operator-demo, which is removed at the end. The two CustomResourceDefinitions
                      are applied, and stay
  --chaos [SEED]      kill the operator (kill -9) at random moments throughout, and start it again each time
  --help              show this

On a terminal the demo shows a live table and leaves time to read; elsewhere it writes plain lines.
NO_COLOR=1 turns colours off.`;

/**
 * Reads the command line.
 * @param randomSeed gives the seed of a chaos that names none.
 * @throws UsageError
 */
export function readOptions(args: readonly string[], randomSeed: () => number): DemoOptions {
  const { values, positionals } = parse(args.flatMap((arg) => (arg.startsWith('--chaos=') ? arg.split('=') : [arg])));
  const [seed, ...rest] = positionals;
  if (rest.length > 0 || (seed !== undefined && !values.chaos)) {
    throw new UsageError(`"${rest[0] ?? seed}" is not understood.\n\n${usage}`);
  }
  return {
    help: values.help,
    keep: values.keep,
    kubeconfig: values.kubeconfig === undefined ? undefined : resolve(values.kubeconfig),
    chaos: values.chaos ? readSeed(seed, randomSeed) : undefined,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        kubeconfig: { type: 'string' },
        chaos: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

function readSeed(text: string | undefined, randomSeed: () => number): number {
  if (text === undefined) return randomSeed();
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--chaos: "${text}" is no seed: write a whole number such as 7.`);
  return Number(text);
}
