import { isFinished } from '../../operator/api/objects.ts';
import { minutes, seconds, systemClock } from '../../operator/clock.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { labelBeforeOutcome, orderAnswerCut } from './mischief.ts';
import type { RoundPlan, Script } from './round.ts';
import type { Interference, Meddle, Seen } from './seen.ts';
import type { Operators, Stage } from './stage.ts';

/** A round that is told step by step, and looked at more closely. */
export interface Scene {
  readonly title: string;
  readonly operators: Operators;
  readonly script: Script;
}

const name = 'retire';

/** The round in which a scene is played. */
export const scenePlan = ({ title, operators, script }: Scene): RoundPlan => ({
  title,
  operators,
  approve: script,
  requests: [{ name, servers: ['host-01'] }],
  strikes: [],
  faults: [],
  mischief: [],
  mischiefInWords: [],
  asked: 'Bill',
});

const isOrder = ({ name }: Seen): boolean => name === 'billing.unsubscribe';
const isIntent = ({ name }: Seen): boolean => name.startsWith('write Intended');

/** Does something to the first request that matches, and tells which one that was. */
function atFirst(stage: Stage, matches: (seen: Seen) => boolean, what: (seen: Seen) => Interference): Promise<Seen> {
  const met = Promise.withResolvers<Seen>();
  let done = false;
  const meddle: Meddle = (seen) => {
    if (done || !matches(seen)) return undefined;
    done = true;
    met.resolve(seen);
    return what(seen);
  };
  stage.meddlers.push(meddle);
  return met.promise;
}

const ended = (stage: Stage) => stage.until('the request has ended', (all) => all.every(isFinished));

const callOf = async (stage: Stage) => (await stage.people.requests())[0]?.status.placements ?? [];

function check(fact: string, holds: boolean): void {
  if (!holds) throw new Error(`this is not so: ${fact}`);
}

const orders = (stage: Stage): Seen[] => stage.seen.filter((seen) => isOrder(seen) && seen.fate !== 'never forwarded');

const waitFor = async (stage: Stage, what: string, holds: () => boolean): Promise<void> => stage.until(what, holds);

/** Wakes a leader that slept between its intent and its order until another one led. Nobody leaps: its signature is still good. */
const sleeperInTime: Scene = {
  title: 'SIGSTOP of the leader between intent and order, until a standby leads and its signature still holds',
  operators: 'LeaderAndStandby',
  script: async (stage) => {
    const { slot } = await fallAsleep(stage);
    const other = stage.slot(slot === 'A' ? 'B' : 'A');
    await other.running?.ready;
    const before = stage.seen.length;
    stage.slot(slot).signal('SIGCONT');
    await systemClock.sleep(seconds(3));
    check(
      'the one that slept did not order',
      !stage.seen.slice(before).some((seen) => seen.slot === slot && isOrder(seen)),
    );
    await ended(stage);
    check(
      'there is one order, by the one that led',
      orders(stage).every((seen) => seen.slot === other.name),
    );
  },
};

/** The same, until the other one has settled the call as never placed and has ordered itself. */
const sleeperTooLate: Scene = {
  title: 'SIGSTOP of the leader between intent and order, until a standby has settled its call and ordered',
  operators: 'LeaderAndStandby',
  script: async (stage) => {
    const { slot } = await fallAsleep(stage);
    await ended(stage);
    const calls = await callOf(stage);
    check(
      'the first call was settled as never placed',
      calls[0]?.state === 'NotPlaced' && calls[1]?.state === 'Accepted',
    );
    const before = stage.seen.length;
    stage.slot(slot).signal('SIGCONT');
    await systemClock.sleep(seconds(3));
    check(
      'the one that slept did not order',
      !stage.seen.slice(before).some((seen) => seen.slot === slot && isOrder(seen)),
    );
  },
};

async function fallAsleep(stage: Stage): Promise<Seen> {
  const intent = atFirst(stage, isIntent, (seen) => ({
    after: async () => {
      stage.slot(seen.slot).signal('SIGSTOP');
      return 'Answer';
    },
  }));
  await stage.approve(name);
  return intent;
}

/** Kills the process whose order is the first to leave, and keeps that order in the network until `arrival` is resolved. */
function dieWithOrderUnderWay(stage: Stage) {
  const arrival = Promise.withResolvers<void>();
  const order = atFirst(stage, isOrder, ({ slot }) => ({
    before: async () => {
      await stage.slot(slot).kill();
      await stage.underWay(arrival.promise);
      return 'Forward';
    },
  }));
  return { order, arrival };
}

/** An order that sleeps in the network with its process: it arrives when another one has long settled the call. */
const orderUnderWay: Scene = {
  title: 'kill -9 of the process with its order still under way, which arrives when its signature is dead',
  operators: 'One',
  script: async (stage) => {
    const { order, arrival } = dieWithOrderUnderWay(stage);
    await stage.approve(name);
    const { slot } = await order;
    await systemClock.sleep(seconds(1));
    await stage.slot(slot).start();
    await waitFor(stage, 'the call is settled', () => orders(stage).length === 2);
    arrival.resolve();
    const late = await order;
    await waitFor(stage, 'the late one has its answer', () => late.fate !== 'on its way');
    check('the gateway refused the late one', late.fate.startsWith('401'));
    await ended(stage);
  },
};

/** An order that arrives while its signature holds: the next process must have waited for it. */
const orderArrivesInTime: Scene = {
  title: 'kill -9 of the process with its order still under way, which arrives just before its signature is dead',
  operators: 'One',
  script: async (stage) => {
    const { order, arrival } = dieWithOrderUnderWay(stage);
    stage.leaps = false;
    await stage.approve(name);
    const { slot } = await order;
    stage.clock.leap(minutes(14));
    await systemClock.sleep(seconds(1));
    await stage.slot(slot).start();
    await stage.slot(slot).running?.ready;
    await systemClock.sleep(seconds(4));
    check('nothing was sent meanwhile', orders(stage).length === 1);
    arrival.resolve();
    await stage.quiet();
    stage.leaps = true;
    await ended(stage);
    const [call, ...more] = await callOf(stage);
    check('the one call was read back', call?.state === 'Accepted' && more.length === 0 && call.detail !== undefined);
  },
};

const answerCut: Scene = {
  title: 'the answer to the order is cut after its effect',
  operators: 'One',
  script: async (stage) => {
    stage.meddlers.push(orderAnswerCut.make(stage));
    await stage.approve(name);
    await ended(stage);
    const [call, ...more] = await callOf(stage);
    check(
      'the one call was read back',
      call?.state === 'Accepted' && more.length === 0 && call.detail?.includes('read back') === true,
    );
    check('it was sent once', orders(stage).length === 1);
  },
};

const conflict: Scene = {
  title: 'somebody writes to the request between the order and the write of its outcome',
  operators: 'One',
  script: async (stage) => {
    stage.meddlers.push(labelBeforeOutcome.make(stage));
    await stage.approve(name);
    await ended(stage);
    const outcomes = stage.seen.filter((seen) => seen.name.startsWith('write Accepted')).map(({ fate }) => fate);
    check(
      `the first write of the outcome met a conflict (${outcomes.join(', ')})`,
      outcomes[0] === '409' && outcomes.includes('200'),
    );
    check('the outcome was written, and not read back', (await callOf(stage))[0]?.detail === undefined);
  },
};

/** Two that both lead come to the same intent at the same time: it is written by comparing versions, so one of them is told. */
const race: Scene = {
  title: 'two leaders write their intents at the same moment',
  operators: 'TwoLeaders',
  script: async (stage) => {
    const both = Promise.withResolvers<void>();
    const slots = new Set<string>();
    stage.meddlers.push((seen) => {
      if (!isIntent(seen) || slots.has(seen.slot)) return undefined;
      slots.add(seen.slot);
      if (slots.size === 2) both.resolve();
      // One that never comes, because it was held up, would make the other wait for ever.
      const before = async () => {
        await Promise.race([both.promise, systemClock.sleep(seconds(5))]);
        return 'Forward' as const;
      };
      return { before };
    });
    await stage.approve(name);
    await ended(stage);
    check('both were about to order', slots.size === 2);
    const intents = stage.seen.filter(isIntent).map(({ fate }) => fate);
    check(`one of them met a conflict (${intents.join(', ')})`, intents.includes('409'));
    check('one order left', orders(stage).length === 1);
  },
};

/** The order is on its way for longer than it is waited for, and takes effect in the end. Nobody dies. */
const slowOrder: Scene = {
  title: 'the order takes effect when nobody waits for its answer any more',
  operators: 'One',
  script: async (stage) => {
    const order = atFirst(stage, isOrder, () => ({
      before: async () => {
        await stage.underWay(systemClock.sleep(seconds(9)));
        return 'Forward';
      },
    }));
    stage.leaps = false;
    await stage.approve(name);
    await order;
    await stage.quiet();
    stage.leaps = true;
    await ended(stage);
    const [call, ...more] = await callOf(stage);
    check(
      'the one call was read back',
      call?.state === 'Accepted' && more.length === 0 && call.detail?.includes('read back') === true,
    );
    check('it was sent once', orders(stage).length === 1);
  },
};

/** The scenes that need nothing but a stage. */
export const scenes: readonly Scene[] = [
  race,
  slowOrder,
  sleeperInTime,
  sleeperTooLate,
  orderUnderWay,
  orderArrivesInTime,
  answerCut,
  conflict,
];

/** The scenes in which the API server dies: nobody else may use it meanwhile. */
export const outages = (controlPlane: Pick<ControlPlane, 'start' | 'end'>): readonly Scene[] => [
  {
    title: 'kill -9 of the API server between intent and outcome; it is started again',
    operators: 'One',
    script: async (stage) => {
      const order = atFirst(stage, isOrder, () => ({
        before: async () => {
          await controlPlane.end('kube-apiserver', 'SIGKILL');
          return 'Forward';
        },
      }));
      await stage.approve(name);
      await order;
      await untilOrdered(stage);
      await systemClock.sleep(seconds(2));
      await controlPlane.start('kube-apiserver');
      await ended(stage);
      const [call, ...more] = await callOf(stage);
      check(
        'the outcome was written, and not read back',
        call?.state === 'Accepted' && more.length === 0 && call.detail === undefined,
      );
    },
  },
  {
    title: 'kill -9 of the API server and of the operator between intent and outcome; both are started again',
    operators: 'One',
    script: async (stage) => {
      const order = atFirst(stage, isOrder, ({ slot }) => ({
        after: async () => {
          await controlPlane.end('kube-apiserver', 'SIGKILL');
          await stage.slot(slot).kill();
          return 'Cut';
        },
      }));
      await stage.approve(name);
      const { slot } = await order;
      await untilOrdered(stage);
      await systemClock.sleep(seconds(1));
      await controlPlane.start('kube-apiserver');
      await stage.slot(slot).start();
      await ended(stage);
      const [call, ...more] = await callOf(stage);
      check('the one call was read back', call?.state === 'Accepted' && more.length === 0 && call.detail !== undefined);
    },
  },
];

/** Looks at the cloud alone: the API server does not run. */
async function untilOrdered({ cloud }: Stage): Promise<void> {
  const end = systemClock.elapsed() + seconds(20);
  while (cloud.world.ledger.accepted.length === 0) {
    if (systemClock.elapsed() > end) throw new Error('no order came');
    await systemClock.sleep(seconds(0.1));
  }
}
