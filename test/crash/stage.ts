import { isConditionTrue, type UnsubscriptionRequest } from '../../operator/api/objects.ts';
import type { Placement } from '../../operator/api/unsubscriptionrequest.ts';
import { hours, milliseconds, minutes, seconds, systemClock } from '../../operator/clock.ts';
import type { Connection } from '../../operator/kubernetes/connection.ts';
import { statementOn } from '../../operator/unsubscription/settling/statement.ts';
import { type ControlClient, controlClient } from '../huaweicloud/control-client.ts';
import { aWorld } from '../huaweicloud/seed.ts';
import { type HuaweiCloud, startHuaweiCloud } from '../huaweicloud/server.ts';
import type { Ledger } from '../huaweicloud/world/ledger.ts';
import { aRequest, aServer } from '../integration/operator/manifests.ts';
import { type LeapingClock, leapingClock } from './leaping-clock.ts';
import { createNaming, type Naming } from './naming.ts';
import { openNamespace, type People } from './people.ts';
import type { Meddle, Seen, SlotName } from './seen.ts';
import { openSlot, type Slot } from './slots.ts';

/** Which processes work in a round: one; a leader and a standby; or two that both lead, which must never be. */
export type Operators = 'One' | 'LeaderAndStandby' | 'TwoLeaders';

/** Who ends a call that nothing settles by then: somebody who is asked, or the bill that comes later. */
export type Asked = 'Person' | 'Bill';

/** A request, and the servers that it names. */
export interface RequestPlan {
  readonly name: string;
  readonly servers: readonly string[];
}

export interface StageOptions {
  readonly kubeconfig: string;
  readonly connection: Connection;
  /** The built operator. */
  readonly program: string;
  readonly operators: Operators;
  /** All servers that the cloud has. */
  readonly servers: readonly string[];
}

/** Where a round takes place: a namespace, a cloud, the processes, and the ways between them. */
export interface Stage extends AsyncDisposable {
  readonly people: People;
  readonly cloud: HuaweiCloud;
  readonly control: ControlClient;
  readonly clock: LeapingClock;
  /** Whether the clock of the cloud is set forward where only time can settle a call. */
  leaps: boolean;
  /** Whether the operator gets an answer when it asks what became of a call. */
  asked: Asked;
  readonly slots: readonly Slot[];
  readonly naming: Naming;
  /** Every request of every process. */
  readonly seen: readonly Seen[];
  /** Asked in this order about each request; the first that has something to say decides. */
  readonly meddlers: Meddle[];
  /** What went wrong by itself: a process that ended, for one. */
  readonly faults: readonly string[];
  slot(name: SlotName): Slot;
  /** Notes something that goes on by itself, and must have ended before the round is judged. */
  underWay<Result>(work: Promise<Result>): Promise<Result>;
  /** What goes on while something is waited for: see `until`. */
  tend(requests: readonly UnsubscriptionRequest[]): Promise<void>;
  /** Waits for what is under way by itself. */
  quiet(): Promise<void>;
  /** Creates requests with their servers, and returns when all show their plans. */
  setUp(requests: readonly RequestPlan[]): Promise<void>;
  approve(request: string): Promise<void>;
  /**
   * Looks at the requests again and again until `holds`, as long as they change now and then, and meanwhile sets the clock of the cloud forward where only time can
   * settle a call, and replaces processes that stepped down.
   */
  until(what: string, holds: (requests: readonly UnsubscriptionRequest[]) => boolean | Promise<boolean>): Promise<void>;
}

/** Times of the product, but for how often it looks: signatures live for a quarter of an hour, as at the real gateway. */
const flags = {
  'poll-interval': '2s',
  // A busy machine takes its time.
  'call-timeout': '6s',
  'signature-lifetime': '15m',
  'clock-bound': '1m',
  'order-visible-within': '4m',
  'max-open-orders': '100',
  'max-orders-per-hour': '1000',
};
const flagsOf: Readonly<Record<Operators, Readonly<Record<string, string>>>> = {
  One: flags,
  // As short as `--call-timeout` allows, and a bit.
  LeaderAndStandby: { ...flags, 'leader-election': 'Lease', 'lease-duration': '24s' },
  TwoLeaders: flags,
};

/** Later than any other term of a lost call, so that the bill settles only what nothing else does: the real one takes up to a day. */
const billDelay = hours(2);

export async function openStage(options: StageOptions): Promise<Stage> {
  const { kubeconfig, program, operators, servers } = options;
  await using parts = new AsyncDisposableStack();
  const people = await openNamespace(options.connection);
  parts.defer(() => people.removeNamespace());
  const clock = leapingClock();
  const builder = aWorld();
  for (const name of servers) builder.withServer({ name });
  const world = builder.build();
  const cloud = await startHuaweiCloud({ world, clock, settings: { orderProcessing: seconds(0.3), billDelay } });
  parts.defer(() => cloud.stop());

  const seen: Seen[] = [];
  const faults: string[] = [];
  const meddlers: Meddle[] = [];
  const pending: Promise<unknown>[] = [];
  const naming = createNaming();
  const openOne = async (name: SlotName) =>
    parts.use(
      await openSlot({
        name,
        program,
        kubeconfig,
        cloudUrl: cloud.url,
        namespace: people.namespace,
        flags: flagsOf[operators],
        naming,
        note: (request) => seen.push(request),
        meddle: (request) => {
          for (const meddle of meddlers) {
            const interference = meddle(request);
            if (interference !== undefined) return interference;
          }
          return undefined;
        },
        onEnd: (how, lastLines) => {
          if (lastLines.some((line) => line.includes('"msg":"stopped"')) && how === 1) return;
          faults.push(`an operator ended by itself with ${how}: ${lastLines.join('\n')}`);
        },
      }),
    );
  const slots = [await openOne('A'), ...(operators === 'One' ? [] : [await openOne('B')])];
  const tend = tender({ clock, seen, slots });
  const answer = answerer(people, cloud);

  const stage: Stage = {
    people,
    cloud,
    control: controlClient(cloud.url),
    clock,
    leaps: true,
    asked: 'Bill',
    slots,
    naming,
    seen,
    meddlers,
    faults,
    slot: (name) => {
      const found = slots.find((slot) => slot.name === name);
      if (found === undefined) throw new Error(`there is no slot ${name}`);
      return found;
    },
    tend: async (all) => {
      if (stage.asked === 'Person') await answer(all);
      await tend(all, stage.leaps);
    },
    underWay: (work) => {
      pending.push(work);
      return work;
    },
    quiet: async () => {
      await Promise.allSettled(pending);
      const isUnderWay = ({ fate, streams, at }: Seen) =>
        fate === 'on its way' && !streams && systemClock.elapsed() - at < longestAnswer;
      while (seen.some(isUnderWay)) await systemClock.sleep(milliseconds(50));
    },
    setUp: async (requests) => {
      for (const server of requests.flatMap((request) => request.servers)) await people.create(aServer(world, server));
      for (const request of requests) await people.create(aRequest(request.name, request.servers));
      const names = requests.map(({ name }) => name);
      const waits = (request: UnsubscriptionRequest) =>
        !names.includes(request.metadata.name) || reasonOf(request) === 'AwaitingApproval';
      await stage.until('the requests wait for their approval', (all) => all.every(waits));
    },
    approve: async (request) => {
      if (!(await people.approve(request))) throw new Error(`${request} shows no plan to approve`);
    },
    until: async (what, holds) => {
      let stands = '';
      let since = systemClock.elapsed();
      for (;;) {
        const all = await people.requests();
        if (await holds(all)) return;
        const now = all.map(described).join('; ');
        if (now !== stands) since = systemClock.elapsed();
        stands = now;
        if (systemClock.elapsed() - since > patience)
          throw new Error(`nothing changed for ${patience / 1_000} s, and not yet: ${what}. ${now}`);
        await stage.tend(all);
        await systemClock.sleep(milliseconds(300));
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
  const owned = parts.move();
  return stage;
}

const reasonOf = ({ status }: UnsubscriptionRequest): string | undefined =>
  status.conditions?.find(({ type }) => type === 'Ready')?.reason;

function described({ metadata, status }: UnsubscriptionRequest): string {
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  const calls = (status.placements ?? []).map(({ id, state, result }) => `, call ${id} ${result ?? state}`);
  return `${metadata.name} is ${ready?.reason}${calls.join('')}: ${ready?.message}`;
}

/** Whoever has not answered by then, such as a cloud whose answer is to be lost, never will. */
export const longestAnswer = seconds(10);

/** How long nothing may change: a machine that has much else to do takes its time for a single step. */
const patience = seconds(150);

/** How far the clock of the cloud is set forward at a time: less than a signature lives, and twice that is longer. */
const leap = minutes(8.5);
/** A call that is only slow is left alone. */
const leapAfter = seconds(5);
const leapEvery = seconds(1.5);

/** What goes on besides while a round waits. */
function tender({ clock, seen, slots }: Pick<Stage, 'clock' | 'seen' | 'slots'>) {
  let due = systemClock.elapsed() + leapAfter;
  let read = 0;
  return async (requests: readonly UnsubscriptionRequest[], mayLeap: boolean) => {
    const open = requests.flatMap(({ status }) => status.placements ?? []).some(isLost);
    const answered = seen.filter(({ side, fate }) => side === 'cloud' && fate === '200').length;
    const now = systemClock.elapsed();
    if (!open || !mayLeap) due = now + leapAfter;
    // Only a process that has read since the last leap knows what time it is at the cloud.
    if (now > due && answered > read) {
      clock.leap(leap);
      due = now + leapEvery;
      read = answered;
    }
    await Promise.all(slots.map((slot) => slot.tended()));
  };
}

const isLost = ({ state }: Placement): boolean => state === 'Intended' || state === 'Unknown';

/** Lets somebody who looks in the account tell the operator, once it has asked, what became of a call. */
function answerer(people: People, { world }: HuaweiCloud) {
  return async (requests: readonly UnsubscriptionRequest[]) => {
    for (const request of requests.filter(({ status }) => isConditionTrue(status.conditions, 'Stalled'))) {
      for (const call of request.status.placements ?? []) {
        const isAsked = isLost(call) && call.askedAt !== undefined && statementOn(request, call) === undefined;
        if (isAsked) await people.state(request.metadata.name, call.id, orderOf(world.ledger, call));
      }
    }
  };
}

/** By the resources: each is ordered once at most, and the round fails where it is not. */
const orderOf = ({ accepted }: Ledger, { resourceIds }: Placement): string =>
  accepted.find((order) => order.resourceIds.some((id) => resourceIds.includes(id)))?.orderId ?? 'none';
