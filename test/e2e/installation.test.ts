import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { milliseconds, seconds } from '../../operator/clock.ts';
import { watchStatuses } from '../cluster/status-watch.ts';
import { aWorld } from '../huaweicloud/seed.ts';
import { trustIn } from '../integration/operator/cluster-issuer.ts';
import { eventually, requestExpectations } from '../integration/operator/expectations.ts';
import { aRequest, aServer } from '../integration/operator/manifests.ts';
import { type ObservedObjects, observeObjects } from '../integration/operator/observed-objects.ts';
import { type ReachableCloud, startReachableCloud } from './cloud.ts';
import { images } from './global-setup.ts';
import { chart, helm, helmOutput, untilReady } from './helm.ts';
import { apply, kube, prepareSystem, quickValuesFor, release, system, tryToApply, valuesFor } from './installation.ts';
import { describeNetworkPolicy } from './network-policy.ts';
import { olderChart } from './older-chart.ts';
import { describeOnCall } from './on-call.ts';
import { inWords, killContainer, leader, operatorPods } from './pods.ts';
import { describeProfiles } from './profiles.ts';
import { describeRefusals } from './refusals.ts';
import { describeRights } from './rights.ts';

/** Where people work. */
const team = 'team';
const servers = ['retired', 'killed', 'rolled', 'kept', 'stays', 'ours', 'theirs', 'profile', 'keyless', 'after'];

let cloud: ReachableCloud;
let objects: ObservedObjects;
let statuses: AsyncDisposable;
/** What was paid of a server whose refund the cloud wants to approve first. */
const largeRefund = '360000.00';
/** The pod that led when it was killed. */
let killed = '';

const installed = (values: object) =>
  helmOutput(['install', release, chart, '--namespace', system, ...untilReady], { ...values });
const upgraded = (values: object) =>
  helmOutput(['upgrade', release, chart, '--namespace', system, ...untilReady], {
    ...quickValuesFor(cloud),
    ...values,
  });
const request = (name: string) => requestExpectations(objects, name, []);

beforeAll(async () => {
  const world = aWorld(new Date(), await trustIn(inject('cluster').kubeconfig)).withVault('vault-01');
  for (const name of servers) world.withServer({ name }, name === 'killed' ? { paid: largeRefund } : {});
  world.withVm({ name: 'web-01' }, 'retired').withBackup('web-01');
  cloud = await startReachableCloud(world.build(), inject('cluster').address);
  await prepareSystem(cloud);
  await kube('create', 'namespace', team);
});

afterAll(async () => {
  objects?.close();
  await statuses?.[Symbol.asyncDispose]();
  await cloud?.[Symbol.asyncDispose]();
});

describe('installed with Helm', () => {
  test('a newer version brings its definitions, and what was stored before stays as it was', async () => {
    await using older = await olderChart('deadline');
    await helmOutput(['install', release, older.path, '--namespace', system], { ...valuesFor(cloud), replicaCount: 0 });
    await apply(team, aServer(cloud.world, 'stays'), aRequest('stays', ['stays'], { suspend: true }));
    const before = await kube('-n', team, 'get', 'dccserver,unsub', '-o', 'json');
    const dated = aRequest('dated', ['stays'], { deadline: '2099-01-01T00:00:00Z' });
    expect(await tryToApply(team, dated)).toContain('strict decoding error: unknown field "spec.deadline"');

    await helmOutput(['upgrade', release, chart, '--namespace', system], { ...valuesFor(cloud), replicaCount: 0 });
    expect(await kube('-n', team, 'get', 'dccserver,unsub', '-o', 'json')).toBe(before);
    expect(await eventually(() => tryToApply(team, dated))).toBe(
      'unsubscriptionrequest.dcc-operator.io/dated created\n',
    );
    await kube('-n', team, 'delete', 'unsub', 'dated');
  });

  test('two operators run, with nothing set but credentials and the cloud', async () => {
    await helmOutput(['upgrade', release, chart, '--namespace', system, ...untilReady], valuesFor(cloud));
    const running = `Running, ready, 0 restarts, ${images.installed}`;
    const pods = await operatorPods();
    expect(pods.map(inWords)).toEqual([running, running]);
    for (const { metadata, status } of pods) {
      const [started = ''] = status.containerStatuses.map(({ state }) => state.running?.startedAt);
      const log = await kube('-n', system, 'logs', metadata.name);
      const filled = /"time":"([^"]+)"[^\n]*the caches are filled/.exec(log)?.[1] ?? expect.fail(`no start in ${log}`);
      // The kubelet gives whole seconds.
      console.log(
        `from the start of the container until the caches were filled: ${Date.parse(filled) - Date.parse(started)} ms, up to 1 s less`,
      );
    }
  });

  test('they do so where the restricted standard keeps others out', async () => {
    const intruder = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'intruder' },
      spec: { hostNetwork: true, containers: [{ name: 'shell', image: images.installed }] },
    };
    expect(await tryToApply(system, intruder)).toContain('violates PodSecurity "restricted:latest": host namespaces');
  });

  test('the check before the start finds everything in order', async () => {
    await upgraded({ preflight: { enabled: true } });
    const pods = await operatorPods();
    expect(pods.map(({ status }) => status.initContainerStatuses.map(({ state }) => state.terminated))).toEqual(
      pods.map(() => [expect.objectContaining({ exitCode: 0, reason: 'Completed' })]),
    );
    const log = await kube('-n', system, 'logs', pods[0]?.metadata.name ?? '', '-c', 'preflight');
    // It warns of addresses that are not Huawei's.
    expect(log).toContain('\n26 checks: 20 OK, 1 WARNING, 5 SKIPPED\n');
  });
});

describe('used by a team', () => {
  beforeAll(() => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(inject('cluster').kubeconfig);
    objects = observeObjects(kubeConfig, team);
    statuses = watchStatuses(inject('cluster').kubeconfig);
  });

  test('a server is drained, approved and retired, with one order', async () => {
    await apply(team, aServer(cloud.world, 'retired'), aRequest('retired', ['retired']));
    await request('retired').toBeBlockedBy({
      condition: 'DependentsDrained',
      reason: 'VirtualMachinesRemain',
      server: 'retired',
    });
    await cloud.control.deleteVm('web-01', { immediately: true });
    await approve('retired');
    await request('retired').toReach('Complete');
    expect(await orderedServers()).toEqual([['retired']]);
  });

  test('the leader is killed while an order of it is open, and the next one follows it to its end', async () => {
    await apply(team, aServer(cloud.world, 'killed'), aRequest('killed', ['killed']));
    await approve('killed');
    const { status } = await request('killed').toHaveCall('Accepted');
    killed = await leader();
    await killContainer(killed);
    await eventually(async () => expect(await leader()).not.toBe(killed), seconds(60));
    const [orderId = ''] = (status.placements ?? []).flatMap(({ orders = [] }) => orders.map((order) => order.orderId));
    await cloud.control.approveRefund(orderId);
    await request('killed').toReach('Complete', seconds(60));
    expect(await orderedServers()).toEqual([['retired'], ['killed']]);
  });

  describeOnCall('killed', () => killed);

  test('another version is rolled out while an order is under way, and the order is placed once', async () => {
    await orderTakes(seconds(4));
    await apply(team, aServer(cloud.world, 'rolled'), aRequest('rolled', ['rolled']));
    await approve('rolled');
    await request('rolled').toHaveCall('Intended');
    await upgraded({ image: { repository: 'dcc-operator', tag: '0.1.1' } });
    const running = `Running, ready, 0 restarts, ${images.next}`;
    expect((await operatorPods()).map(inWords)).toEqual([running, running]);
    await request('rolled').toReach('Complete');
    expect(await orderedServers()).toEqual([['retired'], ['killed'], ['rolled']]);
  });

  test('the leader is killed while an order leaves, which is sent once and stays open while another could come to light', async () => {
    await orderTakes(seconds(6));
    await apply(team, aServer(cloud.world, 'kept'), aRequest('kept', ['kept']));
    await approve('kept');
    await request('kept').toHaveCall('Intended');
    const before = await leader();
    await killContainer(before);
    const told = /^The outcome of call 1\.1 for \S+ is not known: it may be \w+ \(Completed\)\. Nothing is sent again/;
    const ready = { type: 'Ready', reason: 'OutcomeUnknown', message: expect.stringMatching(told) };
    await eventually(async () => {
      const { status } = await request('kept').toHaveCall('Intended');
      expect(status.conditions).toContainEqual(expect.objectContaining(ready));
    }, seconds(60));
    expect(await leader()).not.toBe(before);
    expect(await orderedServers()).toEqual([['retired'], ['killed'], ['rolled'], ['kept']]);
  });

  test('it cannot be uninstalled while that call is open, and goes on', async () => {
    const { output, failed } = await helm(['uninstall', release, '--namespace', system, '--timeout=60s']);
    expect({ output, failed }).toEqual({
      output: expect.stringContaining('dcc-operator-before-uninstall'),
      failed: true,
    });
    const refusal = await kube('-n', system, 'logs', 'job/dcc-operator-before-uninstall');
    expect(refusal).toContain(`${team}/kept: call 1.1 for kept is `);
    expect(refusal).toContain('helm rollback RELEASE REVISION');
    // Who has looked up what became of it needs nobody to follow it.
    await letGoByForce('unsub', 'kept');
    await request('kept').toBeGone(seconds(60));
  });

  test('then Helm takes it for half uninstalled, until it is rolled back to where it is', async () => {
    const [{ revision } = { revision: 0 }] = z
      .array(z.object({ revision: z.int(), status: z.literal('uninstalling') }))
      .parse(JSON.parse(await helmOutput(['history', release, '--namespace', system, '--max=1', '--output=json'])));
    await helmOutput(['rollback', release, String(revision), '--namespace', system]);
    await upgraded({ image: { repository: 'dcc-operator', tag: '0.1.1' } });
  });

  test('it is uninstalled when no call is open, and all requests stay', async () => {
    const before = await kube('-n', team, 'get', 'unsub', '-o', 'name');
    await helmOutput(['uninstall', release, '--namespace', system, '--wait', '--timeout=100s']);
    const left = ['deployment', 'job', 'pod', 'serviceaccount', 'role', 'rolebinding', 'pdb', 'lease'].join();
    // The operator made its lease itself, and may delete nothing.
    const stays = 'serviceaccount/default\nlease.coordination.k8s.io/dcc-operator\n';
    await eventually(async () => expect(await kube('-n', system, 'get', left, '-o', 'name')).toBe(stays), seconds(60));
    expect(await kube('-n', team, 'get', 'unsub', '-o', 'name')).toBe(before);
  });

  test('installed again it finds everything, and orders nothing again', async () => {
    await installed(quickValuesFor(cloud));
    await apply(team, aServer(cloud.world, 'after'), aRequest('after', ['after']));
    await request('after').toReach('AwaitingApproval', seconds(60));
    for (const name of ['retired', 'killed', 'rolled']) await request(name).toReach('Complete');
    expect(await orderedServers()).toEqual([['retired'], ['killed'], ['rolled'], ['kept']]);
  });

  test('a server remembers the call that nobody follows any more, and is held by it until it is let go by force', async () => {
    await kube('-n', team, 'delete', 'dccserver', 'kept', '--wait=false');
    await eventually(async () =>
      expect(messageOf('kept')).toContain('A call of the request kept, which nobody follows'),
    );
    await letGoByForce('dccserver', 'kept');
    await eventually(() => expect(objects.server('kept')).toBeUndefined());
  });
});

describeRights(() => cloud);
describeRefusals(() => cloud);
describeNetworkPolicy(() => cloud);
describeProfiles(() => cloud);

async function approve(name: string): Promise<void> {
  const plan = (await request(name).toReach('AwaitingApproval', seconds(60))).status.plan?.id;
  const patch = JSON.stringify({ spec: { approvedPlan: plan } });
  await kube('-n', team, 'patch', 'unsub', name, '--type=merge', `--patch=${patch}`);
}

async function letGoByForce(kind: string, name: string): Promise<void> {
  await kube('-n', team, 'delete', kind, name, '--wait=false');
  await kube('-n', team, 'annotate', kind, name, 'dcc-operator.io/force-release=seen in the console');
}

/** What Ready says of a server. */
const messageOf = (server: string) =>
  objects.server(server)?.status.conditions?.find(({ type }) => type === 'Ready')?.message;

/** Lets the cloud take its time over the next order. */
const orderTakes = (time: number) =>
  cloud.control.addFault({
    operation: 'billing.unsubscribe',
    times: 1,
    effect: { kind: 'delay', milliseconds: milliseconds(time) },
  });

/** The names of the servers of each order that the cloud has accepted, in order; it must have refused none. */
async function orderedServers(): Promise<(string | undefined)[][]> {
  const { accepted, refused } = await cloud.control.ledger();
  expect(refused).toEqual([]);
  const nameOf = (id: string) => cloud.world.servers.find(({ resourceId }) => resourceId === id)?.name;
  return accepted.map(({ resourceIds }) => resourceIds.map(nameOf));
}
