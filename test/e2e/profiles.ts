import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../integration/operator/expectations.ts';
import { aRequest, aServer } from '../integration/operator/manifests.ts';
import type { ReachableCloud } from './cloud.ts';
import { chart, helm, helmOutput, untilReady, type Values } from './helm.ts';
import { apply, kube, quickValuesFor, release, system } from './installation.ts';
import { aPerson, rightsOf } from './people.ts';
import { operatorPods } from './pods.ts';

const team = 'profiles';

const refusals: readonly (readonly [values: Values, says: string])[] = [
  [{ mode: 'Delete' }, "at '/mode': value must be one of 'Place', 'ObserveOnly'"],
  [{ replicas: 3 }, "additional properties 'replicas' not allowed"],
  [{ pollInterval: 'often' }, "at '/pollInterval': "],
  [{ replicaCount: -1 }, "at '/replicaCount': minimum: got -1, want 0"],
  [{ namespaces: ['Not a name'] }, "at '/namespaces/0': "],
  [
    { credentials: { accessKey: 'in plain sight' } },
    "at '/credentials': additional properties 'accessKey' not allowed",
  ],
];

/** What else the chart can be set to, one after the other on the same release. */
export function describeProfiles(cloud: () => ReachableCloud): void {
  const upgrade = (values: Values) =>
    helmOutput(['upgrade', release, chart, '--namespace', system, ...untilReady], {
      ...quickValuesFor(cloud()),
      replicaCount: 1,
      ...values,
    });
  const count = async (kind: string) =>
    (await kube('get', kind, '-A', '-l', `app.kubernetes.io/instance=${release}`, '-o', 'name')).split('\n').length - 1;

  describe('set to something else', () => {
    beforeAll(async () => {
      await kube('create', 'namespace', team);
      await apply(team, aServer(cloud().world, 'profile'));
    });

    test.each(refusals)('%o is refused', async (values, says) => {
      const { output, failed } = await helm(['upgrade', release, chart, '--namespace', system], values);
      expect({ output, failed }).toEqual({ output: expect.stringContaining(says), failed: true });
    });

    test('it is refused while the cluster knows no ServiceMonitor, and goes on as it was', async () => {
      const before = await operatorPods();
      const monitoring = { serviceMonitor: { enabled: true }, rules: { enabled: true } };
      const values = { ...quickValuesFor(cloud()), monitoring };
      const { output, failed } = await helm(['upgrade', release, chart, '--namespace', system], values);
      expect({ output, failed }).toEqual({
        output: expect.stringContaining('no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"'),
        failed: true,
      });
      expect((await operatorPods()).map(({ metadata }) => metadata.uid)).toEqual(
        before.map(({ metadata }) => metadata.uid),
      );
    });

    test('one operator looks after one namespace, places nothing, and has no right elsewhere', async () => {
      await upgrade({
        namespaces: [team],
        mode: 'ObserveOnly',
        networkPolicy: { enabled: true },
        priorityClassName: 'system-cluster-critical',
        monitoring: { dashboard: { enabled: true } },
      });
      expect(await operatorPods()).toHaveLength(1);
      expect(await rightsOf(release, system, 'default')).toEqual([]);
      expect(await rightsOf(release, system, team)).toHaveLength(3);
      expect(await Promise.all(['clusterrolebinding', 'pdb', 'networkpolicy'].map(count))).toEqual([0, 0, 1]);
      await apply(team, aRequest('observed', ['profile']));
      await eventually(async () => {
        const blockers = 'jsonpath={.status.blockers[*].reason}';
        expect(await kube('-n', team, 'get', 'unsub', 'observed', '-o', blockers)).toContain('ObserveOnly');
      });
    });

    test('with four eyes nobody approves their own request', async () => {
      await upgrade({
        admission: { fourEyes: true },
        credentials: { existingSecret: 'huaweicloud', allowSecretRefs: true },
      });
      expect(await rightsOf(release, system, team)).toContain('get on secrets.');
      const both = await aPerson('boris', team, 'edit', `${release}-approver`);
      await eventually(async () => {
        const made = await both.kubectl(team, ['apply', '-f', '-'], aRequest('own', ['profile']));
        expect(made).toMatch(/unsubscriptionrequest.dcc-operator.io\/own (created|unchanged)/);
        const stamp = 'jsonpath={.metadata.annotations.dcc-operator\\.io/requested-by}';
        const stamped = await kube('-n', team, 'get', 'unsub', 'own', '-o', stamp);
        if (stamped === '') await kube('-n', team, 'delete', 'unsub', 'own');
        expect(stamped).toBe('boris');
      });
      const patch = JSON.stringify({ spec: { approvedPlan: `plan-${'0'.repeat(24)}` } });
      expect(await both.kubectl(team, ['patch', 'unsub', 'own', '--type=merge', `--patch=${patch}`])).toContain(
        'spec.approvedPlan: who made a request does not approve it',
      );
    });

    test('with a token of the pod, and without the policies, it runs all the same', async () => {
      await upgrade({
        credentials: { openIdConnect: { identityProvider: 'cluster' } },
        admission: { enabled: false },
        uninstallGuard: { enabled: false },
        crds: { install: false },
        selector: 'installation=north',
      });
      expect(await operatorPods()).toHaveLength(1);
      const kinds = ['validatingadmissionpolicy', 'mutatingadmissionpolicy', 'crd'];
      expect(await Promise.all(kinds.map(count))).toEqual([0, 0, 2]);
    });
  });
}
