import { expect, inject, test } from 'vitest';
import { eventually } from '../../integration/operator/expectations.ts';
import { aRequest, aServer } from '../../integration/operator/manifests.ts';
import type { ReachableCloud } from '../cloud.ts';
import { apply, kube } from '../installation.ts';
import { aPerson } from '../people.ts';
import { operatorPods } from '../pods.ts';
import { count, describeProfile, name, preflights, release, team, untilObserved } from './profile.ts';

export function describeStrict(cloud: () => ReachableCloud): void {
  const filledIn = () => {
    const { address, url } = inject('cluster');
    return { '192.0.2.10/32': `${address}/32`, 'port=6443': `port=${new URL(url).port}` };
  };
  const values = () => {
    const { hostname, port } = new URL(cloud().url);
    return { networkPolicy: { cloud: [{ cidr: `${hostname}/32`, port: Number(port) }] } };
  };
  describeProfile({ profile: 'strict', cloud, replicas: 2, filledIn, values }, () => {
    test('it has checked everything, may order one thing at a time, and is important to the cluster', async () => {
      expect(await preflights()).toEqual(['Completed', 'Completed']);
      for (const { spec } of await operatorPods(release)) {
        expect(spec.containers[0]?.args).toEqual(
          expect.arrayContaining(['--max-open-orders=1', '--max-orders-per-hour=4']),
        );
        expect(spec.priorityClassName).toBe('system-cluster-critical');
      }
      expect(await Promise.all(['networkpolicy', 'poddisruptionbudget'].map(count))).toEqual([1, 1]);
    });

    test('it reaches the API server and the cloud by what the policy lets through', async () => {
      await apply(team, aServer(cloud().world, 'profile'));
      await untilObserved('profile');
    });

    test('nobody approves their own request', async () => {
      const both = await aPerson('boris', team, 'edit', `${name}-approver`);
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
  });
}
