import { Worker } from 'node:worker_threads';
import type { Verdict } from './verdict.ts';

export interface Run {
  /** What was counted in all worlds together. */
  readonly totals: Readonly<Record<string, number>>;
  /** The world with the lowest seed in which something did not hold. */
  readonly failure: Verdict | undefined;
  readonly worlds: number;
}

/** How many seeds a worker takes at a time. */
const batch = 20;
/** How many worlds pass between two words about a long run. */
const progressEvery = 20_000;

/** Simulates the worlds of many seeds on several processors, up to the first in which something does not hold. */
export async function runSeeds({
  first,
  count,
  workers,
  onProgress,
}: {
  first: number;
  count: number;
  workers: number;
  onProgress: (worlds: number) => void;
}): Promise<Run> {
  const end = first + count;
  const totals: Record<string, number> = {};
  let next = first;
  let worlds = 0;
  let failure: Verdict | undefined;

  const take = (verdict: Verdict) => {
    worlds += 1;
    for (const [what, number] of Object.entries(verdict.counts)) totals[what] = (totals[what] ?? 0) + number;
    if (verdict.violations.length > 0 && (failure === undefined || verdict.seed < failure.seed)) failure = verdict;
    if (worlds % progressEvery === 0 && failure === undefined) onProgress(worlds);
  };
  const isOver = () => next >= end || failure !== undefined;
  /** One worker's life. */
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url));
      const feed = () => {
        if (isOver()) return void worker.terminate().then(() => resolve());
        const from = next;
        next = Math.min(end, from + batch);
        worker.postMessage({ from, to: next });
      };
      worker.on('message', (verdicts: readonly Verdict[]) => {
        for (const verdict of verdicts) take(verdict);
        feed();
      });
      worker.once('error', reject);
      feed();
    });

  await Promise.all(Array.from({ length: workers }, work));
  return { totals, failure, worlds };
}
