import { parentPort } from 'node:worker_threads';
import type { Verdict } from './verdict.ts';
import { simulate } from './world.ts';

// Errors are made by the thousand here, and nobody reads where: a stack costs more than the rest of one.
Error.stackTraceLimit = 0;

parentPort?.on('message', async ({ from, to }: { from: number; to: number }) => {
  const verdicts: Verdict[] = [];
  for (let seed = from; seed < to; seed += 1) verdicts.push(await simulate(seed));
  parentPort?.postMessage(verdicts);
});
