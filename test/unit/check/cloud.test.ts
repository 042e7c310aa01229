import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startCloudChecks } from '../../../operator/check/cloud/checks.ts';
import { accountSources, projectSources } from '../../../operator/check/cloud/sources.ts';
import { type Target, targetsOf } from '../../../operator/check/cloud/targets.ts';
import { failed, ok, type Result } from '../../../operator/check/outcome.ts';
import { start } from '../../../operator/check/started.ts';
import { type Clock, seconds, systemClock } from '../../../operator/clock.ts';
import { openAccess } from '../../../operator/cloud.ts';
import { readConfig } from '../../../operator/config.ts';
import { permissions } from '../../../operator/huaweicloud/permissions.ts';
import { createLog } from '../../../operator/telemetry/log.ts';
import { aServer } from '../../builders/dccserver.ts';
import { controlClient } from '../../huaweicloud/control-client.ts';
import { aWorld, seeded, type WorldBuilder } from '../../huaweicloud/seed.ts';
import { startHuaweiCloud } from '../../huaweicloud/server.ts';
import { operations } from '../../huaweicloud/services/services.ts';

const own = { HUAWEICLOUD_SDK_AK: seeded.accessKey, HUAWEICLOUD_SDK_SK: seeded.secretKey };
const writes = operations.filter((operation) => operation.writes).map(({ name }) => name);

interface Looked {
  outcomes: Record<string, { result: Result; found: string; remedy?: string }>;
  /** Operations that were called, with how each call ended. */
  counts: Readonly<Record<string, Record<string, number>>>;
}

interface Circumstances {
  world?: WorldBuilder;
  target?: Partial<Target>;
  flags?: string[];
  environment?: Record<string, string>;
  clock?: Clock;
  prepare?: (control: ReturnType<typeof controlClient>) => Promise<unknown>;
}

/** Runs the checks against a simulated cloud; none of them may have written anything there. */
async function look(circumstances: Circumstances = {}): Promise<Looked> {
  const { world = aWorld().withServer({ name: 'host-01' }), clock = systemClock, environment = own } = circumstances;
  const cloud = await startHuaweiCloud({ world: world.build(), settings: { orderProcessing: seconds(0.01) } });
  onTestFinished(() => cloud.stop());
  await circumstances.prepare?.(controlClient(cloud.url));
  const ordersBefore = cloud.world.ledger.accepted.length;
  const target: Target = {
    region: seeded.region,
    projectId: seeded.projectId,
    isGiven: true,
    secret: undefined,
    resourceIds: cloud.world.servers.map(({ resourceId }) => resourceId),
    hostIds: cloud.world.servers.filter(({ hostType }) => hostType === 'DeH').map(({ resourceId }) => resourceId),
    ...circumstances.target,
  };
  // As in the real cloud, the billing centre has a name of its own: its time is not told by other services.
  const billing = cloud.url.replace('127.0.0.1', 'localhost');
  const config = readConfig([`--endpoints=*=${cloud.url},billing=${billing}`, ...(circumstances.flags ?? [])], {});
  const signal = AbortSignal.timeout(15_000);
  const log = createLog('silent');
  const configuration = start({ check: 'configuration' }, signal, () =>
    ok('', openAccess({ config, environment, clock, log, observe: () => undefined })),
  );
  const started = startCloudChecks([target], { config, configuration, connection: undefined, clock, signal });
  const outcomes = await Promise.all(started.map(async ({ check, outcome }) => [check, await outcome] as const));
  expect(Object.keys(cloud.counts).filter((name) => writes.includes(name))).toEqual([]);
  expect(cloud.world.ledger.accepted).toHaveLength(ordersBefore);
  return { outcomes: Object.fromEntries(outcomes), counts: cloud.counts };
}

const resultsOf = ({ outcomes }: Looked) =>
  Object.fromEntries(Object.entries(outcomes).map(([check, { result }]) => [check, result]));

/** A world in which there is something of everything. */
const full = () =>
  aWorld()
    .withServer({ name: 'host-01' })
    .withServer({ name: 'host-02', hostType: 'DeH' })
    .withServer({ name: 'host-03' })
    .withVm({ name: 'web' }, 'host-01')
    .withVault('vault')
    .withBackup('web')
    .withCceNode('node', 'host-01')
    .withMrsNode('hadoop', 'host-01')
    .withRdsInstance('db', 'host-01');

describe('where everything is as it should be', () => {
  test('every source is read, and nothing is ordered', async () => {
    const looked = await look({ world: full(), prepare: (control) => control.unsubscribeInConsole(['host-03']) });
    expect(Object.entries(resultsOf(looked)).filter(([, result]) => result !== 'OK')).toEqual([
      ['cloud/billing/order', 'SKIPPED'],
    ]);
    expect(looked.outcomes['cloud/deh/hosts']?.found).toMatch(/0 machine\(s\) on the host/);
    expect(looked.outcomes['cloud/cce/nodes']?.found).toMatch(/^1 cluster\(s\); 1 node\(s\)/);
    expect(looked.outcomes['cloud/cbr/backups']?.found).toMatch(/^1 backup\(s\) in 1 vault\(s\)/);
  });

  test('every call of the operator is tried but the one that orders', async () => {
    const tried = [...accountSources, ...projectSources].flatMap(({ calls }) => calls);
    const first = ['iam.KeystoneListAuthDomains', 'iam.KeystoneListProjects', 'billing.ListServiceTypes'];
    const order = 'billing.CancelResourcesSubscription';
    const whereNoAccountIsListed = 'sts.GetCallerIdentity';
    expect([...new Set([...tried, ...first, order, whereNoAccountIsListed])].sort()).toEqual(
      Object.keys(permissions).sort(),
    );
  });

  test('the sources that have nothing to be tried on say so', async () => {
    const { outcomes } = await look({ target: { resourceIds: [] } });
    expect(outcomes).toMatchObject({
      'cloud/billing/refunds': { result: 'SKIPPED', found: expect.stringMatching(/no completed unsubscription/) },
      'cloud/billing/bill': { result: 'SKIPPED' },
      'cloud/deh/hosts': { result: 'SKIPPED' },
      'cloud/billing/subscriptions': { result: 'OK', found: '0 frozen resource(s)' },
    });
  });

  test('in a mode that never orders, the right to order is not missed', async () => {
    const { outcomes } = await look({ flags: ['--mode=ObserveOnly'] });
    expect(outcomes['cloud/billing/order']).toMatchObject({ found: '--mode ObserveOnly never orders' });
  });
});

describe('credentials', () => {
  test('are told by the way in which they were found', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-check-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'credentials');
    await writeFile(file, `[basic]\nak = ${seeded.accessKey}\nsk = ${seeded.secretKey}\n`);
    const { outcomes } = await look({ environment: { HUAWEICLOUD_SDK_CREDENTIALS_FILE: file } });
    expect(outcomes['cloud/credentials']).toMatchObject({ result: 'OK', found: `profile file, file ${file}` });
    expect(outcomes['cloud/account']).toMatchObject({ result: 'OK' });
  });

  test('that are missing are named, and nothing is sent', async () => {
    const looked = await look({ environment: { HUAWEICLOUD_SDK_AK: seeded.accessKey } });
    expect(looked.outcomes['cloud/credentials']).toMatchObject({
      result: 'FAILED',
      found: expect.stringContaining('HUAWEICLOUD_SDK_SK is missing'),
      remedy: expect.stringContaining('credentials.existingSecret'),
    });
    expect(looked.counts).toEqual({});
    expect(Object.values(resultsOf(looked)).filter((result) => result !== 'SKIPPED')).toEqual(['FAILED']);
  });

  test('that the cloud refuses are tried once, so that the key is not locked', async () => {
    const looked = await look({ environment: { ...own, HUAWEICLOUD_SDK_SK: 'a-wrong-secret-key' } });
    expect(looked.outcomes['cloud/account']).toMatchObject({
      result: 'FAILED',
      found: expect.stringContaining('APIGW.0301'),
      remedy: expect.stringContaining('Check the access key'),
    });
    expect(looked.counts).toEqual({ 'iam.listDomains': { 401: 1 } });
  });

  test('with the account of somebody else beside them are told', async () => {
    const other = '0'.repeat(32);
    const { outcomes } = await look({ environment: { ...own, HUAWEICLOUD_SDK_DOMAIN_ID: other } });
    expect(outcomes['cloud/account']).toMatchObject({ result: 'FAILED', found: expect.stringContaining(other) });
  });

  test('of a disabled account read nothing more', async () => {
    const looked = await look({ prepare: (control) => control.enableAccount(false) });
    expect(looked.outcomes['cloud/account']).toMatchObject({ found: expect.stringContaining('is disabled') });
    expect(looked.outcomes['cloud/ecs/machines']).toMatchObject({
      result: 'SKIPPED',
      found: 'cloud/project was skipped',
    });
  });
});

describe('the account', () => {
  test('of another site is told with the flag, and its projects are looked at all the same', async () => {
    const world = aWorld(new Date(), { site: 'international' }).withServer({ name: 'host-01' });
    const { outcomes } = await look({ world });
    expect(outcomes).toMatchObject({
      'cloud/site': {
        result: 'FAILED',
        found: expect.stringContaining('CBC.0150'),
        remedy: expect.stringContaining('site'),
      },
      'cloud/clock': { result: 'OK' },
      'cloud/billing/balances': { result: 'SKIPPED', found: 'cloud/site failed' },
      'cloud/ecs/machines': { result: 'OK' },
    });
  });

  test('in arrears is a warning', async () => {
    const { outcomes } = await look({ prepare: (control) => control.setDebt('120.00') });
    expect(outcomes['cloud/billing/balances']).toMatchObject({
      result: 'WARNING',
      found: expect.stringMatching(/120/),
    });
  });

  test('without a billing row for a server is a warning', async () => {
    const { outcomes } = await look({ target: { resourceIds: ['nobody-knows-it'] } });
    expect(outcomes['cloud/billing/subscriptions']).toMatchObject({
      result: 'WARNING',
      found: expect.stringContaining('none has nobody-knows-it'),
    });
  });
});

describe('a clock', () => {
  test('that is off is told with by how much', async () => {
    const clock: Clock = { ...systemClock, now: () => new Date(Date.now() + 300_000) };
    const { outcomes } = await look({ clock });
    expect(outcomes['cloud/clock']).toMatchObject({
      result: 'FAILED',
      found: expect.stringMatching(/is (299|300|301)\.\ds .*ahead/),
    });
    expect(outcomes['cloud/billing/orders']).toMatchObject({ result: 'OK' });
  });
});

describe('a permission that is missing', () => {
  const without = (...denied: string[]) => {
    const { accessKey, secretKey } = seeded;
    return aWorld(new Date(), { accessKeys: [{ accessKey, secretKey, denied }] }).withServer({ name: 'host-01' });
  };

  test.each([
    ['rds.listInstances', 'cloud/rds/instances', /rds:instance:list \(policies\) or rds:instance:listAll/],
    ['dcc.showResourceClusters', 'cloud/dcc/pools', /presumably dcc:\*:get\*/],
    ['ecs.listServersDetails', 'cloud/ecs/machines', /ecs:cloudServers:list \(policies\)/],
    ['billing.listOrders', 'cloud/billing/orders', /bss:order:view/],
    ['billing.showBalances', 'cloud/billing/balances', /bss:balance:view/],
  ])('for %s fails %s with the action, and no other check', async (denied, check, remedy) => {
    const looked = await look({ world: without(denied) });
    expect(looked.outcomes[check]).toMatchObject({ result: 'FAILED', remedy: expect.stringMatching(remedy) });
    const failed = Object.entries(resultsOf(looked)).filter(([, result]) => result === 'FAILED');
    expect(failed.map(([name]) => name)).toEqual(
      denied === 'billing.listOrders' ? [check, 'cloud/billing/refunds'] : [check],
    );
  });

  test('to list projects is a warning, since the operator does without', async () => {
    const { outcomes } = await look({ world: without('iam.listProjects') });
    expect(outcomes['cloud/project']).toMatchObject({
      result: 'WARNING',
      remedy: expect.stringContaining('iam:projects:listProjects'),
    });
    expect(outcomes['cloud/ecs/machines']).toMatchObject({ result: 'OK' });
  });
});

describe('the project', () => {
  test('of the region is looked up where no server names one', async () => {
    const { outcomes } = await look({ target: { projectId: undefined } });
    expect(outcomes['cloud/project']).toMatchObject({ result: 'OK', found: expect.stringContaining(seeded.projectId) });
  });

  test('is not looked for where no region is known', async () => {
    const { outcomes } = await look({ target: { isGiven: false, projectId: undefined } });
    expect(outcomes['cloud/project']).toMatchObject({
      result: 'SKIPPED',
      found: expect.stringContaining('--check-region'),
    });
    expect(outcomes['cloud/billing/balances']).toMatchObject({ result: 'OK' });
  });

  test('other than that of the region is a warning', async () => {
    const { outcomes } = await look({ target: { projectId: 'f'.repeat(32) } });
    expect(outcomes['cloud/project']).toMatchObject({
      result: 'WARNING',
      found: expect.stringContaining(seeded.projectId),
    });
  });
});

describe('where to look', () => {
  const config = (...args: string[]) => readConfig(args, {});
  const servers = [
    aServer('one'),
    aServer('two', { spec: { hostType: 'DeH' } }),
    aServer('three', { spec: { credentialsSecretRef: { name: 'north' } } }),
    aServer('four', { spec: { region: 'cn-east-3' } }),
  ];

  test('is where the DCCServers are, once for each region, project and credentials', () => {
    const targets = targetsOf(servers, config());
    expect(targets.map(({ region, secret, resourceIds }) => [region, secret?.name, resourceIds.length])).toEqual([
      ['cn-north-4', undefined, 2],
      ['cn-north-4', 'north', 1],
      ['cn-east-3', undefined, 1],
    ]);
    expect(targets[0]?.hostIds).toEqual([servers[1]?.spec.resourceId]);
  });

  test('is the region that is asked for', () => {
    expect(targetsOf(servers, config('--check-region=cn-east-3'))).toHaveLength(1);
    expect(targetsOf(servers, config('--check-region=eu-west-101'))).toMatchObject([
      { region: 'eu-west-101', isGiven: true, projectId: undefined },
    ]);
  });

  test('is at most five places at once, and it is said that there are more', () => {
    const signal = AbortSignal.abort(new Error('not now'));
    const configuration = start({ check: 'configuration' }, signal, () => failed('no', 'Mend it.'));
    const seven = Array.from({ length: 7 }, () => targetsOf([], config())[0]).filter((target) => target !== undefined);
    const started = startCloudChecks(seven, {
      config: config(),
      configuration,
      connection: undefined,
      clock: systemClock,
      signal,
    });
    expect(started.filter(({ check }) => check === 'cloud/credentials')).toHaveLength(5);
    expect(started.at(-1)).toMatchObject({ check: 'cloud/other-places' });
    expect(
      startCloudChecks(seven.slice(0, 5), {
        config: config(),
        configuration,
        connection: undefined,
        clock: systemClock,
        signal,
      }).at(-1)?.check,
    ).toBe('cloud/cbr/backups');
  });

  test('is any region of the site while there is none, for what all share', () => {
    expect(targetsOf([], config('--site=international'))).toMatchObject([{ region: 'ap-southeast-3', isGiven: false }]);
  });
});
