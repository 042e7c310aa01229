import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import { KubernetesError } from '../../../operator/kubernetes/errors.ts';
import {
  createLeaderElection,
  type LeaderElection,
  LeaseLostError,
  leadAlone,
} from '../../../operator/kubernetes/leader-election/leader-election.ts';
import { createLeaderElectionMetrics } from '../../../operator/kubernetes/metrics/leader-election.ts';
import { createVirtualClock, type VirtualClock } from '../../virtual-clock.ts';
import { createLeaseTable, type LeaseTable, type Trouble, times } from './leader-election-store.ts';

let clock: VirtualClock;
let table: LeaseTable;
let registry: Registry;
let log: string[];
let stopping: AbortController;
let metricsOf: ReturnType<typeof createLeaderElectionMetrics>;
beforeEach(() => {
  clock = createVirtualClock();
  table = createLeaseTable(clock);
  registry = new Registry();
  metricsOf = createLeaderElectionMetrics(registry);
  log = [];
  stopping = new AbortController();
});
afterEach(async () => {
  stopping.abort();
  await clock.settle();
  expect(clock.sleepers, 'timers that were left behind').toBeLessThanOrEqual(1);
});

/** A process that stands for election. */
function candidate(identity: string, troubles: Trouble[] = []): LeaderElection {
  const election = createLeaderElection({
    store: table.storeFor(troubles),
    name: 'system/operator',
    identity,
    times,
    clock,
    log: pino({ level: 'info' }, { write: (line: string) => void log.push(line) }),
    metrics: metricsOf(identity),
  });
  election.campaign(stopping.signal).catch(() => undefined);
  return election;
}

async function leader(identity: string, troubles: Trouble[] = []): Promise<LeaderElection> {
  const election = candidate(identity, troubles);
  await clock.settle();
  expect(election.isLeader()).toBe(true);
  return election;
}

const holder = () => table.current?.record.holderIdentity;
const spec = () => table.current?.object.spec;
const heldBySilent = (changes: object = {}) =>
  table.edit({ holderIdentity: 'silent', leaseDurationSeconds: 60, leaseTransitions: 3, ...changes });

const none: Trouble = { kind: 'None' };
const unreachable = (): Trouble => ({
  kind: 'Refused',
  error: new KubernetesError('Unreachable', 'connection refused'),
});
const always = (trouble: () => Trouble): Trouble[] => Array.from({ length: 1_000 }, trouble);

describe('a lease that nobody holds', () => {
  test('is created by the first who comes, with its identity and its duration', async () => {
    await leader('a_1');
    expect(spec()).toEqual({
      holderIdentity: 'a_1',
      leaseDurationSeconds: 60,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
  });

  test('is taken at once when it was given back, and that counts as a transition', async () => {
    table.edit({ holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 3 });
    await leader('a_1');
    expect(spec()).toMatchObject({ holderIdentity: 'a_1', leaseDurationSeconds: 60, leaseTransitions: 4 });
  });

  test('goes to one of two who come at the same time', async () => {
    const both = [candidate('a_1'), candidate('b_2')];
    await clock.advance(seconds(300));
    expect(both.map((election) => election.isLeader()).filter(Boolean)).toHaveLength(1);
    expect(both.map((election) => election.lost.aborted)).toEqual([false, false]);
  });
});

describe('a leader', () => {
  test('renews every ten seconds, and keeps what it does not own', async () => {
    await leader('a_1');
    table.edit({ ...Object(spec()), preferredHolder: 'b' }, { labels: { team: 'dc' } });
    await clock.advance(seconds(10));
    expect(spec()).toMatchObject({ renewTime: '2026-01-01T00:00:10.000000Z', preferredHolder: 'b' });
    expect(spec()).toMatchObject({ acquireTime: '2026-01-01T00:00:00.000000Z', leaseTransitions: 0 });
    expect(table.current?.object.metadata.labels).toEqual({ team: 'dc' });
    await clock.advance(seconds(600));
    expect(table.written).toHaveLength(1 + 1 + 61);
  });

  test('counts its time from before it sent the renewal', async () => {
    const election = await leader('a_1', [none, none, { kind: 'Slow', asking: 2_000, answering: 2_000 }]);
    expect(election.timeLeft()).toBe(seconds(60));
    await clock.advance(seconds(10));
    expect(election.timeLeft()).toBe(seconds(50));
    await clock.advance(seconds(4));
    expect(election.timeLeft()).toBe(seconds(56));
  });

  test('goes on after a renewal whose answer was lost', async () => {
    const election = await leader('a_1', [none, none, { kind: 'Lost', effect: true }]);
    await clock.advance(seconds(600));
    expect(election.isLeader()).toBe(true);
    expect(await registry.metrics()).toContain('leader_election_slowpath_total{name="a_1"} 1');
  });

  test('steps down when it cannot renew for forty seconds, twenty before anybody else may lead', async () => {
    const election = await leader('a_1', [none, none, ...always(unreachable)]);
    await clock.advance(seconds(40) - 1);
    expect(election.timeLeft()).toBe(20_001);
    expect(election.lost.aborted).toBe(false);
    await clock.advance(1);
    expect(election.lost.reason).toBeInstanceOf(LeaseLostError);
    expect({ leads: election.isLeader(), left: election.timeLeft() }).toEqual({ leads: false, left: 0 });
  });

  test('steps down in time also when its requests hang', async () => {
    const election = await leader('a_1', [none, none, ...always((): Trouble => ({ kind: 'Lost', effect: false }))]);
    await clock.advance(seconds(40));
    expect(election.lost.aborted).toBe(true);
  });

  test('tries again soon when a renewal fails, and says so once', async () => {
    const election = await leader('a_1', [none, none, unreachable(), unreachable(), unreachable()]);
    await clock.advance(seconds(16));
    expect(election.timeLeft()).toBe(seconds(60));
    expect(log.filter((line) => line.includes('could not renew the lease'))).toHaveLength(1);
  });

  test.each([
    ['another one holds the lease', () => heldBySilent(), /held by silent/],
    ['the lease was taken from it', () => heldBySilent({ holderIdentity: '' }), /held by nobody/],
    ['the Lease was deleted', () => table.delete(), /deleted/],
  ])('steps down at once when it sees that %s', async (_, change, why) => {
    const election = await leader('a_1');
    change();
    await clock.advance(seconds(10));
    expect(election.lost.reason).toMatchObject({ message: expect.stringMatching(why) });
    const before = table.written.length;
    await clock.advance(seconds(600));
    expect(table.written, 'it wrote after it had lost').toHaveLength(before);
  });

  test('that lost does not lead again', async () => {
    const election = await leader('a_1', [none, none, ...Array.from({ length: 20 }, unreachable)]);
    await clock.advance(seconds(600));
    expect(election.isLeader()).toBe(false);
  });

  test('knows at once that its time is over when the machine slept: the clock that measures stood still', async () => {
    const election = await leader('a_1');
    clock.jump(seconds(40));
    expect({ left: election.timeLeft(), lost: election.lost.aborted }).toEqual({ left: 0, lost: true });
  });

  test('does not believe a wall clock that was set back', async () => {
    const election = await leader('a_1', [none, none, ...always(unreachable)]);
    await clock.advance(seconds(20));
    clock.jump(-seconds(3_600));
    expect(election.timeLeft()).toBe(seconds(40));
    await clock.advance(seconds(20));
    expect(election.isLeader()).toBe(false);
  });

  test('does not take a write that stored nothing for a renewal', async () => {
    const election = await leader('a_1');
    await clock.advance(seconds(9));
    clock.jump(-seconds(10));
    await clock.advance(seconds(1));
    expect(spec()).toMatchObject({ renewTime: '2026-01-01T00:00:00.000000Z' });
    expect(election.timeLeft()).toBe(seconds(50));
    await clock.advance(seconds(2));
    expect(election.timeLeft()).toBe(seconds(60));
  });
});

describe('a candidate', () => {
  test('takes a lease after exactly the duration that its record says, from when it first saw it', async () => {
    heldBySilent({ leaseDurationSeconds: 25 });
    await clock.advance(seconds(1_000));
    const election = candidate('a_1');
    await clock.settle();
    await clock.advance(seconds(25) - 1);
    expect(election.isLeader()).toBe(false);
    await clock.advance(1);
    expect(election.isLeader()).toBe(true);
    expect(spec()).toMatchObject({ holderIdentity: 'a_1', leaseTransitions: 4 });
  });

  test('waits anew whenever the record changes', async () => {
    heldBySilent();
    const election = candidate('a_1');
    await clock.advance(seconds(59));
    heldBySilent({ renewTime: 'any text: times are never compared' });
    await clock.advance(seconds(60));
    expect(election.isLeader()).toBe(false);
    await clock.advance(seconds(2));
    expect(election.isLeader()).toBe(true);
  });

  test('does not take a label for a sign of life', async () => {
    heldBySilent();
    const election = candidate('a_1');
    await clock.advance(seconds(59));
    table.edit(spec(), { labels: { team: 'dc' } });
    await clock.advance(seconds(1));
    expect(election.isLeader()).toBe(true);
  });

  test('is not hurried by a wall clock that is set forward', async () => {
    heldBySilent();
    const election = candidate('a_1');
    await clock.advance(seconds(2));
    clock.jump(seconds(3_600));
    await clock.advance(seconds(57));
    expect(election.isLeader()).toBe(false);
  });

  test('waits for a holder also when somebody deletes the Lease: the holder does not know yet', async () => {
    heldBySilent();
    const election = candidate('a_1');
    await clock.advance(seconds(4));
    table.delete();
    await clock.advance(seconds(56) - 1);
    expect(election.isLeader()).toBe(false);
    await clock.advance(1);
    expect(election.isLeader()).toBe(true);
  });

  test('that took the lease by a request whose answer was lost leads when it sees that', async () => {
    const election = candidate('a_1', [none, { kind: 'Lost', effect: true }]);
    await clock.advance(seconds(10));
    expect({ holder: holder(), leads: election.isLeader() }).toEqual({ holder: 'a_1', leads: false });
    await clock.advance(seconds(2));
    expect(election.timeLeft()).toBe(seconds(60));
  });

  test('does not lead by an answer that came when the time was over, but by the next one', async () => {
    const election = candidate('a_1', [none, { kind: 'Slow', asking: 0, answering: 1_000 }]);
    await clock.settle();
    clock.jump(seconds(40));
    await clock.advance(seconds(1));
    expect({ holder: holder(), leads: election.isLeader() }).toEqual({ holder: 'a_1', leads: false });
    expect(election.lost.aborted).toBe(false);
    await clock.advance(seconds(2));
    expect(election.isLeader()).toBe(true);
  });

  test('goes on when the API server refuses, and says once what is wrong', async () => {
    const forbidden = (): Trouble => ({
      kind: 'Refused',
      error: new KubernetesError('Forbidden', 'leases "operator" is forbidden'),
    });
    const election = candidate('a_1', Array.from({ length: 100 }, forbidden));
    await clock.advance(seconds(100));
    expect(log.filter((line) => line.includes('is forbidden'))).toHaveLength(1);
    expect(election.state().problem).toContain('is forbidden');
    await clock.advance(seconds(120));
    expect({ leads: election.isLeader(), problem: election.state().problem }).toEqual({
      leads: true,
      problem: undefined,
    });
  });

  test('says who leads, once each', async () => {
    heldBySilent();
    candidate('a_1');
    await clock.advance(seconds(30));
    expect(log.filter((line) => line.includes('"holder":"silent"'))).toHaveLength(1);
  });

  test.each<[what: string, spec: unknown]>([
    ['no spec', undefined],
    ['an empty spec', {}],
    ['a spec that is none', 'garbage'],
    ['nobody, and nonsense', { holderIdentity: null, leaseDurationSeconds: 'x', leaseTransitions: -1, acquireTime: 7 }],
  ])('takes a Lease with %s at once', async (_, garbage) => {
    table.edit(garbage);
    await leader('a_1');
    expect(spec()).toMatchObject({ holderIdentity: 'a_1', leaseDurationSeconds: 60, leaseTransitions: 1 });
  });

  test.each<[what: string, spec: object]>([
    ['does not say for how long', {}],
    ['says so in nonsense', { leaseDurationSeconds: 'long' }],
    ['says zero', { leaseDurationSeconds: 0 }],
    ['is held by something that is no text', { holderIdentity: { name: 'x' } }],
  ])('waits for its own duration when the record %s', async (_, garbage) => {
    table.edit({ holderIdentity: 'silent', ...garbage });
    const election = candidate('a_1');
    await clock.settle();
    await clock.advance(seconds(60) - 1);
    expect(election.isLeader()).toBe(false);
    await clock.advance(1);
    expect(election.isLeader()).toBe(true);
  });

  test('that is told to stop stops, and leaves no trace', async () => {
    heldBySilent();
    const election = candidate('a_1');
    await clock.advance(seconds(3));
    stopping.abort();
    await election.release();
    await clock.advance(seconds(600));
    expect(holder()).toBe('silent');
  });
});

describe('a lease that is given back', () => {
  test('before its process heard that it has it, is free, and that process does not lead', async () => {
    const election = candidate('a_1', [none, { kind: 'Slow', asking: 0, answering: 1_000 }]);
    await clock.advance(1);
    expect(holder()).toBe('a_1');
    await election.release();
    await clock.advance(seconds(2));
    expect({ holder: holder(), leads: election.isLeader() }).toEqual({ holder: '', leads: false });
  });

  test('is held by nobody, keeps its count, and the next one leads within two seconds', async () => {
    const first = await leader('a_1');
    const second = candidate('b_2');
    await clock.advance(seconds(25));
    await first.release();
    expect({ holder: holder(), leads: first.isLeader(), left: first.timeLeft() }).toEqual({
      holder: '',
      leads: false,
      left: 0,
    });
    expect(spec()).toMatchObject({ leaseDurationSeconds: 1, leaseTransitions: 0 });
    await clock.advance(seconds(2));
    expect(second.isLeader()).toBe(true);
    expect(spec()).toMatchObject({ leaseTransitions: 1 });
    expect(first.lost.aborted, 'giving back is no loss').toBe(false);
  });

  test('is given back also when a renewal is under way, or its answer was lost', async () => {
    const first = await leader('a_1', [none, none, { kind: 'Lost', effect: true }]);
    await clock.advance(seconds(11));
    const released = first.release();
    await clock.advance(seconds(10));
    await released;
    expect(holder()).toBe('');
  });

  test('is left alone when another one holds it by now', async () => {
    const first = await leader('a_1');
    heldBySilent();
    await first.release();
    expect(holder()).toBe('silent');
  });

  test('is given back by a process that stepped down while nobody else came', async () => {
    const first = await leader('a_1');
    clock.jump(seconds(3_600));
    expect(first.isLeader()).toBe(false);
    await first.release();
    expect(holder()).toBe('');
  });

  test('is not waited for when the API server does not answer', async () => {
    const first = await leader('a_1', [none, none, { kind: 'Lost', effect: false }]);
    const released = first.release();
    await clock.advance(seconds(10));
    await released;
    expect(holder()).toBe('a_1');
    expect(log.join('')).toContain('the lease was not given back');
  });
});

describe('what people see', () => {
  test('is who leads, for how long, and since when', async () => {
    const first = await leader('a_1');
    const second = candidate('b_2');
    await clock.advance(seconds(13));
    expect(first.state()).toEqual({
      identity: 'a_1',
      holder: 'a_1',
      leading: true,
      timeLeft: seconds(57),
      lastRenewal: '2026-01-01T00:00:10.000Z',
      lateness: 0,
    });
    expect(second.state()).toMatchObject({ holder: 'a_1', leading: false, timeLeft: 0, lastRenewal: undefined });
    const metrics = await registry.metrics();
    expect(metrics).toContain('leader_election_master_status{name="a_1"} 1');
    expect(metrics).toContain('leader_election_master_status{name="b_2"} 0');
    await first.release();
    expect(await registry.metrics()).toContain('leader_election_master_status{name="a_1"} 0');
  });

  test('is how late the election was woken', async () => {
    const first = await leader('a_1');
    await clock.advance(seconds(9));
    clock.jump(seconds(7));
    await clock.advance(seconds(1));
    expect(first.state()).toMatchObject({ leading: true, lateness: seconds(7), timeLeft: seconds(60) });
    expect(log.join('')).toContain('woken late');
  });

  test('is a problem when a loop hangs beyond the lease, or who lost does not end', async () => {
    const first = await leader('a_1');
    clock.jump(seconds(59));
    expect(first.problems()).toEqual([]);
    clock.jump(seconds(6));
    expect(first.problems()).toEqual(['the lease is over since 5 s, and the process still runs']);
    expect(first.isLeader()).toBe(false);
    expect(first.problems(), 'it is ending').toEqual([]);
    clock.jump(seconds(180));
    expect(first.problems()).toHaveLength(1);
    await first.release();
    expect(first.problems()).toEqual([]);
  });
});

test('a process alone always leads and has all the time there is', async () => {
  const election = leadAlone('laptop_1');
  await election.campaign(new AbortController().signal);
  expect({ leads: election.isLeader(), left: election.timeLeft(), problems: election.problems() }).toEqual({
    leads: true,
    left: Number.POSITIVE_INFINITY,
    problems: [],
  });
});
