import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { minutes, seconds, systemClock } from '../../../operator/clock.ts';
import { loadKubeConfig, serverOf } from '../../../operator/kubernetes/kubeconfig.ts';
import { template } from '../../chart/helm.ts';
import { ensureBinaries } from '../../cluster/binaries.ts';
import { createUser } from '../../cluster/kubeconfig.ts';
import { type KubectlResult, kubectl, kubectlOutput } from '../../cluster/kubectl.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { eventually } from './expectations.ts';
import { aRequest, type Manifest } from './manifests.ts';
import { openScenario, type Scenario } from './scenario.ts';

const admin = inject('kubeconfig');
const plan = `plan-${'0'.repeat(24)}`;

/** The chart waits for a minute. */
const untilBelieved = seconds(10);

/** A person with a client certificate, and what they do with kubectl. */
type Person = (args: string[], input?: Manifest) => Promise<KubectlResult>;

let scenario: Scenario;
/** May edit requests, and has no verb of ours. */
let editor: Person;
let otherEditor: Person;
/** Have the ClusterRole of the chart for approvers. */
let approver: Person;
let otherApprover: Person;
/** Has the one for who may break the glass. */
let rescuer: Person;
const owned = new AsyncDisposableStack();
// Helm is built when it is missing.
beforeAll(() => ensureBinaries(['helm']), minutes(15));
beforeAll(async () => {
  const world = aWorld();
  for (const host of ['host-01', 'host-02', 'host-03', 'host-04', 'host-05']) world.withServer({ name: host });
  world.withVm({ name: 'vm-01' }, 'host-04');
  scenario = owned.use(await openScenario({ world }));
  await plant('planted');
  await install();
  const believed = systemClock.sleep(untilBelieved);
  editor = await person('anna', 'edit-dcc');
  otherEditor = await person('bert', 'edit-dcc');
  approver = await person('cleo', 'dcc-dcc-operator-approver', 'edit-dcc');
  otherApprover = await person('dora', 'dcc-dcc-operator-approver');
  rescuer = await person('emil', 'dcc-dcc-operator-glass-breaker');
  await untilPoliciesWork();
  await believed;
}, minutes(2));
afterAll(() => owned.disposeAsync());

/** The policies and roles of the chart, bound in the namespace of the scenario alone. */
async function install(): Promise<void> {
  const rendered = await template({ namespaces: `{${scenario.namespace}}`, 'admission.fourEyes': 'true' }, [
    'templates/admission.yaml',
  ]);
  const input = rendered.replace(/duration\('1m'\)/, `duration('${untilBelieved / 1000}s')`);
  expect(input).not.toBe(rendered);
  owned.defer(async () => void (await kubectlOutput(admin, ['delete', '--ignore-not-found', '-f', '-'], { input })));
  // The moment in which what stamps is there already and nothing refuses yet, made to last.
  const documents = parseAllDocuments(input);
  const first = documents.filter((document) => document.get('kind') !== 'ValidatingAdmissionPolicy');
  await kubectlOutput(admin, ['apply', '-f', '-'], { input: first.map(String).join('---\n') });
  await plant('planted-early');
  await kubectlOutput(admin, ['apply', '-f', '-'], { input });
  await scenario.kubectl(
    ...['create', 'role', 'edit-dcc', '--verb=get,list,watch,create,update,patch,delete'],
    '--resource=dccservers.dcc-operator.io,unsubscriptionrequests.dcc-operator.io',
  );
}

/** A request that says itself who made it. */
async function plant(name: string): Promise<void> {
  const manifest = aRequest(name, ['host-99']);
  const annotations = { 'dcc-operator.io/requested-by': 'nobody' };
  await scenario.apply({ ...manifest, metadata: { name, annotations } });
}

async function person(name: string, ...roles: string[]): Promise<Person> {
  const url = serverOf(await loadKubeConfig(admin)).origin;
  const kubeconfig = await createUser(dirname(admin), url, name);
  for (const role of roles) {
    const kind = role === 'edit-dcc' ? 'role' : 'clusterrole';
    await scenario.kubectl('create', 'rolebinding', `${name}-${role}`, `--${kind}=${role}`, `--user=${name}`);
  }
  return (args, input) =>
    kubectl(kubeconfig, ['--namespace', scenario.namespace, ...args], {
      ...(input && { input: JSON.stringify(input) }),
    });
}

/** The API server takes a moment to compile a new policy. */
async function untilPoliciesWork(): Promise<void> {
  await eventually(async () => {
    const probe = aRequest('probe', ['host-01'], { approvedPlan: plan });
    expect((await editor(['create', '--dry-run=server', '-f', '-'], probe)).stderr).toContain('may approve');
    const annotated = aRequest('probe', ['host-01']);
    const { stdout } = await editor(['create', '--dry-run=server', '-o', 'yaml', '-f', '-'], annotated);
    expect(stdout).toContain('dcc-operator.io/requested-by: anna');
    const forced = { ...annotated, metadata: { name: 'probe', annotations: { 'dcc-operator.io/force-release': 'x' } } };
    expect((await editor(['create', '--dry-run=server', '-f', '-'], forced)).stderr).toContain('Delete it first');
  }, minutes(1));
}

const approve = (who: Person, name: string, id: string | null) =>
  who(['patch', 'unsub', name, '--type=merge', '-p', JSON.stringify({ spec: { approvedPlan: id } })]);
const annotate = (who: Person, object: string, ...annotations: string[]) =>
  who(['annotate', '--overwrite', ...object.split('/'), ...annotations]);
const refused = (words: string) => ({ code: 1, stderr: expect.stringContaining(words) });
const done = { code: 0 };
const mayApprove = 'only who has the verb "approve" on unsubscriptionrequests may approve a plan';
const mayNotOwn = 'who made a request does not approve it';

/** Makes a server and a request for it as a person, and gives the plan that waits for approval. */
async function requested(who: Person, host: string): Promise<string> {
  await scenario.applyServers(host);
  expect(await who(['apply', '-f', '-'], aRequest(`retire-${host}`, [host]))).toMatchObject(done);
  const { status } = await scenario.expectRequest(`retire-${host}`).toReach('AwaitingApproval');
  return status.plan?.id ?? '';
}

describe('an approval', () => {
  test('is refused to whoever lacks the verb, in every way to write it; who has it gives it, and the order is placed', async () => {
    const id = await requested(editor, 'host-01');
    expect(await approve(editor, 'retire-host-01', id)).toMatchObject(refused(mayApprove));
    expect(await approve(otherEditor, 'retire-host-01', id)).toMatchObject(refused(mayApprove));
    const manifest = aRequest('retire-host-01', ['host-01'], { approvedPlan: id });
    expect(await editor(['apply', '-f', '-'], manifest)).toMatchObject(refused(mayApprove));
    expect(await editor(['apply', '--server-side', '-f', '-'], manifest)).toMatchObject(refused(mayApprove));
    const born = aRequest('born-approved', ['host-01'], { approvedPlan: id });
    expect(await editor(['create', '-f', '-'], born)).toMatchObject(refused(mayApprove));
    expect(scenario.orders).toEqual([]);

    expect(await approve(otherApprover, 'retire-host-01', id)).toMatchObject(done);
    await scenario.expectRequest('retire-host-01').toReach('Complete');
    expect(scenario.orders).toHaveLength(1);
  });

  test('is refused to who made the request, however well they may approve others; another one gives it', async () => {
    const id = await requested(approver, 'host-02');
    expect(await approve(approver, 'retire-host-02', id)).toMatchObject(refused(mayNotOwn));
    const born = aRequest('born-approved', ['host-02'], { approvedPlan: id });
    expect(await approver(['create', '-f', '-'], born)).toMatchObject(refused(mayNotOwn));
    expect(await approve(otherApprover, 'retire-host-02', id)).toMatchObject(done);
    await scenario.expectRequest('retire-host-02').toReach('Complete');
  });

  test('may be taken back, and the request suspended, by whoever may edit it', async () => {
    const id = await requested(editor, 'host-03');
    expect(
      await editor(['patch', 'unsub', 'retire-host-03', '--type=merge', '-p', '{"spec":{"suspend":true}}']),
    ).toMatchObject(done);
    expect(await approve(otherApprover, 'retire-host-03', id)).toMatchObject(done);
    await scenario.expectRequest('retire-host-03').toReach('Suspended');
    expect(await approve(otherEditor, 'retire-host-03', null)).toMatchObject(done);
    expect(await approve(otherEditor, 'retire-host-03', id)).toMatchObject(refused(mayApprove));
    await scenario.expectRequest('retire-host-03').toReach('AwaitingApproval');
    expect(scenario.orders.map(({ resourceIds }) => resourceIds.length)).toEqual([1, 1]);
  });
});

describe('the note of who made a request', () => {
  const note = 'dcc-operator.io/requested-by';
  const forged = (name: string): Manifest => {
    const manifest = aRequest('forged', ['host-03']);
    return { ...manifest, metadata: { ...manifest.metadata, annotations: { [note]: name } } };
  };

  test('is made by the API server, whatever the manifest says', async () => {
    expect(await editor(['create', '-f', '-'], forged('cleo'))).toMatchObject(done);
    expect(await scenario.kubectl('get', 'unsub', 'forged', '-o', 'yaml')).toContain(`${note}: anna`);
  });

  test('cannot be changed or taken away, by nobody, and does not keep others from writing', async () => {
    for (const who of [editor, approver]) {
      expect(await annotate(who, 'unsub/forged', `${note}=dora`)).toMatchObject(refused('cannot be changed'));
      expect(await annotate(who, 'unsub/forged', `${note}-`)).toMatchObject(done);
      expect(await annotate(who, 'unsub/forged', 'hold.dcc-operator.io/finance=audit')).toMatchObject(done);
      expect(await scenario.kubectl('get', 'unsub', 'forged', '-o', 'yaml')).toContain(`${note}: anna`);
    }
    expect(await editor(['delete', 'unsub', 'forged'])).toMatchObject(done);
  });

  test('stays when a manifest without it takes the place of the object, which approves nothing', async () => {
    const id = await requested(approver, 'host-05');
    const manifest = (changes = {}) => aRequest('retire-host-05', ['host-05'], changes);
    const replace = (who: Person, written: Manifest) => who(['replace', '-f', '-'], written);
    for (const who of [approver, editor]) expect(await replace(who, manifest())).toMatchObject(done);
    expect(await scenario.kubectl('get', 'unsub', 'retire-host-05', '-o', 'yaml')).toContain(`${note}: cleo`);
    // Applied by the server, as Argo CD can: what a manifest had and has no longer would be taken away.
    const apply = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
    for (const written of [manifest(), manifest()]) expect(await editor(apply, written)).toMatchObject(done);
    expect(await scenario.kubectl('get', 'unsub', 'retire-host-05', '-o', 'yaml')).toContain(`${note}: cleo`);
    expect(await replace(approver, manifest({ approvedPlan: id }))).toMatchObject(refused(mayNotOwn));
    expect(await replace(otherApprover, manifest({ approvedPlan: id }))).toMatchObject(done);
    await scenario.expectRequest('retire-host-05').toReach('Complete');
  });

  test('keeps the finalizer of a call that is under way beside it, which a manifest lacks as well', async () => {
    const written = aRequest('under-way', ['host-03']);
    expect(await editor(['create', '-f', '-'], written)).toMatchObject(done);
    const finalizers = (value: string[] | null) => JSON.stringify({ metadata: { finalizers: value } });
    const held = finalizers(['example.com/other', 'dcc-operator.io/placement']);
    await scenario.kubectl('patch', 'unsub', 'under-way', '--type=merge', '-p', held);
    expect(await otherEditor(['replace', '-f', '-'], written)).toMatchObject(done);
    const kept = await scenario.kubectl('get', 'unsub', 'under-way', '-o', 'jsonpath={.metadata.finalizers}');
    expect(kept).toBe('["dcc-operator.io/placement"]');
    const strip = ['patch', 'unsub', 'under-way', '--type=merge', '-p', finalizers(null)];
    expect(await editor(strip)).toMatchObject(refused('the operator takes its finalizers off itself'));
    expect(await rescuer(strip)).toMatchObject(done);
  });
});

describe('a note that a manifest brought along', () => {
  test.each([
    ['from before there was a policy', 'planted'],
    ['from when it may not have worked yet', 'planted-early'],
  ])('%s lets nobody approve, and nothing else is refused', async (_, name) => {
    for (const who of [approver, otherApprover]) {
      expect(await approve(who, name, plan)).toMatchObject(refused('nobody knows who made it'));
      const settle = 'settle.dcc-operator.io/1.1=none';
      expect(await annotate(who, `unsub/${name}`, settle)).toMatchObject(refused('nobody knows who made it'));
    }
    expect(await annotate(otherEditor, `unsub/${name}`, 'team=green')).toMatchObject(done);
    expect(await editor(['delete', 'unsub', name])).toMatchObject(done);
  });
});

describe('an annotation that counts as much as an approval', () => {
  test('settles a call only if it is set by who may approve', async () => {
    const settle = 'settle.dcc-operator.io/1.1=none';
    expect(await annotate(editor, 'unsub/retire-host-03', settle)).toMatchObject(refused('may settle a call'));
    expect(await annotate(otherApprover, 'unsub/retire-host-03', settle)).toMatchObject(done);
    const changed = 'settle.dcc-operator.io/1.1=CS1';
    expect(await annotate(editor, 'unsub/retire-host-03', changed)).toMatchObject(refused('may settle a call'));
    expect(await annotate(editor, 'unsub/retire-host-03', 'team=green')).toMatchObject(done);
    expect(await annotate(editor, 'unsub/retire-host-03', 'settle.dcc-operator.io/1.1-')).toMatchObject(done);
  });

  test.each(['unsub/retire-host-03', 'dccs/host-03'])(
    'lets %s go by force only when it is deleted, and if it is set by who may break the glass',
    async (object) => {
      const force = 'dcc-operator.io/force-release=INC-42';
      const name = object.split('/');
      // Somebody else's finalizer, so that it stays to be looked at.
      await scenario.kubectl(
        'patch',
        ...name,
        '--type=merge',
        '-p',
        '{"metadata":{"finalizers":["example.com/other"]}}',
      );
      expect(await annotate(rescuer, object, force)).toMatchObject(refused('Delete it first'));
      await scenario.kubectl('delete', ...name, '--wait=false');
      for (const who of [editor, approver]) {
        expect(await annotate(who, object, force)).toMatchObject(refused('only who has the verb "forcerelease"'));
      }
      expect(await annotate(rescuer, object, force)).toMatchObject(done);
      expect(await annotate(editor, object, 'team=green')).toMatchObject(done);
      expect(await annotate(editor, object, 'dcc-operator.io/force-release-')).toMatchObject(done);
      await scenario.kubectl('patch', ...name, '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    },
  );
});

test('finalizers of the operator are taken off by the operator, and by who may break the glass', async () => {
  await scenario.applyServers('host-04');
  await scenario.expectServer('host-04').toShow({ virtualMachines: { total: 1 } });
  await scenario.kubectl('delete', 'dccs', 'host-04', '--wait=false');
  const strip = ['patch', 'dccs', 'host-04', '--type=merge', '-p', '{"metadata":{"finalizers":null}}'];
  for (const who of [editor, approver]) {
    expect(await who(strip)).toMatchObject(refused('the operator takes its finalizers off itself'));
  }
  expect(await rescuer(strip)).toMatchObject(done);
  await scenario.expectServer('host-04').toBeGone();
});

test('who made a request does not settle its calls either', async () => {
  expect(await approver(['create', '-f', '-'], aRequest('own', ['host-01']))).toMatchObject(done);
  expect(await annotate(approver, 'unsub/own', 'settle.dcc-operator.io/1.1=none')).toMatchObject(refused(mayNotOwn));
  expect(await annotate(otherApprover, 'unsub/own', 'settle.dcc-operator.io/1.1=none')).toMatchObject(done);
});
