import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aWorld } from '../../huaweicloud/seed.ts';
import { aRequest } from './manifests.ts';
import { openScenario, type Scenario } from './scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  const world = aWorld();
  for (const host of ['wanted', 'doubled', 'again']) world.withServer({ name: host });
  scenario = await openScenario({ world });
});
afterAll(() => scenario.close());

describe('two requests for one server', () => {
  test('never both order: the first wins, also when both are approved', async () => {
    await scenario.applyServers('wanted');
    await scenario.apply(aRequest('first', ['wanted']));
    await scenario.expectServer('wanted').toShow({ claim: { name: 'first' } });
    await scenario.apply(aRequest('second', ['wanted']));
    await scenario.approve('second');
    await scenario.expectRequest('second').toBeBlockedBy({
      condition: 'ServersResolved',
      reason: 'ClaimedByOther',
      server: 'wanted',
      message: /claimed by the request first/,
      remedy: /Wait until first has ended, or delete it/,
    });
    await scenario.expectRequest('second').toBeBlockedOnlyBy('ClaimedByOther');
    expect(scenario.orders).toEqual([]);
  });

  test('the second goes on when the first is deleted before it was approved', async () => {
    await scenario.kubectl('delete', 'unsub', 'first', '--timeout=5s');
    await scenario.expectRequest('second').toReach('Complete');
    expect(scenario.orders).toHaveLength(1);
  });

  test('a third, made for the server that is gone by now, has nothing left to order', async () => {
    await scenario.apply(aRequest('third', ['wanted']));
    const { status } = await scenario.expectRequest('third').toReach('Complete');
    expect(status.placements).toBeUndefined();
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Complete', message: expect.stringMatching(/^Nothing was ordered/) }),
    );
    expect(scenario.orders).toHaveLength(1);
  });
});

describe('two DCCServers with one resource id', () => {
  test('block until one of them is deleted', async () => {
    const twin = scenario.server('doubled');
    await scenario.apply(scenario.server('doubled'), { ...twin, metadata: { name: 'twin' } });
    await scenario.apply(aRequest('retire-doubled', ['doubled']), aRequest('retire-twin', ['twin']));
    await Promise.all([scenario.approve('retire-doubled'), scenario.approve('retire-twin')]);
    for (const [request, other] of [
      ['retire-doubled', 'twin'],
      ['retire-twin', 'doubled'],
    ] as const) {
      await scenario.expectRequest(request).toBeBlockedBy({
        condition: 'ServersResolved',
        reason: 'DuplicateServer',
        message: new RegExp(`DCCServer ${scenario.namespace}/${other} stands for the same resource`),
        remedy: /Delete one of the two objects: deleting a DCCServer never unsubscribes anything/,
      });
    }
    await scenario.kubectl('delete', 'dccs', 'twin', '--timeout=10s');
    await scenario.expectRequest('retire-doubled').toReach('Complete');
    await scenario
      .expectRequest('retire-twin')
      .toBeBlockedBy({ condition: 'ServersResolved', reason: 'ServerNotFound' });
    expect(scenario.orders).toHaveLength(2);
  });
});

describe('a request that is deleted and made again', () => {
  test('orders nothing new while the first one is still being followed, and nothing afterwards', async () => {
    await scenario.applyServers('again');
    await scenario.apply(aRequest('again', ['again']));
    await scenario.approve('again');
    await scenario.expectRequest('again').toReach('Complete');
    await scenario.kubectl('delete', 'unsub', 'again', '--timeout=5s');
    await scenario.apply(aRequest('again', ['again']));
    await scenario.expectRequest('again').toReach('Complete');
    expect(scenario.orders).toHaveLength(3);
  });
});
