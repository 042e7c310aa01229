// Checks the model of the placement protocol: see `options.ts`, and docs/at-most-once-model.md for what it covers.
import { type Exploration, explore } from './explore.ts';
import { type Mutation, mutated, mutations } from './mutations.ts';
import { type ModelOptions, readOptions, usage } from './options.ts';
import type { Setting } from './protocol/journal.ts';
import { placementModel } from './protocol/model.ts';
import { protocol } from './protocol/rules.ts';
import { markdown, rowOfMutation, rowOfVariant } from './tables.ts';
import { variants } from './variants.ts';

const options = readOptions(process.argv.slice(2));
if (options.help) console.log(usage);
else run(options);

function run(options: ModelOptions): void {
  if (options.mutation === undefined) checkProtocol(options);
  if (options.mutations || options.mutation !== undefined) checkMutations(options);
}

function checkProtocol({ variants: names, large, bounds, mostStates }: ModelOptions): void {
  for (const name of names) {
    const variant = variants[name];
    const setting = { rules: protocol, bounds: { ...variant.bounds, ...(large ? variant.large : {}), ...bounds } };
    const result = timed(setting, mostStates);
    console.log(markdown(rowOfVariant(name, result)));
    if (result.counterexample !== undefined) fail(result);
  }
}

function checkMutations({ mutation: part, mostStates }: ModelOptions): void {
  const chosen = mutations.filter(({ name }) => part === undefined || name.includes(part));
  for (const mutation of chosen) {
    const result = timed(mutated(mutation), mostStates);
    console.log(markdown(rowOfMutation(mutation, result)));
    if (part !== undefined) console.log(inLines(result));
    if (isUnexpected(mutation, result)) process.exitCode = 1;
  }
}

function isUnexpected({ harmless }: Mutation, { counterexample }: Exploration): boolean {
  return (counterexample === undefined) === (harmless === undefined);
}

function timed(setting: Setting, mostStates: number): Exploration {
  const began = performance.now();
  const result = explore(placementModel(setting), mostStates);
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  const megabytes = Math.round(process.memoryUsage().rss / 1_000_000);
  console.error(
    `${result.states} states, ${result.transitions} transitions, depth ${result.depth}: ${seconds} s, ${megabytes} MB`,
  );
  return result;
}

function fail(result: Exploration): void {
  console.log(inLines(result));
  process.exitCode = 1;
}

function inLines({ counterexample }: Exploration): string {
  if (counterexample === undefined) return 'nothing was found';
  const { trace, what } = counterexample;
  return [...trace.map((label, index) => `${index + 1}. ${label}`), `=> ${what}`].join('\n');
}
