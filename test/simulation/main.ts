Error.stackTraceLimit = 0;

import { simulate } from './world.ts';

const first = Number(process.argv[2] ?? 1);
const count = Number(process.argv[3] ?? 1);
const story = process.argv[4] === 'story';
const started = performance.now();
let bad = 0,
  orders = 0,
  kills = 0,
  lasted = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const verdict = await simulate(seed, story);
  orders += verdict.orders;
  kills += verdict.kills;
  lasted += verdict.lasted;
  if (verdict.violations.length > 0) {
    bad += 1;
    console.log(seed, verdict.violations.slice(0, 3));
  }
  if (story) console.log(verdict.story.join('\n'));
}
console.log({ count, bad, orders, kills, hours: lasted / 3.6e6, ms: (performance.now() - started) / count });
