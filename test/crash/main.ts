/** `node test/crash/main.ts`: see `--help`. */
import { systemClock } from '../../operator/clock.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { applyDefinitions } from '../cluster/definitions.ts';
import { buildOperator } from '../operator-bundle.ts';
import { inLanes } from './lanes.ts';
import { type CrashOptions, readOptions, usage } from './options.ts';
import { connectPeople } from './people.ts';
import { randomPlan, randomPlans } from './random-plans.ts';
import { failureText, lineOf, table } from './report.ts';
import { playRounds, type RoundPlan, type RoundResult, type Surroundings } from './round.ts';
import { outages, scenePlan, scenes } from './scenes.ts';
import { type Strike, strikeInWords } from './strikes.ts';
import { missedStrikes, plansForTheRest, recordBoundaries, sweepPlans } from './sweep.ts';

async function main(options: CrashOptions): Promise<number> {
  await using parts = new AsyncDisposableStack();
  const program = parts.use(await buildOperator()).path;
  const controlPlane = parts.use(await startControlPlane());
  const { kubeconfig } = controlPlane;
  await applyDefinitions(kubeconfig);
  const connection = await connectPeople(kubeconfig);
  parts.defer(() => connection.close());
  const surroundings = { kubeconfig, connection, program };
  let failed = 0;
  for (const part of options.parts) {
    const started = systemClock.elapsed();
    // The API server dies: nothing else may go on beside that.
    const lanes = part === 'outages' ? 1 : options.lanes;
    const results = await play(surroundings, lanes, await plansOf(part, { ...surroundings, controlPlane }, options));
    const missed = part === 'sweep' ? await sweepTheRest(results, (plans) => play(surroundings, lanes, plans)) : [];
    if (missed.length > 0)
      console.log(`\nNever came:\n${missed.map((strike) => `- ${strikeInWords(strike)}`).join('\n')}`);
    const took = Math.round((systemClock.elapsed() - started) / 1_000);
    failed += results.filter(({ broken }) => broken.length > 0).length;
    console.log(`\n## ${part} (seed ${options.seed}, ${took} s)\n\n${table(results)}\n`);
  }
  return failed === 0 ? 0 : 1;
}

/** Boundaries that did not come are tried again, some times. Adds to the results, and gives the deaths that never came. */
async function sweepTheRest(
  results: RoundResult[],
  playAll: (stages: readonly (readonly RoundPlan[])[]) => Promise<RoundResult[]>,
): Promise<Strike[]> {
  let last = results;
  for (let tries = 0; tries < 3 && missedStrikes(last).length > 0; tries += 1) {
    last = await playAll(plansForTheRest(last).map((plan) => [plan]));
    results.push(...last);
  }
  return missedStrikes(last);
}

async function plansOf(
  part: CrashOptions['parts'][number],
  { controlPlane, ...surroundings }: Surroundings & { controlPlane: ControlPlane },
  { rounds, seed, only }: CrashOptions,
): Promise<RoundPlan[][]> {
  switch (part) {
    case 'sweep': {
      const boundaries = await recordBoundaries(surroundings);
      console.log(boundaries.map(({ phase, name, nth }) => `- ${phase}: ${name} (${nth})`).join('\n'));
      return sweepPlans(boundaries, 'Full').map((plan) => [plan]);
    }
    case 'scenes':
      return scenes.map((scene) => [scenePlan(scene)]);
    case 'outages':
      return outages(controlPlane).map((scene) => [scenePlan(scene)]);
    case 'random':
      if (only !== undefined) return [[randomPlan(seed, only)]];
      return randomPlans(seed, rounds);
  }
}

async function play(
  surroundings: Surroundings,
  lanes: number,
  stages: readonly (readonly RoundPlan[])[],
): Promise<RoundResult[]> {
  let done = 0;
  const results = await inLanes(lanes, stages, async (plans) => {
    const played = await playRounds(surroundings, plans);
    for (const result of played) {
      if (result.broken.length > 0) console.error(failureText(result));
      done += 1;
      console.error(`${done} of ${stages.flat().length} rounds: ${lineOf(result)}`);
    }
    return played;
  });
  return results.flat();
}

const options = readOptions(process.argv.slice(2));
if (options.help) console.log(usage);
else process.exitCode = await main(options);
