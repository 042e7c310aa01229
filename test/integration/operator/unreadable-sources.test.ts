import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FaultInput } from '../../huaweicloud/faults.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { aRequest } from './manifests.ts';
import { openScenario, type Scenario } from './scenario.ts';

type Effect = FaultInput['effect'];

const unavailable: Effect = { kind: 'serverError', when: 'before', status: 503 };
const throttled: Effect = { kind: 'throttled' };
/** One for each source of which the operator must know that nothing is on a server, with the words that name it. */
const sources: [string, RegExp, Effect][] = [
  ['ecs.listServers', /^ECS servers cannot be read: .*429 APIGW\.0308/, throttled],
  ['ecs.listServersDetails', /^ECS servers cannot be read: .*is not JSON/, { kind: 'malformed' }],
  ['ecs.listRecycleBin', /^The ECS recycle bin cannot be read: .*503/, unavailable],
  ['dcc.*', /^DCC pools cannot be read: .*does not read as documented/, { kind: 'answer', status: 200, body: {} }],
  ['cce.*', /^CCE nodes cannot be read: .*403/, { kind: 'answer', status: 403, body: {} }],
  ['mrs.*', /^MRS nodes cannot be read: .*reset/, { kind: 'reset', when: 'before' }],
  ['rds.*', /^RDS instances cannot be read: .*404/, { kind: 'answer', status: 404, body: {} }],
];

let scenario: Scenario;
beforeAll(async () => {
  const world = aWorld().withVault('vault-01');
  for (const host of ['host-01', 'unbacked', 'throttled', 'hidden', 'paged']) world.withServer({ name: host });
  scenario = await openScenario({ world });
  await awaitingApproval('host-01');
});
afterEach(() => scenario.control.clearFaults());
afterAll(() => scenario.close());

const ordersOf = (host: string) => {
  const id = scenario.cloud.world.servers.find(({ name }) => name === host)?.resourceId ?? '';
  return scenario.orders.filter(({ resourceIds }) => resourceIds.includes(id));
};

/** Applies a server and a request for it that only waits for its approval. */
async function awaitingApproval(host: string) {
  await scenario.applyServers(host);
  await scenario.apply(aRequest(`retire-${host}`, [host]));
  const request = scenario.expectRequest(`retire-${host}`);
  await request.toReach('AwaitingApproval');
  return request;
}

describe('what cannot be read is never taken for empty', () => {
  test.each(sources)(
    '%s: the request is blocked, and no more when it answers again',
    async (operation, message, effect) => {
      const request = scenario.expectRequest('retire-host-01');
      await scenario.control.addFault({ operation, effect });
      const { status } = await request.toBeBlockedBy({
        condition: 'DependentsDrained',
        reason: 'CannotList',
        server: 'host-01',
        message,
      });
      expect(status.conditions).toContainEqual(
        expect.objectContaining({ type: 'DependentsDrained', status: 'Unknown', reason: 'CannotList' }),
      );
      expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'ServersActive', status: 'True' }));
      await scenario.control.clearFaults();
      await request.toReach('AwaitingApproval');
    },
  );

  test('billing rows: the approved order waits, and is placed when they answer again', async () => {
    const request = scenario.expectRequest('retire-host-01');
    await scenario.control.addFault({ operation: 'billing.listResources', effect: unavailable });
    await scenario.approve('retire-host-01');
    await request.toBeBlockedBy({
      condition: 'ServersActive',
      reason: 'CannotRead',
      message: /^Billing rows cannot be read/,
    });
    expect(ordersOf('host-01')).toEqual([]);
    await scenario.control.clearFaults();
    await request.toReach('Complete');
  });

  test('the backups, while a machine is still there', async () => {
    await scenario.control.createVm({ name: 'web-01', server: 'unbacked' });
    await scenario.applyServers('unbacked');
    await scenario.apply(aRequest('retire-unbacked', ['unbacked']));
    const request = scenario.expectRequest('retire-unbacked');
    await request.toBeBlockedBy({ condition: 'DataProtected', reason: 'BackupMissing' });
    await scenario.control.makeBackup('web-01');
    await request.toBeBlockedOnlyBy('AwaitingApproval', 'VirtualMachinesRemain');
    await scenario.control.addFault({ operation: 'cbr.*', effect: unavailable });
    await request.toBeBlockedBy({
      condition: 'DataProtected',
      reason: 'CannotRead',
      message: /^CBR backups cannot be read/,
    });
    await scenario.control.deleteVm('web-01');
    await scenario.expectServer('unbacked').toShow({ departed: [{ name: 'web-01', fate: 'Unknown' }] });
    await request.toBeBlockedBy({
      condition: 'DataProtected',
      reason: 'CannotRead',
      message: /^CBR backups cannot be read/,
    });
    await scenario.control.clearFaults();
    await request.toReach('AwaitingApproval');
  });

  test('a page of a list that is missing', async () => {
    await scenario.control.createVm({ name: 'paged-01', server: 'paged' });
    await scenario.control.makeBackup('paged-01');
    await scenario.control.addFault({ operation: 'ecs.listServersDetails', effect: { kind: 'missingPage' } });
    await scenario.applyServers('paged');
    await scenario.apply(aRequest('retire-paged', ['paged']));
    await scenario.expectRequest('retire-paged').toBeBlockedBy({
      condition: 'DependentsDrained',
      reason: 'CannotList',
      message: /^ECS servers cannot be read/,
    });
  });
});

test('an instance that no list shows, but that the pool counts, blocks', async () => {
  await awaitingApproval('hidden');
  const { id } = await scenario.control.createVm({ name: 'hidden-01', server: 'hidden', service: 'RDS' });
  await scenario.approve('retire-hidden');
  await scenario.expectRequest('retire-hidden').toBeBlockedBy({
    condition: 'DependentsDrained',
    reason: 'CountMismatch',
    message: /counts \d+ instances but lists \d+: something on the server is hidden/,
    remedy: /Look for instances of other services/,
  });
  expect(ordersOf('hidden')).toEqual([]);
  await scenario.control.deleteVm(id, { immediately: true });
  await scenario.expectRequest('retire-hidden').toReach('Complete');
});

test('an order that the gateway throttles is placed later, once', async () => {
  const request = await awaitingApproval('throttled');
  await scenario.control.addFault({ operation: 'billing.unsubscribe', times: 1, effect: throttled });
  await scenario.approve('retire-throttled');
  const { status } = await request.toReach('Complete');
  expect(status.placements).toMatchObject([
    { id: '1.1', state: 'Rejected', code: 'APIGW.0308', mayRetry: true },
    { id: '1.2', state: 'Accepted' },
  ]);
  expect(ordersOf('throttled')).toHaveLength(1);
});
