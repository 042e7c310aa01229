import { describe, expect, test } from 'vitest';
import { milliseconds, minutes, seconds, systemClock } from '../../../operator/clock.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import type { OperatorProcess } from '../../operator-process.ts';
import { type FaultProxy, startFaultProxy } from '../kubernetes/fault-proxy.ts';
import { eventually } from './expectations.ts';
import { healthOf } from './health-client.ts';
import { aRequest } from './manifests.ts';
import { openProxiedCluster, openWayThrough, type ProxiedCluster } from './proxied-cluster.ts';
import { openScenarioWithoutOperator, type Scenario, type ScenarioOptions } from './scenario.ts';

const elected = { 'leader-election': 'Lease' };
/** Short to wait for, and long enough for a busy machine: requests for the lease may take 4 s. */
const leaseDuration = seconds(24);
const short = { ...elected, 'lease-duration': '24s' };

const open = (flags: Readonly<Record<string, string>>, options: ScenarioOptions = {}): Promise<Scenario> =>
  openScenarioWithoutOperator({ world: aWorld().withServer({ name: 'host-01' }), flags, ...options });

async function awaitApproval(scenario: Scenario): Promise<void> {
  await scenario.applyServers('host-01');
  await scenario.apply(aRequest('retire', ['host-01']));
  await scenario.expectRequest('retire').toReach('AwaitingApproval');
}

async function expectOneOrderInTheEnd(scenario: Scenario): Promise<void> {
  await scenario.expectRequest('retire').toReach('Complete', seconds(60));
  expect(scenario.orders).toHaveLength(1);
}

const leaseOf = async (scenario: Scenario) =>
  JSON.parse(await scenario.kubectl('get', 'lease', 'dcc-operator', '-o', 'json')).spec;

/** What an operator says of the election when people look into it. */
async function electionOf(operator: OperatorProcess) {
  const { body } = await (await healthOf(operator)).ask('/debug/state');
  return JSON.parse(body).leaderElection;
}

/** When a line with these words was logged, by the one clock of this machine. */
function loggedAt({ lines }: OperatorProcess, words: string): number {
  const line = lines.find((one) => one.includes(words)) ?? expect.fail(`it never said: ${words}`);
  return Date.parse(JSON.parse(line).time);
}

function holdUp({ pid, lines }: OperatorProcess): void {
  try {
    process.kill(pid, 'SIGSTOP');
  } catch {
    expect.fail(`the operator had ended before:\n${lines.slice(-10).join('\n')}`);
  }
}

/**
 * Waits until nothing is being written. What Node has taken for sending leaves in the next turn of its loop: a process that is
 * stopped between the two sends it late, and nobody can help that (`docs/decisions/0008`).
 */
async function awaitSilence({ requests }: FaultProxy): Promise<void> {
  let before: number;
  do {
    before = requests.length;
    await systemClock.sleep(milliseconds(500));
  } while (requests.length > before);
}

/** A way to the API server that remembers what went over it. */
async function openRecordedWay(): Promise<ProxiedCluster<FaultProxy>> {
  const proxy = await startFaultProxy();
  return openWayThrough(proxy, proxy.kubeConfig);
}

/** Each waits for the end of a lease at least once. */
const timeout = minutes(4);

describe.concurrent('of two operators', { timeout }, () => {
  test('one works and the other stands by with filled caches, until the first is stopped: then it works at once', async () => {
    // The lease lasts for a minute: whoever waited for its end would be late.
    await using scenario = await open(elected);
    const first = await scenario.operators.start();
    const second = await scenario.operators.startStandby();
    await awaitApproval(scenario);
    expect(second.lines.join('\n')).not.toContain('"msg":"working"');
    expect(await leaseOf(scenario)).toMatchObject({ leaseTransitions: 0, leaseDurationSeconds: 60 });
    expect(await electionOf(first)).toMatchObject({ leading: true, lateness: expect.any(Number) });
    const { identity } = await electionOf(first);
    expect(await electionOf(second)).toMatchObject({ leading: false, holder: identity, timeLeft: 0 });
    expect(await (await healthOf(second)).ask('/readyz'), 'a standby is ready').toMatchObject({ status: 200 });
    expect(await first.end('SIGTERM')).toBe(0);
    await second.ready;
    expect(loggedAt(second, '"msg":"working"') - loggedAt(first, 'gave the lease back')).toBeLessThan(seconds(20));
    expect(loggedAt(second, '"msg":"working"')).toBeGreaterThanOrEqual(loggedAt(first, 'gave the lease back'));
    expect(await leaseOf(scenario)).toMatchObject({ leaseTransitions: 1 });
    await scenario.approve('retire');
    await expectOneOrderInTheEnd(scenario);
  });

  test('the second works when the first was killed, after the time of its lease and not before', async () => {
    await using scenario = await open(short);
    const first = await scenario.operators.start();
    const second = await scenario.operators.startStandby();
    await awaitApproval(scenario);
    await first.end('SIGKILL');
    const killed = Date.now();
    await scenario.approve('retire');
    await second.ready;
    // The last renewal, which starts the time anew, was up to 4 s before.
    expect(loggedAt(second, '"msg":"working"') - killed).toBeGreaterThan(leaseDuration - seconds(6));
    await expectOneOrderInTheEnd(scenario);
  });

  test('the first, held up beyond its lease, writes nothing when it goes on, and ends with exit code 1', async () => {
    await using way = await openRecordedWay();
    // The proxy shares its process with all of this: it makes each connection slower.
    await using scenario = await open({ ...elected, 'lease-duration': '36s' }, { mayLogErrors: true });
    const first = await scenario.operators.start({ kubeconfig: way.kubeconfig });
    const second = await scenario.operators.startStandby();
    await awaitApproval(scenario);
    await awaitSilence(way.proxy);
    holdUp(first);
    await scenario.approve('retire');
    await second.ready;
    const takenOver = systemClock.elapsed();
    process.kill(first.pid, 'SIGCONT');
    expect(await first.exited).toBe(1);
    expect(loggedAt(first, 'the lease is lost')).toBeGreaterThan(loggedAt(second, '"msg":"working"'));
    expect(first.lines.at(-1)).toContain('"msg":"stopped"');
    await expectOneOrderInTheEnd(scenario);
    const writes = way.proxy.requests.filter(({ kind, path }) => kind === 'Write' && !path.endsWith('/dcc-operator'));
    expect(writes.length, 'what it wrote while it led').toBeGreaterThan(3);
    expect(writes.filter(({ at }) => at > takenOver)).toEqual([]);
    // Of the lease, at most what was on its way when it was held up: the version makes it fail.
    expect(await leaseOf(scenario)).toMatchObject({ leaseTransitions: 1 });
    expect(way.proxy.requests.filter(({ at }) => at > takenOver).length, 'that it went on at all').toBeGreaterThan(0);
  });

  test('the first, held up beyond its lease while its order is on the way, leaves one order, and a true journal', async () => {
    await using scenario = await open(short, { mayLogErrors: true });
    const first = await scenario.operators.start();
    const second = await scenario.operators.startStandby();
    await awaitApproval(scenario);
    const effect = { kind: 'delay', milliseconds: 1_000 } as const;
    await scenario.control.addFault({ operation: 'billing.unsubscribe', times: 1, effect });
    await scenario.approve('retire');
    await eventually(() => expect(scenario.cloud.faults.list()).toEqual([]));
    holdUp(first);
    await scenario.expectRequest('retire').toHaveCall('Intended');
    await second.ready;
    await expectOneOrderInTheEnd(scenario);
    process.kill(first.pid, 'SIGCONT');
    expect(await first.exited).toBe(1);
    const { status } = await scenario.expectRequest('retire').toReach('Complete');
    expect(status.placements).toMatchObject([{ id: '1.1', state: 'Accepted', result: 'Completed' }]);
    expect(scenario.orders).toHaveLength(1);
  });

  test('the first, cut from the API server, steps down before the second works', async () => {
    await using cluster = await openProxiedCluster();
    await using scenario = await open(short, { mayLogErrors: true });
    const first = await scenario.operators.start({ kubeconfig: cluster.kubeconfig });
    const second = await scenario.operators.startStandby();
    await awaitApproval(scenario);
    cluster.proxy.open = false;
    cluster.proxy.cut();
    expect(await first.exited).toBe(1);
    await second.ready;
    expect(loggedAt(first, 'the lease is lost')).toBeLessThan(loggedAt(second, '"msg":"working"'));
    await scenario.approve('retire');
    await expectOneOrderInTheEnd(scenario);
  });
});
