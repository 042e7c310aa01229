import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { eventually, stays } from './expectations.ts';
import { aRequest } from './manifests.ts';
import { openScenario, type Scenario } from './scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  const world = aWorld().withVault('vault-01');
  for (const host of ['spared', 'leaving', 'inhabited', 'bare', 'elsewhere', 'unread', 'lost', 'doubtful', 'with-disk'])
    world.withServer({ name: host });
  world.withSecondary('disk-1', 'with-disk');
  world.withVm({ name: 'web-01' }, 'inhabited').withBackup('web-01');
  world.withVm({ name: 'db-01' }, 'lost');
  // So much that the cloud wants days to approve its refund.
  world.withServer({ name: 'costly' }, { paid: '100000.00' });
  scenario = await openScenario({ world, settings: { orderProcessing: seconds(4) } });
});
afterAll(() => scenario.close());

describe('a request that is deleted', () => {
  test('before it was approved is cancelled at once, without the operator', async () => {
    await scenario.applyServers('spared');
    await scenario.apply(aRequest('spare', ['spared']));
    await scenario.expectRequest('spare').toReach('AwaitingApproval');
    expect(scenario.objects.request('spare')?.metadata.finalizers).toBeUndefined();
    await scenario.kubectl('delete', 'unsub', 'spare', '--timeout=5s');
    await scenario.expectServer('spared').toShow({});
    await stays(() => expect(scenario.orders).toEqual([]), seconds(2));
  });

  test('while its order is in progress is kept until the order has ended', async () => {
    await scenario.applyServers('leaving');
    await scenario.apply(aRequest('leave', ['leaving']));
    await scenario.approve('leave');
    await scenario.expectRequest('leave').toReach('OrderInProgress');
    await scenario.kubectl('delete', 'unsub', 'leave', '--wait=false');
    // Holds up the looks at servers, not the order: the request would be gone before its server has heard of the end.
    const slow = { kind: 'delay', milliseconds: 3_000 } as const;
    const fault = await scenario.control.addFault({ operation: 'iam.listDomains', effect: slow });
    await stays(() => expect(scenario.objects.request('leave')?.metadata.name).toBe('leave'), seconds(1));
    await scenario.expectRequest('leave').toBeGone();
    await scenario.control.clearFaults(fault.id);
    const last = scenario.objects.requestVersions('leave').at(-1);
    expect(last?.status.placements).toMatchObject([{ state: 'Accepted', result: 'Completed' }]);
    await scenario.expectServer('leaving').toShow({ unsubscription: { state: 'Completed' } });
    expect(scenario.orders).toHaveLength(1);
  });
});

describe('a server that is deleted', () => {
  test('with virtual machines on it is held until they are gone, and says so', async () => {
    await scenario.applyServers('inhabited', 'elsewhere');
    await scenario.expectServer('inhabited').toShow({ virtualMachines: { total: 1 } });
    await scenario.kubectl('delete', 'dccs', 'inhabited', '--wait=false');
    await scenario.expectServer('inhabited').toSay({
      type: 'Ready',
      status: 'False',
      reason: 'Deleting',
      message: expect.stringMatching(/waits until no virtual machine is left.*web-01.*Delete or migrate/),
    });
    await scenario.control.migrateVm('web-01', 'elsewhere');
    await scenario.expectServer('inhabited').toBeGone();
  });

  test('goes at once when it is empty, and is not unsubscribed', async () => {
    const before = scenario.orders.length;
    await scenario.applyServers('bare');
    await scenario.expectServer('bare').toShow({ virtualMachines: { total: 0 } });
    await scenario.kubectl('delete', 'dccs', 'bare', '--timeout=10s');
    await stays(() => expect(scenario.orders).toHaveLength(before), seconds(2));
    const row = scenario.cloud.world.billingResources.find(({ resourceName }) => resourceName === 'bare');
    expect(row?.closed).toBe(false);
  });

  test('is kept while an order that concerns it is open, although it is empty', async () => {
    await scenario.applyServers('spared');
    await scenario.apply(aRequest('retire-spared', ['spared']));
    await scenario.approve('retire-spared');
    await scenario.expectRequest('retire-spared').toReach('OrderInProgress');
    await scenario.kubectl('delete', 'dccs', 'spared', '--wait=false');
    await stays(() => expect(scenario.objects.server('spared')).toBeDefined(), seconds(1));
    await scenario.expectRequest('retire-spared').toReach('Complete');
    await scenario.expectServer('spared').toBeGone();
  });

  test('is held while nobody can tell whether it is empty', async () => {
    await scenario.applyServers('unread');
    await scenario.expectServer('unread').toShow({ virtualMachines: { total: 0 } });
    await scenario.control.addFault({
      operation: 'cce.*',
      effect: { kind: 'serverError', when: 'before', status: 503 },
    });
    await scenario.expectServer('unread').toSay({ type: 'Drained', status: 'Unknown', reason: 'CannotList' });
    await scenario.kubectl('delete', 'dccs', 'unread', '--wait=false');
    await scenario.expectServer('unread').toSay({
      type: 'Ready',
      reason: 'Deleting',
      message: expect.stringMatching(/CCE nodes cannot be read/),
    });
    await scenario.control.clearFaults();
    await scenario.expectServer('unread').toBeGone();
  });
});

test('servers that are deleted at once cost a few readings of their project, not two each', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `bulk-${index + 1}`);
  const world = aWorld();
  for (const name of names) world.withServer({ name });
  // Nothing but the deletions asks for a reading.
  const flags = { 'poll-interval': '30m', 'look-again-after': '2s' };
  await using bulk = await openScenario({ world, flags });
  await bulk.applyServers(...names);
  for (const name of names) await bulk.expectServer(name).toShow({ virtualMachines: { total: 0 } });
  const readings = () => Object.values(bulk.cloud.counts['iam.listDomains'] ?? {}).reduce((sum, each) => sum + each, 0);
  const before = readings();
  await bulk.kubectl('delete', 'dccs', ...names, '--timeout=60s');
  // One for each time that passes between two looks, for as long as the deletions take to arrive.
  expect(readings() - before).toBeLessThan(names.length / 2);
});

describe('what a person lets go by force', () => {
  const force = 'dcc-operator.io/force-release=INC-42: the account was closed';
  const told = async (name: string) =>
    (await scenario.eventsOf(name)).filter((event) => event.startsWith('ForceReleased: '));

  /** Makes a request whose first call never arrives, and whose answer is lost. */
  const loseCall = async (request: string, server: string, spec: Parameters<typeof aRequest>[2] = {}) => {
    await scenario.applyServers(server);
    await scenario.apply(aRequest(request, [server], spec));
    await scenario.control.addFault({
      operation: 'billing.unsubscribe',
      times: 1,
      effect: { kind: 'reset', when: 'before' },
    });
    await scenario.approve(request);
    await scenario.expectRequest(request).toReach('OutcomeUnknown');
  };

  test('is a server with a machine on it: it goes, nothing is ordered, and an event says why', async () => {
    const before = scenario.orders.length;
    await scenario.applyServers('lost');
    await scenario.expectServer('lost').toShow({ virtualMachines: { total: 1 } });
    await scenario.kubectl('delete', 'dccs', 'lost', '--wait=false');
    await scenario.expectServer('lost').toSay({ type: 'Ready', reason: 'Deleting' });
    await scenario.kubectl('annotate', 'dccs', 'lost', force);
    await scenario.expectServer('lost').toBeGone();
    await eventually(async () =>
      expect(await told('lost')).toEqual([
        expect.stringMatching(/^ForceReleased: Let go by force: INC-42: the account was closed\./),
      ]),
    );
    expect(scenario.orders).toHaveLength(before);
  });

  test('is a request whose call nobody can settle: it goes, and is told with the call; nothing is ordered again meanwhile', async () => {
    await loseCall('doubt', 'doubtful');
    const sent = scenario.orders.length;
    await scenario.kubectl('annotate', 'unsub', 'doubt', force);
    await stays(() => expect(scenario.objects.request('doubt')?.metadata.finalizers).toBeDefined(), seconds(2));
    await scenario.kubectl('delete', 'unsub', 'doubt', '--timeout=10s');
    await eventually(async () =>
      expect(await told('doubt')).toEqual([
        expect.stringMatching(/Nobody follows any more: call 1\.1 for .* \(Unknown\)/),
      ]),
    );
    // The server remembers the call, which may still take effect.
    await scenario.apply(aRequest('again', ['doubtful']));
    await scenario.expectRequest('again').toBeBlockedBy({ condition: 'ServersResolved', reason: 'CallUnsettled' });
    expect(scenario.orders).toHaveLength(sent);
  });

  test('is a request whose call for a disk nobody can settle: the server remembers that one as well', async () => {
    const separately = { secondaryResources: 'Separately' } as const;
    await loseCall('partly', 'with-disk', separately);
    const sent = scenario.orders.length;
    await scenario.kubectl('annotate', 'unsub', 'partly', force);
    await scenario.kubectl('delete', 'unsub', 'partly', '--timeout=10s');
    await scenario.expectServer('with-disk').toShow({ partialUnsubscription: { request: 'partly', state: 'Unknown' } });
    await scenario.apply(aRequest('anew', ['with-disk'], separately));
    await scenario.approve('anew');
    await scenario.expectRequest('anew').toBeBlockedBy({ condition: 'ServersResolved', reason: 'CallUnsettled' });
    await stays(() => expect(scenario.orders).toHaveLength(sent), seconds(2));
  });

  test('is a request whose order goes on: it goes, and the next orders nothing while the account has that order open', async () => {
    await scenario.applyServers('costly');
    await scenario.apply(aRequest('first', ['costly']));
    await scenario.approve('first');
    await scenario.expectRequest('first').toReach('OrderInProgress');
    await scenario.expectServer('costly').toShow({ unsubscription: { state: 'PendingApproval' } });
    const sent = scenario.orders.length;
    await scenario.kubectl('annotate', 'unsub', 'first', force);
    await scenario.kubectl('delete', 'unsub', 'first', '--timeout=10s');
    await scenario.apply(aRequest('next', ['costly']));
    await scenario.approve('next');
    const next = scenario.expectRequest('next');
    await next.toBeBlockedBy({ condition: 'ServersResolved', reason: 'CallUnsettled' });
    await next.toBeBlockedBy({ condition: 'OrdersSettled', reason: 'TransactionInProgress' });
    await scenario.control.approveRefund(scenario.orders.at(-1)?.orderId ?? '');
    await next.toReach('Complete');
    expect(scenario.orders).toHaveLength(sent);
  });
});
