import { beforeAll, describe, expect, inject, test } from 'vitest';
import { ensureBinaries } from '../cluster/binaries.ts';
import { chart, helm } from './helm.ts';
import type { Settings } from './value-cases.ts';

/** What Helm says at the end of an installation with these values, which it only works out. */
async function notes(values: Settings = {}): Promise<string> {
  const sets = Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  // The definitions are in the cluster already, for other tests.
  const cluster = ['--kubeconfig', inject('kubeconfig'), '--namespace', 'dcc-system', '--take-ownership'];
  const said = await helm(['install', 'dcc', chart, '--dry-run=client', ...cluster, ...sets]);
  return said.split('\nNOTES:\n')[1] ?? expect.fail('there are no notes');
}

const secret = { 'credentials.existingSecret': 'huaweicloud' };

beforeAll(() => ensureBinaries(['helm']), 900_000);

describe.concurrent('the notes of an installation', () => {
  test('as it comes ask for credentials, and tell how to see it start, who approves, and how to describe a server', async () => {
    expect(await notes()).toBe(`dcc-operator 0.1.0 is installed in the namespace dcc-system, mode Place, site china.
It looks after all namespaces.

It was given no credentials, so it asks for those of the pod or the node (docs/credentials.md). Unless these have an agency: set
credentials.existingSecret to the name of a Secret with HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or credentials.openIdConnect.

helm uninstall is refused while a call is open that nobody would follow without the operator (helm uninstall --no-hooks does it all
the same; the journals stay). The definitions, and with them all requests, stay in any case.
Helm takes a release for half uninstalled once that was refused: helm rollback dcc 1 -n dcc-system brings it back.

To stop all ordering at once, in an emergency:
  kubectl -n dcc-system create configmap dcc-dcc-operator-halt --from-literal=reason='who and why'

Next:
* See it start:
  kubectl -n dcc-system rollout status deployment/dcc-dcc-operator --timeout=2m
* Say who may approve, in each namespace with requests, such as the group finance:
  kubectl -n NAMESPACE create rolebinding dcc-approvers --clusterrole=dcc-dcc-operator-approver --group=finance
* Describe a server and see what is on it. Applying a DCCServer changes nothing in the cloud.
  kubectl explain dccserver.spec
  kubectl get dccservers -A
`);
  });

  test.each<[string, Settings]>([
    ['a Secret', secret],
    ['Secrets of the servers', { 'credentials.allowSecretRefs': 'true' }],
    ['a token', { 'credentials.openIdConnect.identityProvider': 'k8s' }],
    ['variables', { 'extraEnv[0].name': 'HUAWEICLOUD_SDK_AK', 'extraEnv[0].value': 'x' }],
  ])('ask for no credentials where they come by %s', async (_, values) => {
    expect(await notes(values)).not.toContain('was given no credentials');
  });

  test('of one that observes tell how it comes to order', async () => {
    const said = await notes({ ...secret, mode: 'ObserveOnly' });
    expect(said).toContain('mode ObserveOnly');
    expect(said).toMatch(/let it order:\n {2}helm upgrade dcc CHART -n dcc-system --reuse-values --set mode=Place\n$/);
    expect(await notes(secret)).not.toContain('helm upgrade');
  });

  test('of one with health checks for Argo CD tell how they come into its settings', async () => {
    expect(await notes({ 'argocd.healthChecks.enabled': 'true' })).toContain(`
  kubectl -n argocd patch configmap argocd-cm --type=merge --patch \\
    "$(kubectl -n dcc-system get configmap dcc-dcc-operator-argocd -o jsonpath='{.data.argocd-cm\\.yaml}')"
`);
  });

  test('of one for some namespaces and labels name these, and who approves there', async () => {
    const said = await notes({ ...secret, namespaces: '{team-a,team-b}', selector: 'tier=gold' });
    expect(said).toContain(
      'It looks after the namespaces team-a, team-b, and there only after objects with the labels tier=gold.',
    );
    expect(said).toContain('No other installation may look after the same objects.');
    for (const team of ['team-a', 'team-b']) expect(said).toContain(`kubectl -n ${team} create rolebinding`);
    expect(said).toContain('kubectl get dccservers -n team-a\n');
  });

  test('of one with a check before it show where that says what is missing', async () => {
    const said = await notes({ ...secret, 'preflight.enabled': 'true' });
    expect(said).toContain('kubectl -n dcc-system logs deployment/dcc-dcc-operator -c preflight\n');
  });

  test('of one without policies say that editors approve, and name no role that is not there', async () => {
    const said = await notes({ ...secret, 'admission.enabled': 'false' });
    expect(said).toContain('Whoever may edit a request may approve it');
    expect(said).not.toContain('rolebinding');
  });

  test('of one that is not to start yet, and is not guarded, say so', async () => {
    const said = await notes({ ...secret, replicaCount: '0', 'uninstallGuard.enabled': 'false' });
    expect(said).toContain('kubectl -n dcc-system scale deployment dcc-dcc-operator --replicas=2\n');
    expect(said).not.toContain('helm uninstall');
  });
});
