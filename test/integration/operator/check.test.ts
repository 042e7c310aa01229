import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Clock, minutes, seconds, systemClock } from '../../../operator/clock.ts';
import { ensureBinaries } from '../../cluster/binaries.ts';
import { startControlPlane } from '../../cluster/control-plane.ts';
import { kubectlOutput } from '../../cluster/kubectl.ts';
import { aWorld, seeded, type WorldBuilder } from '../../huaweicloud/seed.ts';
import { operations } from '../../huaweicloud/services/services.ts';
import { printCheck, runCheck } from './check-process.ts';
import { aSecret } from './manifests.ts';
import { openScenarioWithoutOperator, type Scenario, type ScenarioOptions } from './scenario.ts';
import { grantRights, openServiceAccount, type ServiceAccount } from './service-account.ts';

const kubeconfig = inject('kubeconfig');
const writes = operations.filter((operation) => operation.writes).map(({ name }) => name);
const servers = ['host-01', 'host-02'] as const;

const aFullWorld = (account: object = {}): WorldBuilder =>
  aWorld(new Date(), account)
    .withServer({ name: 'host-01' })
    .withServer({ name: 'host-02', hostType: 'DeH' })
    .withVm({ name: 'web' }, 'host-01')
    .withVault('vault')
    .withBackup('web');

/** A namespace with DCCServers and a cloud that has them; nobody works there. */
async function open(options: ScenarioOptions = {}): Promise<Scenario> {
  const scenario = await openScenarioWithoutOperator({ world: aFullWorld(), ...options });
  await scenario.applyServers(...servers);
  return scenario;
}

const optionsFor = ({ namespace, cloud }: Scenario, ...flags: string[]) => ({
  kubeconfig,
  cloudUrl: cloud.url,
  flags: [`--namespaces=${namespace}`, `--lease-namespace=${namespace}`, ...flags],
});

/** Nothing was ordered or written: neither in the cloud, nor in the namespace. */
async function expectNothingWritten(scenario: Scenario): Promise<void> {
  expect(scenario.orders).toEqual([]);
  expect(Object.keys(scenario.cloud.counts).filter((name) => writes.includes(name))).toEqual([]);
  const kinds = 'leases.coordination.k8s.io,events.events.k8s.io,unsubscriptionrequests';
  expect(await scenario.kubectl('get', kinds, '--output=name')).toBe('');
  const shown = await scenario.kubectl(
    'get',
    'dccservers',
    '--output=jsonpath={.items[*].metadata.generation}{.items[*].status}{.items[*].metadata.finalizers}',
  );
  expect(shown).toBe('1 1');
}

// Helm is built when it is missing.
beforeAll(() => ensureBinaries(['helm']), minutes(15));

describe('an installation in which everything is as it should be', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await open();
  });
  afterAll(() => scenario.close());

  test('passes, by reading alone', async () => {
    const { code, result, checks, failed, output } = await runCheck(optionsFor(scenario));
    expect(failed, output).toEqual([]);
    expect({ code, result }).toEqual({ code: 0, result: 'OK' });
    expect(checks).toMatchObject({
      'kubernetes/api': { result: 'OK', found: expect.stringMatching(/^v1\.\d+\.\d+ at 127\.0\.0\.1:\d+, as /) },
      'kubernetes/definitions': { result: 'OK' },
      'kubernetes/rights': { result: 'OK' },
      'kubernetes/servers': { result: 'OK', found: '2 DCCServer(s)' },
      'cloud/credentials': { result: 'OK', found: 'access key in the environment' },
      'cloud/clock': { result: 'OK' },
      'cloud/site': { result: 'OK' },
      'cloud/project': { result: 'OK' },
      'cloud/ecs/machines': { result: 'OK', found: '1 machine(s)' },
      'cloud/deh/hosts': { result: 'OK' },
      'cloud/cbr/backups': { result: 'OK' },
    });
    expect(output).not.toContain(seeded.secretKey);
    await expectNothingWritten(scenario);
  });

  test('is shown as a table', async () => {
    const table = await printCheck(optionsFor(scenario));
    expect(table).toMatch(/^CHECK +RESULT +FOUND/);
    expect(table).toMatch(/^cloud\/ecs\/machines +OK +1 machine\(s\)$/m);
    expect(table).toMatch(/\d+ checks: \d+ OK/);
  });

  test('fails with a key that the cloud does not accept, which it tries once', async () => {
    const secretKey = 'wrong-secret-key-of-the-tests-000000000002';
    const before = scenario.cloud.counts['iam.listDomains']?.['401'] ?? 0;
    const { code, checks, failed, output } = await runCheck({ ...optionsFor(scenario), secretKey });
    expect({ code, failed }).toEqual({ code: 1, failed: ['cloud/account'] });
    expect(checks['cloud/ecs/machines']).toMatchObject({ result: 'SKIPPED' });
    expect(output).not.toContain(secretKey);
    expect((scenario.cloud.counts['iam.listDomains']?.['401'] ?? 0) - before).toBe(1);
  });

  test('fails when the cloud cannot be reached, after a while and not for ever', async () => {
    const cloudUrl = 'http://127.0.0.1:1';
    const { code, checks, failed } = await runCheck({ ...optionsFor(scenario), cloudUrl });
    expect({ code, failed }).toEqual({ code: 1, failed: ['cloud/account'] });
    expect(checks['cloud/account']).toMatchObject({ remedy: expect.stringMatching(/network/) });
    expect(checks['kubernetes/rights']).toMatchObject({ result: 'OK' });
  });

  test('ends in time when the cloud never answers', async () => {
    const fault = await scenario.control.addFault({ operation: '*', effect: { kind: 'lostAnswer' } });
    const { code, checks } = await runCheck(optionsFor(scenario, '--check-timeout=5s'));
    await scenario.control.clearFaults(fault.id);
    expect(code).toBe(1);
    expect(checks['cloud/account']).toMatchObject({
      result: 'FAILED',
      found: expect.stringMatching(/time for all checks/),
    });
  });

  test('fails with settings that cannot be used, also as JSON', async () => {
    const { code, checks } = await runCheck(optionsFor(scenario, '--concurrency=0'));
    expect(code).toBe(1);
    expect(checks['configuration']).toMatchObject({
      result: 'FAILED',
      found: expect.stringMatching(/^--concurrency: /),
    });
  });

  test('with a Secret for a server uses it, and says so', async () => {
    const key = { HUAWEICLOUD_SDK_AK: seeded.accessKey, HUAWEICLOUD_SDK_SK: `${seeded.secretKey}\n` };
    await scenario.apply(
      aSecret('north', key),
      scenario.server('host-01', { credentialsSecretRef: { name: 'north' } }),
    );
    const { code, output } = await runCheck(optionsFor(scenario));
    await scenario.kubectl('delete', 'secret/north', 'dccserver/host-01');
    expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(/HUAWEICLOUD_SDK_SK must be one word/) });
    expect(output).not.toContain(seeded.secretKey);
    await scenario.applyServers('host-01');
  });
});

describe('a cloud', () => {
  test('whose clock differs is told with by how much', async () => {
    const clock: Clock = { ...systemClock, now: () => new Date(Date.now() + seconds(300)) };
    await using scenario = await open({ clock, settings: { signatureLifetime: minutes(15) } });
    const { code, checks, failed } = await runCheck(optionsFor(scenario));
    expect({ code, failed }).toEqual({ code: 1, failed: ['cloud/clock'] });
    expect(checks['cloud/clock']?.found).toMatch(/clock is (29\d|30\d)\.\ds .* behind the billing centre's/);
    await expectNothingWritten(scenario);
  });

  test('whose account is of another site is told with the flag', async () => {
    await using scenario = await open({ world: aFullWorld({ site: 'international' }) });
    const { code, checks, failed } = await runCheck(optionsFor(scenario));
    expect({ code, failed }).toEqual({ code: 1, failed: ['cloud/site'] });
    expect(checks['cloud/site']).toMatchObject({ remedy: expect.stringContaining('international') });
    expect(checks['cloud/billing/balances']).toMatchObject({ result: 'SKIPPED', found: 'cloud/site failed' });
    await expectNothingWritten(scenario);
  });

  test('in which a service answers 403 is told with the action to grant', async () => {
    const { accessKey, secretKey } = seeded;
    const denied = ['rds.listInstances', 'billing.showBalances'];
    await using scenario = await open({ world: aFullWorld({ accessKeys: [{ accessKey, secretKey, denied }] }) });
    const { code, checks, failed } = await runCheck(optionsFor(scenario));
    expect({ code, failed }).toEqual({ code: 1, failed: ['cloud/billing/balances', 'cloud/rds/instances'] });
    expect(checks['cloud/rds/instances']).toMatchObject({ remedy: expect.stringContaining('rds:instance:list') });
    expect(checks['cloud/ecs/machines']).toMatchObject({ result: 'OK' });
    await expectNothingWritten(scenario);
  });
});

describe('the service account of the chart', () => {
  let scenario: Scenario;
  let account: ServiceAccount;
  const role = 'dcc-dcc-operator';
  const check = () =>
    runCheck({
      ...optionsFor(scenario, '--halt-config-map=dcc-dcc-operator-halt', `--lease-name=${role}`),
      kubeconfig: account.kubeconfig,
    });
  beforeAll(async () => {
    scenario = await open();
    await grantRights(kubeconfig, scenario.namespace, { namespaces: `{${scenario.namespace}}` });
    account = await openServiceAccount(kubeconfig, scenario.namespace);
  });
  afterAll(async () => {
    await account[Symbol.asyncDispose]();
    await scenario.close();
  });

  test('has every right that is checked', async () => {
    const { code, checks, output } = await check();
    expect(code, output).toBe(0);
    expect(checks['kubernetes/rights']).toMatchObject({ result: 'OK' });
    expect(checks['kubernetes/api']).toMatchObject({
      found: expect.stringContaining(`system:serviceaccount:${scenario.namespace}:`),
    });
    expect(checks['kubernetes/admission-policies']).toMatchObject({ result: 'SKIPPED' });
  });

  test('without one of them fails with exactly that one', async () => {
    const rules = await kubectlOutput(kubeconfig, [
      '-n',
      scenario.namespace,
      'get',
      'role',
      role,
      '-o',
      'jsonpath={.rules}',
    ]);
    const less = rules.replaceAll('"watch",', '').replaceAll(',"watch"', '');
    expect(less).not.toBe(rules);
    await scenario.kubectl('patch', 'role', role, '--type=merge', `--patch={"rules":${less}}`);
    const { code, checks, failed } = await check();
    expect({ code, failed }).toEqual({ code: 1, failed: ['kubernetes/rights'] });
    expect(checks['kubernetes/rights']?.found).toBe(
      `it may not watch dccservers.dcc-operator.io in ${scenario.namespace}; watch unsubscriptionrequests.dcc-operator.io in ${scenario.namespace}`,
    );
    expect(checks['kubernetes/rights']?.remedy).toContain(`system:serviceaccount:${scenario.namespace}:${role}`);
    await expectNothingWritten(scenario);
  });
});

test(
  'a cluster without the definitions is told so, and the cloud is looked at all the same',
  async () => {
    await using scenario = await open();
    await using bare = await startControlPlane();
    const options = { kubeconfig: bare.kubeconfig, cloudUrl: scenario.cloud.url };
    const { code, checks, failed } = await runCheck(options);
    expect({ code, failed }).toEqual({ code: 1, failed: ['kubernetes/definitions'] });
    expect(checks['kubernetes/definitions']).toMatchObject({ remedy: expect.stringContaining('crds.install=true') });
    expect(checks['kubernetes/servers']).toMatchObject({ result: 'SKIPPED' });
    expect(checks['cloud/project']).toMatchObject({
      result: 'SKIPPED',
      found: expect.stringContaining('--check-region'),
    });
    expect(
      (await runCheck({ ...options, flags: ['--check-region=cn-north-4'] })).checks['cloud/ecs/machines'],
    ).toMatchObject({
      result: 'OK',
    });
  },
  minutes(4),
);
