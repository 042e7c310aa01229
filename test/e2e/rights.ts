import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../integration/operator/expectations.ts';
import { aRequest, aServer } from '../integration/operator/manifests.ts';
import type { ReachableCloud } from './cloud.ts';
import { apply, kube, release, system } from './installation.ts';
import { aPerson, type Person, rightsOf } from './people.ts';

const team = 'tenants';
const others = 'others';

/** What an operator may do where its objects are; each as `rightsOf` has it. */
export const ofObjects: readonly string[] = [
  'create,patch on events.events.k8s.io',
  'get,list,watch,patch,release on dccservers,unsubscriptionrequests.dcc-operator.io',
  'update on dccservers/status,unsubscriptionrequests/status.dcc-operator.io',
];
/** What the operators called `name` may do in their own namespace. */
export const ofElection = (name: string): readonly string[] => [
  'create on leases.coordination.k8s.io',
  `get on configmaps./${name}-halt`,
  `get,update on leases.coordination.k8s.io/${name}`,
];

/** What the operator and people may do, once it is installed with the chart's own values. */
export function describeRights(cloud: () => ReachableCloud): void {
  describe('by the rights that the chart gives', () => {
    let editor: Person;
    let viewer: Person;
    let approver: Person;

    beforeAll(async () => {
      for (const namespace of [team, others]) await kube('create', 'namespace', namespace);
      editor = await aPerson('edith', team, 'edit');
      viewer = await aPerson('victor', team, 'view');
      approver = await aPerson('anna', team, 'view', `${release}-approver`);
      await apply(others, aServer(cloud().world, 'theirs'));
    });

    test('the operator may do this, and no more', async () => {
      expect(await rightsOf(release, system, team)).toEqual(ofObjects);
      expect(await rightsOf(release, system, system)).toEqual([...ofObjects, ...ofElection(release)].sort());
    });

    test('an editor makes servers and requests', async () => {
      const made = await editor.kubectl(team, ['apply', '-f', '-'], aServer(cloud().world, 'ours'));
      expect(made).toBe('dccserver.dcc-operator.io/ours created\n');
      await eventually(async () => {
        expect(await editor.kubectl(team, ['apply', '-f', '-'], aRequest('ours', ['ours']))).toBe(
          'unsubscriptionrequest.dcc-operator.io/ours created\n',
        );
      });
    });

    test('but approves none', async () => {
      const approval = await eventually(async () => {
        const plan = await kube('-n', team, 'get', 'unsub', 'ours', '-o', 'jsonpath={.status.plan.id}');
        expect(plan).not.toBe('');
        return JSON.stringify({ spec: { approvedPlan: plan } });
      });
      expect(await editor.kubectl(team, ['patch', 'unsub', 'ours', '--type=merge', `--patch=${approval}`])).toContain(
        'spec.approvedPlan: only who has the verb "approve" on unsubscriptionrequests may approve a plan. Ask somebody with the ClusterRole dcc-operator-approver in this namespace.',
      );
    });

    test('and writes no status', async () => {
      for (const kind of ['unsubscriptionrequests', 'dccservers']) {
        const path = `/apis/dcc-operator.io/v1alpha1/namespaces/${team}/${kind}/ours`;
        const object = JSON.parse(await kube('get', '--raw', path));
        expect(await editor.kubectl(team, ['replace', '--raw', `${path}/status`, '-f', '-'], object)).toBe(
          forbidden('edith', 'update', `${kind}/status`, team, `${kind}.dcc-operator.io "ours"`),
        );
      }
    });

    test('and reaches no server and no credentials of another namespace', async () => {
      expect(await editor.kubectl(others, ['get', 'dccservers'])).toBe(
        forbidden('edith', 'list', 'dccservers', others),
      );
      await editor.kubectl(team, ['apply', '-f', '-'], aRequest('reaching', ['theirs']));
      await eventually(async () => {
        const blockers = 'jsonpath={.status.blockers[*].reason}';
        expect(await kube('-n', team, 'get', 'unsub', 'reaching', '-o', blockers)).toContain('ServerNotFound');
      });
      const named = aRequest('named', [`${others}/theirs`]);
      expect(await editor.kubectl(team, ['apply', '-f', '-'], named)).toContain('spec.servers[0].name: Invalid value');
      const borrowing = aServer(cloud().world, 'ours', {
        credentialsSecretRef: { name: 'huaweicloud', namespace: system },
      });
      expect(await editor.kubectl(team, ['apply', '-f', '-'], borrowing)).toContain(
        'unknown field "spec.credentialsSecretRef.namespace"',
      );
    });

    test('a viewer only looks', async () => {
      expect(await viewer.kubectl(team, ['get', 'unsub', 'ours', '-o', 'name'])).toBe(
        'unsubscriptionrequest.dcc-operator.io/ours\n',
      );
      expect(await viewer.kubectl(team, ['delete', 'unsub', 'ours'])).toBe(
        forbidden('victor', 'delete', 'unsubscriptionrequests', team, 'unsubscriptionrequests.dcc-operator.io "ours"'),
      );
    });

    test('an approver approves, and makes no server', async () => {
      const plan = await kube('-n', team, 'get', 'unsub', 'ours', '-o', 'jsonpath={.status.plan.id}');
      // Stopped, so that nothing is ordered here.
      await editor.kubectl(team, ['patch', 'unsub', 'ours', '--type=merge', '--patch={"spec":{"suspend":true}}']);
      const approval = JSON.stringify({ spec: { approvedPlan: plan } });
      expect(await approver.kubectl(team, ['patch', 'unsub', 'ours', '--type=merge', `--patch=${approval}`])).toBe(
        'unsubscriptionrequest.dcc-operator.io/ours patched\n',
      );
      expect(await approver.kubectl(team, ['create', '-f', '-'], aServer(cloud().world, 'theirs'))).toContain(
        'dccservers.dcc-operator.io is forbidden: User "anna" cannot create resource "dccservers"',
      );
    });
  });
}

const forbidden = (
  user: string,
  verb: string,
  resource: string,
  namespace: string,
  object = `${resource}.dcc-operator.io`,
) =>
  `Error from server (Forbidden): ${object} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "dcc-operator.io" in the namespace "${namespace}"\n`;
