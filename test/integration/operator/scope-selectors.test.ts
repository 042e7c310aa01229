import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { seconds } from '../../../operator/clock.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import type { OperatorProcess } from '../../operator-process.ts';
import { eventually, stays } from './expectations.ts';
import { aRequest, labelled, type Manifest } from './manifests.ts';
import { openScenarioWithoutOperator, type Scenario } from './scenario.ts';

let scenario: Scenario;
beforeEach(async () => {
  const world = aWorld();
  for (const host of ['host-01', 'host-02', 'host-03']) world.withServer({ name: host });
  scenario = await openScenarioWithoutOperator({ world, settings: { orderProcessing: seconds(6) } });
});
afterEach(() => scenario.close());

/** An operator that looks after what is labelled for this installation. */
const start = (installation: string) => scenario.operators.start({ selector: `installation=${installation}` });

const of = (installation: string, manifest: Manifest) => labelled(manifest, { installation });

/** Gives objects to another installation. */
async function move(installation: string, ...objects: string[]): Promise<void> {
  await scenario.kubectl('label', '--overwrite', ...objects, `installation=${installation}`);
}

const event = z.object({ reportingInstance: z.string(), note: z.string(), regarding: z.object({ name: z.string() }) });
const eventList = z.object({ items: z.array(event) });

async function eventsOn(name: string): Promise<z.output<typeof event>[]> {
  const { items } = eventList.parse(JSON.parse(await scenario.kubectl('get', 'events.events.k8s.io', '-o', 'json')));
  return items.filter(({ regarding }) => regarding.name === name);
}

/** Who told of something about this object. */
const reportersOn = async (name: string): Promise<Set<string>> =>
  new Set((await eventsOn(name)).map(({ reportingInstance }) => reportingInstance));

const notesOn = async (name: string): Promise<string[]> => (await eventsOn(name)).map(({ note }) => note);

const isOf = ({ pid }: OperatorProcess) => expect.stringMatching(new RegExp(`-${pid}$`));

describe('two operators with disjoint selectors in one namespace', () => {
  test('each order for their own objects, and leave those of the other and of nobody as they are', async () => {
    await scenario.apply(
      of('north', scenario.server('host-01')),
      of('north', aRequest('retire-01', ['host-01'])),
      of('south', scenario.server('host-02')),
      of('south', aRequest('retire-02', ['host-02'])),
      scenario.server('host-03'),
      aRequest('retire-03', ['host-03']),
    );
    const north = await start('north');
    await scenario.expectRequest('retire-01').toReach('AwaitingApproval');
    const untouched = (host: string, request: string) => () => {
      expect(scenario.objects.server(host)).toMatchObject({ metadata: { generation: 1 }, status: {} });
      expect(scenario.objects.server(host)?.metadata.finalizers).toBeUndefined();
      expect(scenario.objects.request(request)?.status).toEqual({});
    };
    await stays(untouched('host-02', 'retire-02'), seconds(2.5));

    const south = await start('south');
    await scenario.approve('retire-01');
    await scenario.approve('retire-02');
    const [first, second] = await Promise.all([
      scenario.expectRequest('retire-01').toReach('Complete'),
      scenario.expectRequest('retire-02').toReach('Complete'),
    ]);
    expect(first.status.placements).toMatchObject([{ holder: isOf(north) }]);
    expect(second.status.placements).toMatchObject([{ holder: isOf(south) }]);
    for (const [name, operator] of [
      ['host-01', north],
      ['retire-01', north],
      ['host-02', south],
      ['retire-02', south],
    ] as const) {
      await eventually(async () => expect([...(await reportersOn(name))], name).toEqual([isOf(operator)]));
    }
    untouched('host-03', 'retire-03')();
    expect(await reportersOn('retire-03')).toEqual(new Set());
    expect(scenario.orders).toHaveLength(2);
  });

  test('block a request whose server is the other one’s, until both have the same label', async () => {
    await Promise.all([start('north'), start('south')]);
    await scenario.apply(of('south', scenario.server('host-01')), of('north', aRequest('retire', ['host-01'])));
    await scenario.expectRequest('retire').toBeBlockedBy({
      condition: 'ServersResolved',
      reason: 'ServerNotSelected',
      server: 'host-01',
      message: /host-01 is not looked after by this operator: its labels do not match installation=north\./,
      remedy: /Give the request and all its servers labels by which the same operator looks after them/,
    });
    await scenario.expectServer('host-01').toShow({ virtualMachines: { total: 0 } });
    expect(scenario.objects.server('host-01')?.status.claim).toBeUndefined();
    await move('north', 'dccs/host-01');
    await scenario.expectRequest('retire').toReach('AwaitingApproval');
    expect(scenario.orders).toEqual([]);
  });

  test('order for neither of two servers that stand for one resource, each looked after by another', async () => {
    const twin = scenario.server('host-01');
    await scenario.apply(
      of('north', scenario.server('host-01')),
      of('north', aRequest('retire-host', ['host-01'])),
      of('south', { ...twin, metadata: { name: 'twin' } }),
      of('south', aRequest('retire-twin', ['twin'])),
    );
    await Promise.all([start('north'), start('south')]);
    await Promise.all([scenario.approve('retire-host'), scenario.approve('retire-twin')]);
    for (const [request, other] of [
      ['retire-host', 'twin'],
      ['retire-twin', 'host-01'],
    ] as const) {
      await scenario.expectRequest(request).toBeBlockedBy({
        condition: 'ServersResolved',
        reason: 'DuplicateServer',
        message: new RegExp(`DCCServer ${scenario.namespace}/${other} stands for the same resource`),
      });
    }
    await stays(() => expect(scenario.orders).toEqual([]), seconds(2.5));
  });

  test('order for no part of a portfolio whose other servers are the other one’s', async () => {
    const portfolio = 'suite';
    await scenario.apply(
      of('north', scenario.server('host-01', { portfolio })),
      of('south', scenario.server('host-02', { portfolio })),
      of('north', aRequest('retire', ['host-01'])),
    );
    await Promise.all([start('north'), start('south')]);
    await scenario.approve('retire');
    await scenario.expectRequest('retire').toBeBlockedBy({
      condition: 'PortfolioComplete',
      reason: 'PortfolioPartial',
      message: /more servers than the request names: host-02/,
    });
    await stays(() => expect(scenario.orders).toEqual([]), seconds(2.5));
  });
});

describe('an object whose label is changed while its order is in progress', () => {
  /** A request of the installation north whose order the cloud works on, placed by `north`. */
  async function ordered(): Promise<OperatorProcess> {
    await scenario.apply(of('north', scenario.server('host-01')), of('north', aRequest('retire', ['host-01'])));
    const north = await start('north');
    await scenario.approve('retire');
    await scenario.expectRequest('retire').toReach('OrderInProgress');
    return north;
  }

  test('is followed to its end, and let go when it is deleted, by the operator that has it now', async () => {
    const north = await ordered();
    await start('south');
    await move('south', 'unsub/retire', 'dccs/host-01');
    await north.end('SIGKILL');
    const { status } = await scenario.expectRequest('retire').toReach('Complete');
    expect(status.placements).toMatchObject([{ holder: isOf(north), state: 'Accepted', result: 'Completed' }]);
    await scenario.expectServer('host-01').toShow({ unsubscription: { state: 'Completed' } });
    await scenario.kubectl('delete', 'unsub/retire', 'dccs/host-01', '--timeout=10s');
    expect(scenario.orders).toHaveLength(1);
  });

  test('says that nobody looks after it when no other operator does, and goes on when one does', async () => {
    const north = await ordered();
    await scenario.kubectl('label', 'unsub/retire', 'dccs/host-01', 'installation-');
    for (const name of ['retire', 'host-01']) {
      await eventually(async () =>
        expect(await notesOn(name), name).toContainEqual(
          expect.stringMatching(/^Its labels do not match installation=north any more.*give it the labels of one\.$/),
        ),
      );
    }
    await scenario.kubectl('delete', 'unsub/retire', 'dccs/host-01', '--wait=false');
    await stays(() => expect(scenario.objects.request('retire')?.metadata.name).toBe('retire'), seconds(8));
    await start('south');
    await move('south', 'unsub/retire', 'dccs/host-01');
    await scenario.expectRequest('retire').toBeGone();
    await scenario.expectServer('host-01').toBeGone();
    const last = scenario.objects.requestVersions('retire').at(-1);
    expect(last?.status.placements).toMatchObject([{ holder: isOf(north), result: 'Completed' }]);
    expect(scenario.orders).toHaveLength(1);
  });

  test('keeps its server from every other request, also where only the request went to the other operator', async () => {
    await Promise.all([ordered(), start('south')]);
    await move('south', 'unsub/retire');
    await scenario.apply(of('north', aRequest('again', ['host-01'])));
    await scenario.expectRequest('again').toBeBlockedBy({
      condition: 'ServersResolved',
      reason: 'ClaimedByOther',
      message: /claimed by the request retire/,
    });
    await scenario.kubectl('delete', 'dccs', 'host-01', '--wait=false');
    await scenario
      .expectServer('host-01')
      .toSay({ message: expect.stringContaining('An order of the request retire is open') });
    await scenario.expectRequest('retire').toReach('Complete');
    await scenario.expectServer('host-01').toBeGone();
    expect(scenario.orders).toHaveLength(1);
  });
});

test('two operators that overlap by mistake order once', async () => {
  await scenario.apply(of('north', scenario.server('host-01')), of('north', aRequest('retire', ['host-01'])));
  await Promise.all([start('north'), scenario.operators.start({ selector: 'installation in (north,south)' })]);
  await scenario.approve('retire');
  const { status } = await scenario.expectRequest('retire').toReach('Complete');
  expect(status.placements).toHaveLength(1);
  expect(scenario.orders).toHaveLength(1);
});
