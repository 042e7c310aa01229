import { milliseconds, type Random } from '../../operator/clock.ts';
import type { FaultInput } from '../huaweicloud/faults.ts';
import { createSeededRandom } from '../seeded-random.ts';
import { labelBeforeOutcome, type Mischief, orderAnswerCut, outageFromOrder, writeAnswerCut } from './mischief.ts';
import type { RoundPlan } from './round.ts';
import type { Asked, Operators } from './stage.ts';
import type { Strike } from './strikes.ts';

const operators: readonly Operators[] = ['One', 'One', 'LeaderAndStandby', 'TwoLeaders'];
/** How many servers each request names: two are two orders, one after the other. */
const requests = [[1], [1, 1], [2, 1]];
/** Where a death hurts most: around the writes. */
const steps = [
  'hold request',
  'write claim',
  'write no call',
  'write Intended',
  'write Intended',
  'billing.unsubscribe',
  'billing.unsubscribe',
  'billing.unsubscribe',
  'write Accepted',
  'write Accepted',
  'write Unknown',
  'write NotPlaced',
  'write Completed',
  'write Complete',
  'write claim, order',
  'release request',
  'read request',
  'read server',
  'read halt switch',
  'report on request',
  'billing.',
  'ecs.',
];
const effects: readonly FaultInput['effect'][] = [
  { kind: 'lostAnswer' },
  { kind: 'reset', when: 'after' },
  { kind: 'reset', when: 'before' },
  { kind: 'serverError', when: 'after' },
  { kind: 'serverError', when: 'before' },
  { kind: 'malformed' },
  { kind: 'delay', milliseconds: 2_000 },
  { kind: 'throttled' },
];
const mischief: readonly Mischief[] = [
  labelBeforeOutcome,
  labelBeforeOutcome,
  orderAnswerCut,
  writeAnswerCut('write Intended'),
  writeAnswerCut('write Accepted'),
  writeAnswerCut('hold request'),
  outageFromOrder(milliseconds(500)),
  outageFromOrder(milliseconds(4_000)),
];

/** How many rounds follow one another on one stage. */
export const together = 5;

/** What happens in the round of this number. The same for the same seed; when it happens also depends on the machine. */
export function randomPlan(seed: number, number: number): RoundPlan {
  const random = createSeededRandom(seed * 100_003 + number);
  const one = <Item>(items: readonly Item[]): Item => pick(items, random);
  const chosen = random() < 0.4 ? [one(mischief)] : [];
  return {
    title: `random round ${number} of seed ${seed}`,
    // Rounds that are played on one stage have the same.
    operators: operators[Math.floor((number - 1) / together) % operators.length] ?? 'One',
    requests: one(requests).map((count, index) => ({
      name: `retire-${number}-${index}`,
      servers: Array.from({ length: count }, (_, place) => `host-${number}-${index}-${place}`),
    })),
    approve: 'AllAtOnce',
    strikes: Array.from({ length: 1 + Math.floor(random() * 3) }, () => randomStrike(random)),
    faults: random() < 0.35 ? [{ operation: 'billing.unsubscribe', times: 1, effect: one(effects) }] : [],
    mischief: chosen.map(({ make }) => make),
    mischiefInWords: chosen.map(({ words }) => words),
    asked: one<Asked>(['Person', 'Bill']),
  };
}

function randomStrike(random: Random): Strike {
  if (random() < 0.3) {
    return { kind: 'AtTime', after: milliseconds(Math.round(random() * 4_000)), slot: Math.floor(random() * 2) };
  }
  const name = pick(steps, random);
  const nth = /^(read|report|billing\.$|ecs)/.test(name) ? 1 + Math.floor(random() * 8) : 1;
  const step = { name, nth };
  const by = milliseconds(Math.round(random() * 7_000));
  const choice = random();
  if (choice < 0.4) return { kind: 'AtStep', step, when: 'Before' };
  if (choice < 0.75 || !/^billing\.unsubscribe|^write/.test(name)) return { kind: 'AtStep', step, when: 'After' };
  return { kind: 'AtStep', step, when: 'Late', by };
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to choose from');
  return item;
}

/** The rounds of a seed, those that share a stage together. */
export function randomPlans(seed: number, rounds: number): RoundPlan[][] {
  const plans = Array.from({ length: rounds }, (_, index) => randomPlan(seed, index + 1));
  return Array.from({ length: Math.ceil(rounds / together) }, (_, index) =>
    plans.slice(index * together, (index + 1) * together),
  );
}
