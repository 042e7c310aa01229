import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placementFinalizer } from '../../../operator/api/names.ts';
import type { UnsubscriptionRequest } from '../../../operator/api/objects.ts';
import type { Placement } from '../../../operator/api/unsubscriptionrequest.ts';
import { milliseconds, seconds, systemClock } from '../../../operator/clock.ts';
import type { FaultInput } from '../../huaweicloud/faults.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { eventually } from './expectations.ts';
import { aRequest } from './manifests.ts';
import { openScenario, type Scenario } from './scenario.ts';

/** A lost call may have to wait for the settle window of 12 s, and for a second attempt. */
const inTheEnd = seconds(60);

/** Opens a scenario in which one server only waits for its approval. */
async function openAwaitingApproval(orderProcessing = seconds(0.3)): Promise<Scenario> {
  const world = aWorld().withServer({ name: 'host-01' });
  const scenario = await openScenario({ world, settings: { orderProcessing } });
  await scenario.applyServers('host-01');
  await scenario.apply(aRequest('retire', ['host-01']));
  await scenario.expectRequest('retire').toReach('AwaitingApproval');
  return scenario;
}

const fault = (scenario: Scenario, operation: string, effect: FaultInput['effect']) =>
  scenario.control.addFault({ operation, times: 1, effect });

/** Kills the operator the moment that the request looks so, and starts another one. */
async function killWhen(scenario: Scenario, looksSo: (request: UnsubscriptionRequest) => boolean): Promise<void> {
  await eventually(() => {
    const request = scenario.objects.request('retire');
    if (request === undefined || !looksSo(request)) throw new Error('the moment to kill the operator never came');
  });
  await scenario.operators.kill();
}

/** The call has used the faults up that waited for it. */
const callHasArrived = ({ cloud }: Scenario): boolean => cloud.faults.list().length === 0;

const lastCall = ({ status }: UnsubscriptionRequest): Placement | undefined => status.placements?.at(-1);

async function expectOneOrderInTheEnd(scenario: Scenario): Promise<Placement[]> {
  const { status } = await scenario.expectRequest('retire').toReach('Complete', inTheEnd);
  expect(scenario.orders).toHaveLength(1);
  expect(lastCallOrders(status.placements)).toEqual(scenario.orders.map(({ orderId }) => orderId));
  return status.placements ?? [];
}

const lastCallOrders = (journal: readonly Placement[] = []) => journal.at(-1)?.orders?.map(({ orderId }) => orderId);

describe.concurrent('killed with kill -9 and started again, the operator places one order when it dies', () => {
  test('during the last look, before the intent is written', async () => {
    await using scenario = await openAwaitingApproval();
    await scenario.control.addFault({ operation: 'iam.listDomains', effect: { kind: 'delay', milliseconds: 1_500 } });
    await scenario.approve('retire');
    await killWhen(scenario, ({ metadata }) => metadata.finalizers?.includes(placementFinalizer) ?? false);
    expect(scenario.objects.request('retire')?.status.placements).toBeUndefined();
    await scenario.control.clearFaults();
    await scenario.operators.start();
    expect(await expectOneOrderInTheEnd(scenario)).toMatchObject([{ id: '1.1', state: 'Accepted' }]);
  });

  test('the moment the intent is written, whether or not the call still leaves', async () => {
    await using scenario = await openAwaitingApproval();
    await scenario.approve('retire');
    await killWhen(scenario, (request) => lastCall(request) !== undefined);
    await scenario.operators.start();
    expect((await expectOneOrderInTheEnd(scenario)).at(-1)).toMatchObject({ state: 'Accepted', result: 'Completed' });
  });

  test('while the call is on its way and takes effect', async () => {
    await using scenario = await openAwaitingApproval();
    await fault(scenario, 'billing.unsubscribe', { kind: 'delay', milliseconds: 2_000 });
    await scenario.approve('retire');
    await killWhen(scenario, () => callHasArrived(scenario));
    expect(scenario.orders).toEqual([]);
    await scenario.operators.start();
    expect(await expectOneOrderInTheEnd(scenario)).toMatchObject([{ id: '1.1', state: 'Accepted' }]);
  });

  test('while the call is on its way and takes no effect', async () => {
    await using scenario = await openAwaitingApproval();
    await fault(scenario, 'billing.unsubscribe', { kind: 'delay', milliseconds: 2_000 });
    await fault(scenario, 'billing.unsubscribe', { kind: 'reset', when: 'before' });
    await scenario.approve('retire');
    await killWhen(scenario, () => callHasArrived(scenario));
    await scenario.operators.start();
    expect(await expectOneOrderInTheEnd(scenario)).toMatchObject([
      { id: '1.1', state: 'NotPlaced' },
      { id: '1.2', state: 'Accepted' },
    ]);
  });

  test('after the cloud accepted, before the outcome is written', async () => {
    await using scenario = await openAwaitingApproval();
    await fault(scenario, 'billing.unsubscribe', { kind: 'lostAnswer' });
    await scenario.approve('retire');
    await killWhen(scenario, () => scenario.orders.length === 1);
    const journal = scenario.objects.request('retire')?.status.placements;
    expect(journal).toMatchObject([{ state: 'Intended' }]);
    await scenario.operators.start();
    expect(await expectOneOrderInTheEnd(scenario)).toMatchObject([{ id: '1.1', state: 'Accepted' }]);
  });

  test('while the order is being processed', async () => {
    await using scenario = await openAwaitingApproval(seconds(4));
    await scenario.approve('retire');
    await killWhen(scenario, (request) => lastCall(request)?.state === 'Accepted');
    await scenario.operators.start();
    await scenario.expectRequest('retire').toReach('OrderInProgress');
    expect(await expectOneOrderInTheEnd(scenario)).toMatchObject([{ id: '1.1', result: 'Completed' }]);
  });
});

const hosts = ['host-01', 'host-02', 'host-03'];

async function openWithThreeApproved(): Promise<Scenario> {
  const world = aWorld();
  for (const name of hosts) world.withServer({ name });
  const scenario = await openScenario({ world });
  await scenario.applyServers(...hosts);
  await scenario.apply(...hosts.map((host) => aRequest(`retire-${host}`, [host])));
  await Promise.all(hosts.map((host) => scenario.expectRequest(`retire-${host}`).toReach('AwaitingApproval')));
  await Promise.all(hosts.map((host) => scenario.approve(`retire-${host}`)));
  return scenario;
}

async function expectThreeOrdersInTheEnd(scenario: Scenario): Promise<void> {
  await Promise.all(hosts.map((host) => scenario.expectRequest(`retire-${host}`).toReach('Complete', inTheEnd)));
  expect(scenario.orders).toHaveLength(hosts.length);
}

describe.concurrent('one order a server stands in the end', () => {
  test.each([1, 2, 3])('when the operator is killed at four random moments (seed %i)', async (seed) => {
    await using scenario = await openWithThreeApproved();
    for (const pause of fc.sample(fc.integer({ min: 0, max: 1_200 }), { seed, numRuns: 4 })) {
      await systemClock.sleep(milliseconds(pause));
      await scenario.operators.kill();
      await scenario.operators.start();
    }
    await expectThreeOrdersInTheEnd(scenario);
  });

  test('when two operators work at once, and one of them is killed', async () => {
    await using scenario = await openWithThreeApproved();
    const second = await scenario.operators.start();
    await systemClock.sleep(milliseconds(500));
    await second.end('SIGKILL');
    await expectThreeOrdersInTheEnd(scenario);
  });
});

test('two operators that begin at the same time place one order a server, and stop writing when all is done', async () => {
  const world = aWorld();
  for (const name of hosts) world.withServer({ name });
  await using scenario = await openScenario({ world });
  await scenario.operators.start();
  await scenario.applyServers(...hosts);
  await scenario.apply(...hosts.map((host) => aRequest(`retire-${host}`, [host])));
  await Promise.all(hosts.map((host) => scenario.approve(`retire-${host}`)));
  await expectThreeOrdersInTheEnd(scenario);
  await scenario.expectNoWriteFor(seconds(3));
});
