import { parseArgs } from 'node:util';
import { type Milliseconds, milliseconds } from '../../../operator/clock.ts';

export interface PlacementOptions {
  help: boolean;
  /** Placements that are timed, for each time between the looks. */
  placements: number;
  /** Placements that are counted, for each time between the looks. */
  counted: number;
  /** Values of the operator's `--look-again-after`, measured one after the other. */
  lookAgainAfter: readonly string[];
  /** How long the simulated cloud takes for each call, besides its own work. */
  latency: Milliseconds;
}

/** What `--help` prints. */
export const usage = `Measures one placement: the real operator, a real control plane, a simulated Huawei Cloud.

Usage: npm run bench:placement [-- OPTIONS]

  --placements N            how many are timed, one after the other; default: 50
  --counted N               how many more are counted, request by request; default: 5
  --look-again-after A,B    times between the two looks; default: 5s,1s (the operator's default, and the least that it takes)
  --latency N               milliseconds that the cloud takes for each call; default: 0
  --help                    show this`;

/** Reads the command line. @throws on anything that it does not understand. */
export function readOptions(args: string[]): PlacementOptions {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      placements: { type: 'string', default: '50' },
      counted: { type: 'string', default: '5' },
      'look-again-after': { type: 'string', default: '5s,1s' },
      latency: { type: 'string', default: '0' },
    },
  });
  return {
    help: values.help,
    placements: numberIn(values.placements),
    counted: numberIn(values.counted),
    lookAgainAfter: values['look-again-after'].split(','),
    latency: milliseconds(numberIn(values.latency)),
  };
}

function numberIn(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`"${text}" is not a whole number of zero or more`);
  return Number(text);
}
