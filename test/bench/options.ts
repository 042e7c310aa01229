import { parseArgs } from 'node:util';
import { type SubjectName, subjectNames } from './subject-names.ts';

export interface BenchOptions {
  help: boolean;
  subjects: SubjectName[];
  /** Numbers of objects, each with how often it is measured. */
  sizes: { size: number; rounds: number }[];
  /** How many changes of spec are timed. */
  changes: number;
  concurrency: number;
  /** A file for the raw figures. */
  json: string | undefined;
}

/** What `--help` prints. */
export const usage = `Measures what a controller on this runtime costs, beside others that do the same work on the same control plane.

Usage: npm run bench [-- OPTIONS]

  --subjects A,B,...   of ${subjectNames.join(', ')}; default: all
  --sizes N,M,...      numbers of objects; default: 1000,5000,10000
  --rounds R,S,...     how often each of the sizes is measured, the last one for all that follow; default: 5,1,1
  --changes N          how many changes of spec are timed; default: 200
  --concurrency N      workers of each subject; default: 10
  --json FILE          also write the raw figures to this file
  --help               show this

A quiet machine is part of the measurement: the load before the start is shown with the results.`;

/** Reads the command line. @throws on anything that it does not understand. */
export function readOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      subjects: { type: 'string', default: subjectNames.join(',') },
      sizes: { type: 'string', default: '1000,5000,10000' },
      rounds: { type: 'string', default: '5,1,1' },
      changes: { type: 'string', default: '200' },
      concurrency: { type: 'string', default: '10' },
      json: { type: 'string' },
    },
  });
  const rounds = values.rounds.split(',').map(positive);
  return {
    help: values.help,
    subjects: values.subjects.split(',').map(subjectOf),
    sizes: values.sizes.split(',').map((size, index) => ({
      size: positive(size),
      rounds: rounds[Math.min(index, rounds.length - 1)] ?? 1,
    })),
    changes: positive(values.changes),
    concurrency: positive(values.concurrency),
    json: values.json,
  };
}

function subjectOf(text: string): SubjectName {
  const name = subjectNames.find((known) => known === text);
  if (name === undefined) throw new Error(`there is no subject "${text}": ${subjectNames.join(', ')}`);
  return name;
}

function positive(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`"${text}" is not a number of one or more`);
  return count;
}
