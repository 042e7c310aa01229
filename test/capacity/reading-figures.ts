import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import type { Milliseconds } from '../../operator/clock.ts';
import { type Column, markdownTable } from '../bench/table.ts';
import { type Fleet, fleetSchema, pagesOf } from './fleet.ts';

const figuresSchema = z.object({
  fleet: fleetSchema,
  /** Seconds that each reading took, and those of processor time in it; the first one is that after a start. */
  took: z.array(z.number()),
  cpu: z.array(z.number()),
  /** Of each reading but the first, by the count of the cloud. */
  calls: z.number(),
  bytes: z.number(),
  /** The most memory of the process that read, in MB (2^20 bytes). */
  peak: z.number(),
});

/** What readings cost by themselves, without an API server and with nothing else in the process. */
export type ReadingFigures = z.infer<typeof figuresSchema>;

/** As in the image. */
const execArgv = ['--max-semi-space-size=2', '--heap-growing-percent=20'];

/** Reads the project of a fleet so many times, in a process of its own. */
export async function measureReadings(fleet: Fleet, latency: Milliseconds, readings: number): Promise<ReadingFigures> {
  const task = JSON.stringify({ fleet, latency, readings });
  const child = fork(join(import.meta.dirname, 'reading-process.ts'), ['reader', task], { execArgv });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the reader ended with ${code}`)));
  const [message]: unknown[] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  return figuresSchema.parse(message);
}

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

const columns: readonly Column<ReadingFigures>[] = [
  { title: 'servers', of: ({ fleet }) => fleet.servers.toLocaleString('en') },
  { title: 'machines', of: ({ fleet }) => (fleet.servers * fleet.machinesPerServer).toLocaleString('en') },
  { title: 'pages', of: ({ fleet }) => pagesOf(fleet).toLocaleString('en') },
  { title: 'calls', of: ({ calls }) => calls.toLocaleString('en') },
  { title: 'MiB', of: ({ bytes }) => (bytes / 2 ** 20).toFixed(1) },
  { title: 'the first one, s', of: ({ took }) => (took[0] ?? 0).toFixed(1) },
  { title: 'a later one, s', of: ({ took }) => median(took.slice(1)).toFixed(1) },
  { title: 'processor time, s', of: ({ cpu }) => median(cpu.slice(1)).toFixed(1) },
  { title: 'peak MB', of: ({ peak }) => peak.toFixed(0) },
];

/** The figures for people, as Markdown. */
export const reportReadings = (figures: readonly ReadingFigures[]): string => markdownTable(columns, figures);
