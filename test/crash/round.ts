import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placementFinalizer } from '../../operator/api/names.ts';
import { isFinished, type UnsubscriptionRequest } from '../../operator/api/objects.ts';
import type { Placement } from '../../operator/api/unsubscriptionrequest.ts';
import { type Milliseconds, milliseconds, systemClock } from '../../operator/clock.ts';
import type { FaultInput } from '../huaweicloud/faults.ts';
import { brokenPromises } from './invariants.ts';
import { inWords, type Meddle } from './seen.ts';
import { type Asked, type Operators, openStage, type RequestPlan, type Stage, type StageOptions } from './stage.ts';
import { type Strike, strike, strikeInWords } from './strikes.ts';

/** What happens after everything waits for its approval, until every request has ended. @throws with what is not as it should be. */
export type Script = (stage: Stage) => Promise<void>;

/** Everything that is decided of a round before it begins. */
export interface RoundPlan {
  /** By which it can be played again. */
  readonly title: string;
  readonly operators: Operators;
  readonly requests: readonly RequestPlan[];
  /** All requests at once; or one after the other, each with the strikes that are meant for it. */
  readonly approve: 'AllAtOnce' | 'OneByOne' | Script;
  /** One after the other. */
  readonly strikes: readonly Strike[];
  /** What the cloud does to calls that order. */
  readonly faults: readonly FaultInput[];
  /** What else happens to requests on their way. */
  readonly mischief: readonly ((stage: Stage) => Meddle)[];
  readonly mischiefInWords: readonly string[];
  readonly asked: Asked;
}

/** What a round came to. */
export interface RoundResult {
  readonly plan: RoundPlan;
  /** Why it failed; empty when it kept every promise. */
  readonly broken: readonly string[];
  readonly kills: number;
  /** Where processes died; undefined for a moment that never came. */
  readonly struck: readonly (string | undefined)[];
  readonly orders: number;
  readonly took: Milliseconds;
  /** How often each end of a call stands in the journals. */
  readonly ends: Readonly<Record<string, number>>;
  /** Where everything that was seen of a failed round was left. */
  readonly leftIn?: string;
}

export type Surroundings = Pick<StageOptions, 'kubeconfig' | 'connection' | 'program'>;

/**
 * Plays rounds of the same operators on one stage, one after the other, and judges each from outside: on a stage that failed
 * nothing more is played. Rejects only when the harness itself fails.
 */
export async function playRounds(surroundings: Surroundings, plans: readonly RoundPlan[]): Promise<RoundResult[]> {
  const results: RoundResult[] = [];
  await using stage = await openStage({
    ...surroundings,
    operators: plans[0]?.operators ?? 'One',
    servers: plans.flatMap(({ requests }) => requests.flatMap(({ servers }) => servers)),
  });
  for (const [index, plan] of plans.entries()) {
    const result = await playOn(stage, plan, index === plans.length - 1);
    results.push(result);
    if (result.broken.length > 0) break;
  }
  const rest = plans.slice(results.length);
  return rest.length === 0 ? results : [...results, ...(await playRounds(surroundings, rest))];
}

export async function playRound(surroundings: Surroundings, plan: RoundPlan): Promise<RoundResult> {
  const [result] = await playRounds(surroundings, [plan]);
  if (result === undefined) throw new Error('no round was played');
  return result;
}

/** Plays one round; after the last one everything is deleted. */
async function playOn(stage: Stage, plan: RoundPlan, isLast: boolean): Promise<RoundResult> {
  const began = systemClock.elapsed();
  const before = { kills: killsOn(stage), orders: stage.cloud.world.ledger.accepted.length };
  const struck: Struck = [];
  const broken: string[] = [];
  let requests: readonly UnsubscriptionRequest[] = [];
  try {
    await Promise.all(stage.slots.map((slot) => slot.start()));
    await stage.setUp(plan.requests);
    await disturb(stage, plan, struck);
    requests = await afterTheEnd(stage);
    if (isLast) await deleteAll(stage);
  } catch (error) {
    broken.push(error instanceof Error ? error.message : String(error));
    if (requests.length === 0) requests = await stage.people.requests();
  }
  const { ledger } = stage.cloud.world;
  broken.push(...stage.faults, ...brokenPromises({ requests, ledger, seen: stage.seen }), ...mistakesIn(stage));
  const names = plan.requests.map(({ name }) => name);
  const entries = requests
    .filter(({ metadata }) => names.includes(metadata.name))
    .flatMap(({ status }) => status.placements ?? []);
  const result = {
    plan,
    broken,
    kills: killsOn(stage) - before.kills,
    struck,
    orders: ledger.accepted.length - before.orders,
    took: milliseconds(systemClock.elapsed() - began),
    ends: counted(entries.map(endOf)),
  };
  return broken.length === 0 ? result : { ...result, leftIn: await leave(stage, result, requests) };
}

const killsOn = ({ slots }: Stage): number => slots.reduce((sum, { kills }) => sum + kills, 0);

function endOf({ state, detail, askedAt }: Placement): string {
  if (detail?.startsWith('A person stated')) return `${state}, stated`;
  if (!detail?.includes('read back')) return state;
  return askedAt === undefined ? `${state}, read back` : `${state}, read back after a question`;
}

/** What no fault of the surroundings explains. */
const mistakesIn = ({ slots }: Stage): string[] =>
  slots.flatMap(({ log }) => log.filter((line) => /TypeError|ReferenceError|RangeError|UncaughtException/.test(line)));

async function disturb(stage: Stage, plan: RoundPlan, struck: Struck): Promise<void> {
  for (const fault of plan.faults) await stage.control.addFault(fault);
  stage.asked = plan.asked;
  stage.meddlers.push(...plan.mischief.map((make) => make(stage)));
  if (typeof plan.approve === 'function') await plan.approve(stage);
  else await (plan.approve === 'AllAtOnce' ? strikeAll : strikeOneByOne)(stage, plan, struck);
}

type Struck = (string | undefined)[];

async function strikeAll(stage: Stage, { strikes, requests }: RoundPlan, struck: Struck): Promise<void> {
  const isOver = (all: readonly UnsubscriptionRequest[]) => all.every(isReleased);
  const approved = Promise.all(requests.map(({ name }) => stage.approve(name)));
  for (const next of strikes) struck.push(await strike(stage, next, isOver));
  await approved;
}

async function strikeOneByOne(stage: Stage, { strikes, requests }: RoundPlan, struck: Struck): Promise<void> {
  for (const { name } of requests) {
    const isOver = (all: readonly UnsubscriptionRequest[]) =>
      all.some((request) => request.metadata.name === name && isReleased(request));
    const isMeant = (one: Strike) => one.kind === 'AtStep' && one.step.during?.request === name;
    const approved = stage.approve(name);
    for (const next of strikes.filter(isMeant)) struck.push(await strike(stage, next, isOver));
    await approved;
    await stage.until(`${name} has ended`, isOver);
  }
}

const isReleased = ({ metadata, status }: Pick<UnsubscriptionRequest, 'metadata' | 'status'>): boolean =>
  isFinished({ status }) && !(metadata.finalizers ?? []).includes(placementFinalizer);

/** Everything ends true. Gives the requests as they stand then. */
async function afterTheEnd(stage: Stage): Promise<readonly UnsubscriptionRequest[]> {
  await stage.until('every request has ended', (all) => all.every(isFinished));
  await stage.quiet();
  stage.meddlers.length = 0;
  await stage.control.clearFaults();
  return stage.people.requests();
}

/** What has ended can be deleted: nothing holds it. */
async function deleteAll(stage: Stage): Promise<void> {
  await stage.people.deleteAll('unsubscriptionrequests');
  await stage.people.deleteAll('dccservers');
  await stage.until('what was deleted is gone', async () => (await stage.people.left()).length === 0);
  for (const slot of stage.slots) await slot.stop();
}

function counted(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Leaves all that was seen in a folder of its own. */
async function leave(stage: Stage, result: RoundResult, requests: readonly UnsubscriptionRequest[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-crash-failed-'));
  const { plan, broken, struck } = result;
  const story = [plan.title, ...plan.strikes.map(strikeInWords), ...plan.mischiefInWords, '', ...broken, '', ...struck];
  const files = {
    'story.txt': story.join('\n'),
    'requests.txt': stage.seen.map(inWords).join('\n'),
    'journals.json': JSON.stringify(requests, undefined, 2),
    'ledger.json': JSON.stringify(stage.cloud.world.ledger, undefined, 2),
    ...Object.fromEntries(stage.slots.map(({ name, log }) => [`operator-${name}.log`, log.join('\n')])),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), `${content}\n`);
  return folder;
}
