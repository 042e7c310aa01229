import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { DCCServer, Metadata, Parsed, UnsubscriptionRequest } from '../../../../operator/api/objects.ts';
import type { UnsubscriptionRequestStatus } from '../../../../operator/api/unsubscriptionrequest.ts';
import {
  type Clock,
  hours,
  type Milliseconds,
  milliseconds,
  minutes,
  seconds,
  systemClock,
} from '../../../../operator/clock.ts';
import { createTrafficControl } from '../../../../operator/huaweicloud/traffic.ts';
import { KubernetesError } from '../../../../operator/kubernetes/errors.ts';
import { parseLabelSelector } from '../../../../operator/label-selector.ts';
import { createLog } from '../../../../operator/telemetry/log.ts';
import type { RequestContext } from '../../../../operator/unsubscription/context.ts';
import { place } from '../../../../operator/unsubscription/placement/place.ts';
import { planOf } from '../../../../operator/unsubscription/plan.ts';
import { reconcileRequest } from '../../../../operator/unsubscription/reconcile.ts';
import { createGoneCalls } from '../../../../operator/unsubscription/settling/gone-calls.ts';
import { foundServers, type ServerObservation } from '../../../../operator/unsubscription/snapshot.ts';
import { decide } from '../../../../operator/unsubscription/steps.ts';
import { type AuditLine, auditLinesIn } from '../../../audit-log.ts';
import { anAccount } from '../../../builders/account.ts';
import { resourceIdOf } from '../../../builders/dccserver.ts';
import { aMachine, dependents, read, unreadable } from '../../../builders/observation.ts';
import { everyMinute } from '../../../builders/polls.ts';
import { aFoundServer, aSnapshot } from '../../../builders/snapshot.ts';
import { terms } from '../../../builders/terms.ts';
import { anotherPlanId, type RequestChanges } from '../../../builders/unsubscriptionrequest.ts';
import { aWorld } from '../../../huaweicloud/seed.ts';
import { createVirtualClock, type VirtualClock } from '../../../virtual-clock.ts';

/** What goes wrong around an order for which everything holds. */
interface Trouble {
  /** How long looking at the cloud holds the process up. */
  looking?: number;
  /** What is on the server when it is looked at for the second time. */
  appears?: string;
  /** Whether the operator is halted after the last look; or it cannot be read whether it is. */
  halted?: 'Halted' | 'Unreadable';
  /** The same once the intent is written. */
  haltedLate?: 'Halted' | 'Unreadable' | 'OutOfTime';
  /** Whether the cloud's time is only guessed once the intent is written. */
  guessedLate?: boolean;
  /** Whether other orders take the last room in the budget meanwhile. */
  overBudget?: boolean;
  /** How long writing the intent does. */
  writing?: number;
  /** What the API server makes of a status that is written. */
  stored?: (status: UnsubscriptionRequestStatus) => UnsubscriptionRequestStatus;
  /** How long the lease lasts when nothing is held up; what is held up is taken from it. Two minutes unless said otherwise. */
  lease?: number;
  /** What a person makes of the server while it is looked at. */
  edited?: (server: DCCServer) => DCCServer;
  /** When the billing centre falls silent: after the last look, or while the intent is written. */
  silent?: 'Looking' | 'Writing';
  /** What has become of the server, or of the request, once the intent is written; reading it may fail. */
  found?: Change;
  requestFound?: Change;
  /** What is seen of the server right after its order. */
  late?: 'Machine' | 'Unreadable' | 'Failing';
  /** For so long the machine is suspended once the intent is written: only the clock on the wall goes on. */
  sleeps?: Milliseconds;
  /** Whether the API server takes no outcome. */
  outcomeLost?: boolean;
  /** Whether the cloud's time is only guessed at the looks. */
  guessed?: boolean;
  /** When the credentials of the server change: between the looks, during one; or the keys in place, at the second or after it. */
  exchanged?: 'AtFirst' | 'Between' | 'AtSecond' | 'KeysAtLook' | 'KeysAtIntent';
  /** What left to another operator since the order was decided upon. */
  left?: 'Request' | 'Server';
}

type Change = 'Gone' | 'Deleting' | 'Anew' | 'Edited' | 'Left' | 'Held' | 'Unreadable' | 'Failing';

const betweenLooks = seconds(5);

const labels = { installation: 'north' };
const unlabelled = <T extends { metadata: Metadata }>(object: T): T => ({
  ...object,
  metadata: { ...object.metadata, labels: undefined },
});

const approvedSnapshot = (request: RequestChanges = {}) =>
  aSnapshot({
    request: { metadata: { labels }, ...request },
    servers: [aFoundServer('server-1', { metadata: { labels } })],
  });

/** Places the order of a request with the real clients; the objects around it are values that the trouble befalls. */
async function placing(trouble: Trouble = {}, request: RequestChanges = {}) {
  const world = aWorld().withServer({ name: 'dcc-host-01', resourceId: resourceIdOf('server-1') });
  const clock = createVirtualClock();
  const traffic = createTrafficControl(clock);
  const journal: string[] = [];
  const asleep = () => (journal.length > 0 ? (trouble.sleeps ?? 0) : 0);
  const wallOf = ({ now }: Clock) => ({ now: () => new Date(now().getTime() + asleep()) });
  const options = { traffic: traffic.of('key'), clock: { ...systemClock, ...wallOf(systemClock) } };
  const { account, cloud, control } = await anAccount(world, options);
  const fallSilent = async () => {
    const road = traffic.of('key')({ service: 'billing', operation: 'ListCustomerOrders', origin: cloud.url });
    for (let failures = 0; failures < 5; failures += 1) {
      road.recordRead({ kind: 'Unknown', message: 'the connection was reset' }, undefined, false);
      await clock.advance(seconds(1));
    }
  };
  const snapshot = approvedSnapshot(request);
  const decision = decide(snapshot, terms);
  if (decision.do !== 'Place') throw new Error(`not to be placed: ${decision.do}`);
  const looks: number[] = [];
  const announced: string[] = [];
  const logged: string[] = [];
  const log = createLog('info', { write: (text) => void logged.push(text) });
  const awake = contextOf({ clock, snapshot, account, trouble, journal, looks, announced, fallSilent });
  const context = { ...awake, clock: { ...awake.clock, ...wallOf(awake.clock) }, log };
  const result = place(context, snapshot, decision, AbortSignal.timeout(10_000));
  const settled = await result.catch((error: unknown) => error);
  const trail = auditLinesIn(logged);
  return { settled, journal, looks, announced, trail, orders: (await control.ledger()).accepted.length };
}

/** What whole passes over an approved request write into the log, a list for each. */
async function trailOf(passes: number, trouble: Trouble): Promise<AuditLine[][]> {
  const world = aWorld().withServer({ name: 'dcc-host-01', resourceId: resourceIdOf('server-1') });
  const { account } = await anAccount(world);
  const around = { clock: createVirtualClock(), snapshot: approvedSnapshot(), account, trouble };
  const written: string[] = [];
  const log = createLog('info', { write: (text) => void written.push(text) });
  const placing = contextOf({ ...around, journal: [], looks: [], announced: [] });
  // A whole pass reports, too.
  const context = { ...placing, requests: placing.outcomes, log };
  const trail: AuditLine[][] = [];
  for (let count = 0; count < passes; count += 1) {
    await reconcileRequest(context, 'datacenter', 'retire', AbortSignal.timeout(10_000));
    trail.push(auditLinesIn(written.splice(0)));
  }
  return trail;
}

type Around = Pick<RequestContext, 'clock'> & {
  clock: VirtualClock;
  snapshot: ReturnType<typeof aSnapshot>;
  account: Awaited<ReturnType<typeof anAccount>>['account'];
  trouble: Trouble;
  journal: string[];
  /** When everything was looked at. */
  looks: number[];
  /** Reasons of events. */
  announced: string[];
  fallSilent?: () => Promise<void>;
};

function contextOf({
  clock,
  snapshot,
  account,
  trouble,
  journal,
  looks,
  announced,
  fallSilent,
}: Around): RequestContext {
  const [found] = foundServers(snapshot);
  if (found === undefined) throw new Error('the snapshot has no server');
  let { request } = snapshot;
  let server = found.server;
  const readable = <T>(object: T): Parsed<T> => ({ kind: 'Readable', object });
  const began = clock.elapsed();
  const nothing = () => {
    throw new Error('not part of placing an order');
  };
  const requests: RequestContext['requests'] = {
    cached: () => readable(request),
    live: async () =>
      journal.length > 0 && trouble.requestFound !== undefined
        ? afterIntent(request, trouble.requestFound)
        : readable(trouble.left === 'Request' ? unlabelled(request) : request),
    all: nothing,
    byIndex: nothing,
    writeStatus: async (object: UnsubscriptionRequest, status: UnsubscriptionRequestStatus) => {
      if (trouble.outcomeLost === true && journal.length > 0) throw new KubernetesError('Unreachable', 'no answer');
      await clock.advance(trouble.writing ?? 0);
      if (trouble.silent === 'Writing') await fallSilent?.();
      if (JSON.stringify(object.status) === JSON.stringify(status)) return object;
      request = { ...request, status: trouble.stored?.(status) ?? status };
      journal.push(request.status.placements?.at(-1)?.state ?? 'none');
      return request;
    },
    writeRawStatus: nothing,
    holdFinalizer: nothing,
    releaseFinalizer: nothing,
  };
  return {
    requests: {
      ...requests,
      writeStatus: async (object, status) => {
        // The intent is the one write of a placement that only a leader may do.
        if (status.placements?.at(-1)?.state !== 'Intended') throw new Error('an outcome that the fence holds back');
        return requests.writeStatus(object, status);
      },
    },
    outcomes: requests,
    servers: {
      cached: () => readable(server),
      live: async () =>
        journal.length > 0 && trouble.found !== undefined
          ? afterIntent(server, trouble.found)
          : readable(trouble.left === 'Server' ? unlabelled(server) : server),
    },
    tellIfLeft: nothing,
    scope: { namespaces: [], selector: parseLabelSelector('installation=north') },
    cluster: {
      serversIn: async () => [],
      serversWith: async () => ({ kind: 'Read', value: [] }),
      openElsewhere: () => undefined,
      claimedOrders: () => new Set(),
      otherCalls: () => ({ answered: new Set(), lost: [] }),
      unread: () => undefined,
    },
    inventory: {
      look: async (_server, { that }) => {
        looks.push(clock.elapsed());
        await clock.advance(trouble.looking ?? 0);
        if (trouble.silent === 'Looking' && looks.length === 2) await fallSilent?.();
        server = trouble.edited?.(server) ?? server;
        // It has just come: only a reading that begins now shows it.
        const isNew = looks.length === 2 && that === 'Began';
        const appeared = isNew && trouble.appears !== undefined ? [aMachine(trouble.appears)] : [];
        const shown = looks.length === 3 ? lateDependents(trouble.late) : undefined;
        const observation = { ...found.observation, dependents: shown ?? read(dependents({ machines: appeared })) };
        return { observation, judgeBackup: nothing };
      },
    },
    accounts: accountsOf({ account, trouble, clock, looks, journal }),
    payments: { of: nothing },
    refundRates: undefined,
    haltSwitch: {
      read: async () => (journal.length > 0 ? haltOf(trouble.haltedLate) : haltAfter(looks.length, trouble)),
    },
    budget: {
      limits: { open: 1, perHour: 1 },
      exceeded: () => undefined,
      take: () => (trouble.overBudget ? undefined : () => undefined),
    },
    lookAgainAfter: betweenLooks,
    forcedReleases: new Map(),
    goneCalls: createGoneCalls(),
    terms,
    callsDeadAfter: hours(1),
    mode: 'Place',
    holder: 'operator-0',
    polls: everyMinute(clock),
    clockBound: minutes(1),
    callTimeout: seconds(5),
    leaseLeft: () => milliseconds((trouble.lease ?? seconds(120)) - (clock.elapsed() - began)),
    clock: { ...clock, sleep: (duration) => clock.advance(duration) },
    log: pino({ level: 'silent' }),
    announce: (_, { reason }) => void announced.push(reason),
    remind: () => undefined,
  };
}

function accountsOf({
  account,
  trouble: { exchanged, ...trouble },
  clock,
  looks,
  journal,
}: Pick<Around, 'account' | 'trouble' | 'clock' | 'looks' | 'journal'>): RequestContext['accounts'] {
  const began = clock.elapsed();
  const exchangedAt: Record<string, number> = { KeysAtLook: 2, KeysAtIntent: 3 };
  let asked = 0;
  const isGuessed = () => trouble.guessed || (trouble.guessedLate && journal.length > 0);
  const opened: typeof account = {
    ...account,
    billingTime: () =>
      isGuessed() ? { at: clock.now(), bound: undefined, asleep: milliseconds(0) } : account.billingTime(),
    keyOwner: async () => {
      asked += 1;
      // Asked at each look, and for the intent.
      const isAnother = asked >= (exchangedAt[exchanged ?? ''] ?? Number.POSITIVE_INFINITY);
      return isAnother ? 'another' : account.domainId();
    },
  };
  const reopened = { ...opened };
  const looksBefore: Record<string, number> = { AtFirst: 1, AtSecond: 2 };
  const isReopened = () =>
    looks.length >= (looksBefore[exchanged ?? ''] ?? Number.POSITIVE_INFINITY) ||
    (exchanged === 'Between' && clock.elapsed() > began);
  return { accountOf: async () => read(isReopened() ? reopened : opened) };
}

function lateDependents(late: Trouble['late']): ServerObservation['dependents'] | undefined {
  switch (late) {
    case undefined:
      return undefined;
    case 'Machine':
      return read(dependents({ machines: [aMachine('vm-late')] }));
    case 'Unreadable':
      return unreadable();
    case 'Failing':
      throw new Error('a mistake of ours');
  }
}

function afterIntent<T extends { metadata: Metadata }>(object: T, found: Change): Parsed<T> | undefined {
  const { metadata } = object;
  const changed = (changes: Partial<Metadata>): Parsed<T> => ({
    kind: 'Readable',
    object: { ...object, metadata: { ...metadata, ...changes } },
  });
  switch (found) {
    case 'Gone':
      return undefined;
    case 'Deleting':
      return changed({ deletionTimestamp: '2026-03-01T12:00:00Z' });
    case 'Anew':
      return changed({ uid: 'another' });
    case 'Edited':
      return changed({ generation: metadata.generation + 1 });
    case 'Left':
      return changed({ labels: { installation: 'south' } });
    case 'Held':
      return changed({ annotations: { 'hold.dcc-operator.io/audit': 'wait' } });
    case 'Unreadable':
      return { kind: 'Unreadable', metadata, problem: 'no region' };
    case 'Failing':
      throw new KubernetesError('Unreachable', 'no answer');
  }
}

/** Each look asks, and whoever writes the intent asks once more. */
const asked = new WeakMap<Trouble, number>();
function haltAfter(looks: number, trouble: Trouble): Awaited<ReturnType<RequestContext['haltSwitch']['read']>> {
  const times = (asked.get(trouble) ?? 0) + 1;
  asked.set(trouble, times);
  return haltOf(looks < 2 || times < 3 ? undefined : trouble.halted);
}

function haltOf(halted: Trouble['haltedLate']): Awaited<ReturnType<RequestContext['haltSwitch']['read']>> {
  if (halted === undefined) return read(undefined);
  if (halted === 'OutOfTime') throw new Error('the pass has run out of time');
  return halted === 'Unreadable' ? unreadable() : read({ configMap: 'ConfigMap a/b', reason: undefined });
}

const withoutAccount = (status: UnsubscriptionRequestStatus): UnsubscriptionRequestStatus => ({
  ...status,
  placements: status.placements?.map(({ account: _, ...call }) => call),
});

describe('an order for which everything holds', () => {
  test('is intended, sent once and accepted', async () => {
    const { settled, journal, orders } = await placing();
    expect(settled).toMatchObject({ kind: 'Attempted' });
    expect(journal).toEqual(['Intended', 'Accepted']);
    expect(orders).toBe(1);
  });

  test('is looked at twice, some seconds apart, and once more right after it left', async () => {
    const { looks } = await placing();
    expect(looks).toEqual([0, betweenLooks, betweenLooks]);
  });

  test.each([
    ['Machine', 'VirtualMachineAppeared'],
    ['Unreadable', 'CannotLookAgain'],
    ['Failing', 'CannotLookAgain'],
  ] as const)(
    'says what is seen right after it left (%s), also when its outcome cannot be written',
    async (late, event) => {
      const { settled, announced, trail } = await placing({ late });
      expect(settled).toMatchObject({ kind: 'Attempted' });
      expect(announced).toEqual(['OrderIntended', event]);
      const [line, level] = event === 'CannotLookAgain' ? [event, 'warn'] : ['MachinesAppeared', 'error'];
      expect(trail).toContainEqual(expect.objectContaining({ audit: line, level, server: 'server-1' }));
      const lost = await placing({ late, outcomeLost: true });
      expect(lost.settled).toBeInstanceOf(Error);
      expect(lost).toMatchObject({ announced: ['OrderIntended', event], journal: ['Intended'], orders: 1 });
    },
  );

  test('is not even intended when the second look shows what the first did not, and that is said', async () => {
    const { settled, journal, orders } = await placing({ appears: 'vm-1' });
    expect(settled).toMatchObject({
      kind: 'Changed',
      decision: { do: 'Wait', for: 'Blocked', message: expect.stringContaining('vm-1') },
    });
    expect({ journal, orders }).toEqual({ journal: [], orders: 0 });
  });

  test.each(['Halted', 'Unreadable'] as const)(
    'is not even intended when people halt the operator after the last look: %s',
    async (halted) => {
      const { settled, journal, orders } = await placing({ halted });
      expect(settled).toMatchObject({
        kind: 'Changed',
        decision: { do: 'Wait', for: 'RetryLater', message: expect.stringContaining('halted') },
      });
      expect({ journal, orders }).toEqual({ journal: [], orders: 0 });
    },
  );

  test('is not even intended when the time of the cloud was only guessed, and that is said', async () => {
    const { settled, journal, orders } = await placing({ guessed: true });
    expect(settled).toMatchObject({
      kind: 'Changed',
      decision: { do: 'Wait', for: 'RetryLater', message: expect.stringContaining("The billing centre's time") },
    });
    expect({ journal, orders }).toEqual({ journal: [], orders: 0 });
  });

  test.each(['AtFirst', 'Between', 'AtSecond'] as const)(
    'is not even intended when the looks were not by one account, and that is said: %s',
    async (exchanged) => {
      const { settled, journal, orders } = await placing({ exchanged });
      expect(settled).toMatchObject({
        kind: 'Changed',
        decision: { do: 'Wait', for: 'RetryLater', message: expect.stringContaining('The credentials of the servers') },
      });
      expect({ journal, orders }).toEqual({ journal: [], orders: 0 });
    },
  );

  test.each([
    ['KeysAtLook', []],
    ['KeysAtIntent', ['Cleared', 'IntentNotRecorded']],
  ] as const)(
    'is not even intended when the keys are those of another account by then: %s',
    async (exchanged, expected) => {
      const { settled, journal, orders, trail } = await placing({ exchanged });
      expect(settled).toMatchObject({ message: expect.stringContaining('the key is of another') });
      expect({ journal, orders }).toEqual({ journal: [], orders: 0 });
      expect(trail.map(({ audit }) => audit)).toEqual(expected);
    },
  );

  test('is not even intended when another order has taken the last room in the budget, and that is said', async () => {
    const { settled, journal, orders } = await placing({ overBudget: true });
    expect(settled).toMatchObject({
      kind: 'Changed',
      decision: { do: 'Wait', for: 'RetryLater', message: expect.stringContaining('budget') },
    });
    expect({ journal, orders }).toEqual({ journal: [], orders: 0 });
  });

  test('keeps the plan with the estimate that was approved with it', async () => {
    const plan = planOf(approvedSnapshot());
    if (plan === undefined) throw new Error('there is no plan');
    const estimate = { note: 'No estimate.' };
    const { settled } = await placing({}, { status: { plan: { ...plan, estimate } } });
    expect(settled).toMatchObject({ request: { status: { plan: { id: plan.id, estimate } } } });
    const other = await placing({}, { status: { plan: { ...plan, id: anotherPlanId, estimate } } });
    expect(other.settled).toMatchObject({ request: { status: { plan } } });
    expect(other.settled).not.toHaveProperty('request.status.plan.estimate');
  });

  test('is not even intended when its request left to another operator since it was decided upon', async () => {
    const { settled, journal, orders } = await placing({ left: 'Request' });
    expect(settled).toEqual({ kind: 'Gone' });
    expect(journal).toEqual([]);
    expect(orders).toBe(0);
  });

  test('is not even intended when its server did, and that is said', async () => {
    const { settled, journal, orders } = await placing({ left: 'Server' });
    const servers = [{ kind: 'NotSelected', name: 'server-1', selector: 'installation=north' }];
    expect(settled).toMatchObject({ kind: 'Changed', decision: { do: 'Wait', for: 'Blocked' }, snapshot: { servers } });
    expect(journal).toEqual([]);
    expect(orders).toBe(0);
  });

  test('is not even intended when its server did while it was looked at', async () => {
    const { settled, journal, orders } = await placing({ edited: unlabelled });
    const servers = [{ kind: 'Unreadable', problem: 'It changed while it was looked at.' }];
    expect(settled).toMatchObject({ kind: 'Changed', decision: { do: 'Wait', for: 'Blocked' }, snapshot: { servers } });
    expect(journal).toEqual([]);
    expect(orders).toBe(0);
  });

  test('is not even intended when the last look took too long, and that is said', async () => {
    const { settled, journal, orders } = await placing({ looking: seconds(61) });
    expect(settled).toMatchObject({ kind: 'Changed', decision: { do: 'Wait', for: 'RetryLater' } });
    expect({ journal, orders }).toEqual({ journal: [], orders: 0 });
  });

  test('is not intended when its server was edited while it was looked at', async () => {
    const edited = (server: DCCServer) => ({
      ...server,
      metadata: { ...server.metadata, generation: server.metadata.generation + 1 },
    });
    const { settled, journal, orders } = await placing({ edited });
    expect(settled).toMatchObject({ kind: 'Changed', decision: { do: 'Wait', for: 'Blocked' } });
    expect({ journal, orders }).toEqual({ journal: [], orders: 0 });
  });

  test('is not begun when the billing centre fell silent since the last look: no intent is written', async () => {
    const { settled, journal, orders } = await placing({ silent: 'Looking' });
    expect(settled).toMatchObject({ class: 'Unreachable', code: 'CircuitOpen' });
    expect({ journal, orders }).toEqual({ journal: [], orders: 0 });
  });

  test('is not sent when the billing centre fell silent while the intent was written', async () => {
    const { journal, orders } = await placing({ silent: 'Writing' });
    expect({ journal, orders }).toEqual({ journal: ['Intended', 'NotSent'], orders: 0 });
  });

  test('is not sent when the process was held up after the intent', async () => {
    const { journal, orders } = await placing({ writing: seconds(61) });
    expect({ journal, orders }).toEqual({ journal: ['Intended', 'NotSent'], orders: 0 });
  });

  test.each([0, 5, 10])(
    'is not even intended when the lease has %i s left, of a call of 5 s, and that is said',
    async (left) => {
      const { settled, journal, orders } = await placing({ lease: betweenLooks + seconds(left) });
      expect(settled).toMatchObject({
        kind: 'Changed',
        decision: { do: 'Wait', for: 'RetryLater', message: expect.stringContaining('lease') },
      });
      expect({ journal, orders }).toEqual({ journal: [], orders: 0 });
    },
  );

  test('is sent when the lease outlives the call and the margin', async () => {
    const { journal, orders } = await placing({ lease: betweenLooks + seconds(10) + 1 });
    expect({ journal, orders }).toEqual({ journal: ['Intended', 'Accepted'], orders: 1 });
  });

  test('is not sent when the lease came too close to its end while the intent was written, and the journal says so', async () => {
    const { settled, journal, orders } = await placing({ lease: betweenLooks + seconds(20), writing: seconds(10) });
    expect({ journal, orders }).toEqual({ journal: ['Intended', 'NotSent'], orders: 0 });
    expect(settled).toMatchObject({
      request: { status: { placements: [{ state: 'NotSent', detail: expect.stringMatching(/^The lease/) }] } },
    });
  });

  test.each([
    ['Gone', 'was deleted'],
    ['Deleting', 'is being deleted'],
    ['Edited', 'was changed'],
    ['Left', 'has been left to another installation'],
    ['Held', 'is held back'],
    ['Anew', 'was made anew'],
    ['Unreadable', 'cannot be understood'],
    ['Failing', 'could not be read'],
  ] as const)(
    'is not sent when its server or its request is found %s once the intent is written',
    async (found, words) => {
      for (const [trouble, what] of [
        [{ found }, 'DCCServer server-1'],
        // The outcome is written to whatever the request is by then.
        [{ requestFound: found }, 'UnsubscriptionRequest retire'],
      ] as const) {
        const { settled, journal, orders } = await placing(trouble);
        expect({ journal, orders }).toEqual({ journal: ['Intended', 'NotSent'], orders: 0 });
        const detail = expect.stringContaining(`${what} ${words}`);
        expect(settled).toMatchObject({ request: { status: { placements: [{ state: 'NotSent', detail }] } } });
      }
    },
  );

  test('is not sent when the deadline cannot be judged any more', async () => {
    const request = { spec: { deadline: '2099-01-01T00:00:00Z' } };
    const { settled, orders } = await placing({ guessedLate: true }, request);
    expect(orders).toBe(0);
    const detail = expect.stringContaining("The billing centre's time was not known any more");
    expect(settled).toMatchObject({ request: { status: { placements: [{ state: 'NotSent', detail }] } } });
  });

  test.each([
    ['sent', seconds(1), 'Accepted'],
    ['not sent', seconds(40), 'NotSent'],
  ] as const)('is %s when the machine slept for %i ms and the deadline was 30 s ahead', async (_, sleeps, state) => {
    const deadline = new Date(Date.now() + seconds(30)).toISOString();
    const { settled, orders } = await placing({ sleeps }, { spec: { deadline } });
    expect(orders).toBe(state === 'Accepted' ? 1 : 0);
    expect(settled).toMatchObject({ request: { status: { placements: [{ state }] } } });
    if (state === 'Accepted') return;
    const detail = expect.stringMatching(/^The deadline .* may have come .* slept for 40 s, or its clock was set\.$/);
    expect(settled).toMatchObject({ request: { status: { placements: [{ detail }] } } });
  });

  test.each(['Halted', 'Unreadable', 'OutOfTime'] as const)(
    'is not sent when the operator is halted once the intent is written: %s',
    async (haltedLate) => {
      const { settled, journal, orders } = await placing({ haltedLate });
      expect({ journal, orders }).toEqual({ journal: ['Intended', 'NotSent'], orders: 0 });
      const detail = expect.stringContaining('The operator was halted');
      expect(settled).toMatchObject({ request: { status: { placements: [{ detail }] } } });
    },
  );

  test('is not sent when the API server did not keep the intent as it was written', async () => {
    const { settled, orders } = await placing({ stored: withoutAccount });
    expect(settled).toMatchObject({ message: expect.stringContaining('did not keep the status') });
    expect(orders).toBe(0);
  });

  test('is not even intended when the API server did not keep the plan as it was written', async () => {
    const plan = planOf(approvedSnapshot()) ?? expect.fail('there is no plan');
    const pruned = plan.orders.map(({ serverUids: _, ...order }) => order);
    const { settled, journal, orders } = await placing({}, { status: { plan: { ...plan, orders: pruned } } });
    expect(settled).toMatchObject({ message: expect.stringContaining('did not keep the status') });
    expect({ journal, orders }).toEqual({ journal: [], orders: 0 });
  });

  test('is not sent when the intent conflicts: somebody knows more', async () => {
    const conflict = new KubernetesError('Conflict', 'the object has been modified');
    const { settled, orders, trail } = await placing({
      stored: () => {
        throw conflict;
      },
    });
    expect(settled).toBe(conflict);
    expect(orders).toBe(0);
    expect(trail.slice(-1)).toMatchObject([
      { audit: 'IntentNotRecorded', level: 'warn', call: '1.1', detail: 'the object has been modified.' },
    ]);
  });
});

describe('the log of an order that the last look refuses', () => {
  const kinds = (trail: readonly AuditLine[][]) => trail.map((lines) => lines.map(({ audit }) => audit));

  test('says so once, though each pass comes to the same again', async () => {
    const trail = await trailOf(3, { lease: seconds(10) });
    expect(kinds(trail)).toEqual([['Refused'], [], []]);
    expect(trail[0]).toMatchObject([
      { call: '1.1', reason: 'RetryLater', detail: expect.stringMatching(/^The lease/) },
    ]);
  });

  test('says what appeared between the looks, and that it blocks', async () => {
    const trail = await trailOf(1, { appears: 'vm-1' });
    expect(trail[0]).toMatchObject([
      { audit: 'Refused', reason: 'Blocked', blockers: ['DependentsDrained/VirtualMachinesRemain server-1'] },
    ]);
  });

  test('says that two looks cleared it, and that it was refused after them all the same', async () => {
    expect(kinds(await trailOf(1, { overBudget: true }))).toEqual([['Cleared', 'Refused']]);
  });

  test('says that the request left', async () => {
    expect(await trailOf(1, { left: 'Request' })).toMatchObject([[{ audit: 'Refused', reason: 'Gone' }]]);
  });

  test('has each step of one that is placed, and that it did not leave when it was held up', async () => {
    const steps = ['Cleared', 'IntentRecorded', 'Sending', 'Outcome', 'OutcomeWritten'];
    expect(kinds(await trailOf(1, {}))).toEqual([steps]);
    const [heldUp = []] = await trailOf(1, { writing: seconds(61) });
    expect(kinds([heldUp])).toEqual([steps]);
    expect(heldUp).toContainEqual(expect.objectContaining({ audit: 'Outcome', state: 'NotSent' }));
    expect(kinds(await trailOf(1, { found: 'Gone' }))).toEqual([steps.filter((step) => step !== 'Sending')]);
  });
});
