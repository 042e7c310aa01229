import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { minutes, seconds, systemClock } from '../../operator/clock.ts';
import { template } from '../chart/helm.ts';
import { ensureBinaries } from '../cluster/binaries.ts';
import { kubectlOutput } from '../cluster/kubectl.ts';
import { aWorld } from '../huaweicloud/seed.ts';
import { eventually, stays } from '../integration/operator/expectations.ts';
import { aRequest, type Manifest } from '../integration/operator/manifests.ts';
import { openScenario, type Scenario } from '../integration/operator/scenario.ts';
import {
  type Application,
  anApplication,
  argoCdNamespace,
  driftsOf,
  exampleApplication,
  exampleProject,
  healthOf,
} from './application.ts';
import { type ArgoCD, argoCdAccount, startArgoCD } from './argo-cd.ts';
import { createGitRepository, type GitRepository } from './git-repository.ts';

const admin = inject('kubeconfig');
const owned = new AsyncDisposableStack();
let scenario: Scenario;
let argoCd: ArgoCD;
let git: GitRepository;

// Argo CD is built when it is missing.
beforeAll(() => ensureBinaries(['argocd', 'helm']), minutes(30));
beforeAll(async () => {
  const world = aWorld().withVault('vault-01');
  for (const host of ['host-01', 'host-02', 'host-03']) world.withServer({ name: host });
  world.withVm({ name: 'web-01' }, 'host-02').withBackup('web-01', {});
  scenario = owned.use(await openScenario({ world }));
  argoCd = owned.use(await startArgoCD(admin));
  git = owned.use(await createGitRepository());
  await installChart();
}, minutes(2));
afterAll(() => owned.disposeAsync());

/** What the chart brings for Argo CD and for whoever approves, as docs/argocd.md says. */
async function installChart(): Promise<void> {
  const values = { namespaces: `{${scenario.namespace}}`, 'argocd.healthChecks.enabled': 'true' };
  const templates = ['admission', 'people', 'argocd'].map((name) => `templates/${name}.yaml`);
  const input = (await template(values, templates)).replaceAll(' dcc-system', ` ${scenario.namespace}`);
  owned.defer(async () => void (await kubectlOutput(admin, ['delete', '--ignore-not-found', '-f', '-'], { input })));
  await kubectlOutput(admin, ['apply', '-f', '-'], { input });
  const fragment = await scenario.kubectl(
    'get',
    'configmap',
    'dcc-dcc-operator-argocd',
    '-o',
    `jsonpath={.data.argocd-cm\\.yaml}`,
  );
  const patch = ['--namespace', argoCdNamespace, 'patch', 'configmap', 'argocd-cm', '--type=merge'];
  await kubectlOutput(admin, [...patch, `--patch=${fragment}`]);
  // The chart has it cover both kinds.
  await grant('edit');
}

const grant = (role: string) =>
  scenario.kubectl(
    ...['create', 'rolebinding', `argocd-${role}`, `--clusterrole=${role}`],
    `--serviceaccount=${argoCdNamespace}:${argoCdAccount}`,
  );

/** Waits until Argo CD says what is expected of the Application. */
async function look(name: string, expected: (application: Application) => void): Promise<Application> {
  const looked = eventually(() => {
    const application = argoCd.versions(name).at(-1) ?? expect.fail(`there is no Application ${name}`);
    expect(application.status, 'Argo CD has looked at it').toBeDefined();
    try {
      expected(application);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}\n${describe(application)}`, { cause: error });
    }
    return application;
  }, minutes(1));
  return Promise.race([looked, argoCd.failed]);
}

/** Where an Application stands, for the message of a test that fails. */
function describe({ status }: Application): string {
  const resources = status?.resources.map(
    ({ kind, name, health }) => `  ${kind} ${name}: ${health?.status} ${health?.message}`,
  );
  const conditions = status?.conditions.map(({ type, message }) => `  ${type}: ${message}`);
  const operation = `  ${status?.operationState?.phase}: ${status?.operationState?.message}`;
  return [
    `${status?.sync.status}, ${status?.health?.status}`,
    ...(resources ?? []),
    ...(conditions ?? []),
    operation,
  ].join('\n');
}

/** Has it look at the repository at once, as a webhook does. */
const refresh = (name: string) =>
  kubectlOutput(admin, [
    ...['--namespace', argoCdNamespace, 'annotate', '--overwrite', 'application', name],
    'argocd.argoproj.io/refresh=hard',
  ]);

const create = (application: object) =>
  kubectlOutput(admin, ['create', '-f', '-'], { input: JSON.stringify(application) });
const stands = (sync: string, revision: string, health: string) => (application: Application) =>
  expect(application.status).toMatchObject({ sync: { status: sync, revision }, health: { status: health } });

test('a server is retired by two commits: Argo CD shows that it waits for the approval, and nothing but Git ever makes a difference', async () => {
  const [host, other] = [scenario.server('host-01'), scenario.server('host-02')];
  const asked = await git.commit('Ask to retire host-01', {
    'dcc/host-01.yaml': host,
    'dcc/host-02.yaml': other,
    'dcc/retire.yaml': aRequest('retire', ['host-01']),
  });
  await create(exampleProject(git.url, scenario.namespace));
  await create(exampleApplication(git.url, scenario.namespace));
  const waiting = await look('dcc-servers', stands('Synced', asked, 'Suspended'));
  const plan = (await scenario.expectRequest('retire').toReach('AwaitingApproval')).status.plan?.id ?? '';
  expect(healthOf(waiting, 'UnsubscriptionRequest', 'retire')).toEqual({
    status: 'Suspended',
    message: `AwaitingApproval: Nobody has approved ${plan}. Read status.plan.orders, then set spec.approvedPlan to ${plan}.`,
  });
  expect(healthOf(waiting, 'DCCServer', 'host-01')).toMatchObject({ status: 'Healthy' });

  // May Argo CD approve? Whoever merges the commit decides, but the API server asks for the verb of who writes it.
  const approved = await git.commit(`Approve ${plan}`, {
    'dcc/retire.yaml': aRequest('retire', ['host-01'], { approvedPlan: plan }),
  });
  await refresh('dcc-servers');
  await look('dcc-servers', ({ status }) =>
    expect(status?.operationState?.message).toContain('only who has the verb "approve" on unsubscriptionrequests'),
  );
  expect(scenario.orders).toEqual([]);
  await grant('dcc-dcc-operator-approver');

  const done = await look('dcc-servers', stands('Synced', approved, 'Healthy'));
  expect(healthOf(done, 'UnsubscriptionRequest', 'retire')).toMatchObject({ status: 'Healthy' });
  expect(scenario.orders).toHaveLength(1);

  const pruned = await git.commit('Forget host-02', { 'dcc/host-02.yaml': undefined });
  await refresh('dcc-servers');
  await scenario.expectServer('host-02').toSay({ type: 'Ready', reason: 'Deleting' });
  // New words of the same health Argo CD takes up only when it looks again.
  await refresh('dcc-servers');
  await look('dcc-servers', (application) => {
    stands('OutOfSync', pruned, 'Progressing')(application);
    const { status, message } = healthOf(application, 'DCCServer', 'host-02') ?? {};
    expect(status).toBe('Progressing');
    expect(message).toContain('Held by the finalizer dcc-operator.io/drain');
    expect(message).toContain('web-01 (ECS)');
  });
  // Longer than the two looks take after which a server is let go.
  await stays(() => expect(scenario.objects.server('host-02')).toBeDefined(), seconds(10));
  await scenario.control.deleteVm('web-01');
  await scenario.expectServer('host-02').toBeGone();
  await look('dcc-servers', stands('Synced', pruned, 'Healthy'));

  await refresh('dcc-servers');
  await systemClock.sleep(seconds(3));
  await look('dcc-servers', stands('Synced', pruned, 'Healthy'));
  const versions = argoCd.versions('dcc-servers');
  expect(driftsOf(versions)).toEqual([]);
  // A server that is held is pruned again and again.
  const syncs = new Set(versions.at(-1)?.status?.history.map(({ revision }) => revision));
  expect([...syncs]).toEqual([asked, approved, pruned]);
  // What Argo CD left alone is more than nothing, and it would have seen a difference.
  expect(scenario.objects.requestVersions('retire').length).toBeGreaterThan(5);
  await scenario.patch('dccs', 'host-01', { spec: { virtualMachines: { hypervisorHostnames: ['elsewhere'] } } });
  await look('dcc-servers', () => expect(driftsOf(argoCd.versions('dcc-servers'))).not.toEqual([]));
});

test('a request that comes before others in a sync keeps them, and the next commit, back until a person approves it in the cluster, which Argo CD leaves as it is', async () => {
  const inWave = (wave: number, { apiVersion, kind, metadata, ...rest }: Manifest): Manifest => ({
    apiVersion,
    kind,
    metadata: { ...metadata, annotations: { 'argocd.argoproj.io/sync-wave': String(wave) } },
    ...rest,
  });
  const second = (data: object) =>
    inWave(2, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'second' }, data });
  const asked = await git.commit('Ask for host-03, and what is to come after it', {
    'waves/host-03.yaml': scenario.server('host-03'),
    'waves/first.yaml': inWave(1, aRequest('first', ['host-03'])),
    'waves/second.yaml': second({}),
  });
  await create(anApplication('waves', git.url, 'waves', scenario.namespace));
  const message = 'waiting for healthy state of dcc-operator.io/UnsubscriptionRequest/first';
  const isKeptBack = ({ status }: Application) =>
    expect(status).toMatchObject({ health: { status: 'Suspended' }, operationState: { phase: 'Running', message } });
  const keptBack = await look('waves', isKeptBack);
  expect(healthOf(keptBack, 'UnsubscriptionRequest', 'first')?.message).toMatch(/^AwaitingApproval/);

  const next = await git.commit('Change what comes after it', { 'waves/second.yaml': second({ next: 'commit' }) });
  await refresh('waves');
  await stays(async () => void isKeptBack(argoCd.versions('waves').at(-1) ?? expect.fail()), seconds(5));
  await scenario.approve('first');
  await look('waves', ({ status }) => expect(status?.history.map(({ revision }) => revision)).toContain(asked));
  await look('waves', stands('Synced', next, 'Healthy'));
  expect(await scenario.kubectl('get', 'configmap', 'second', '-o', 'jsonpath={.data}')).toBe('{"next":"commit"}');
  const { spec, status } = await scenario.expectRequest('first').toReach('Complete');
  expect(spec.approvedPlan).toBe(status.plan?.id);
  expect(driftsOf(argoCd.versions('waves'))).toEqual([]);
});

test('the settings that the chart brings leave those of others in argocd-cm alone', async () => {
  const read = ['--namespace', argoCdNamespace, 'get', 'configmap', 'argocd-cm', '--show-managed-fields', '-o', 'yaml'];
  const settings = parse(await kubectlOutput(admin, read));
  expect(Object.keys(settings.data)).toContain('resource.customizations.ignoreResourceUpdates.all');
  expect(Object.keys(settings.data)).toContain('resource.customizations.health.dcc-operator.io_DCCServer');
  expect(settings.metadata.labels).toMatchObject({ 'app.kubernetes.io/part-of': 'argocd' });
});
