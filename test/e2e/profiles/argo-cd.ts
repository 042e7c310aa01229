import { beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../integration/operator/expectations.ts';
import { aRequest, aServer } from '../../integration/operator/manifests.ts';
import { shellOf } from '../../runbooks/shell.ts';
import type { ReachableCloud } from '../cloud.ts';
import { helmOutput } from '../helm.ts';
import { apply, kube, system } from '../installation.ts';
import { aPerson } from '../people.ts';
import { describeProfile, name, release, team, untilBlocked } from './profile.ts';

const settings = z.object({ data: z.record(z.string(), z.string()) });

export function describeArgoCd(cloud: () => ReachableCloud): void {
  describeProfile({ profile: 'argo-cd', cloud, replicas: 1, inShort: true }, () => {
    beforeAll(async () => {
      await kube('create', 'namespace', 'argocd');
      await apply('argocd', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'argocd-cm' },
        data: { url: 'https://argocd.example' },
      });
    });

    test('the command of its notes brings the health checks into the settings, and leaves the rest of these', async () => {
      const notes = await helmOutput(['get', 'notes', release, '--namespace', system]);
      const [command = expect.fail('the notes have no command')] =
        /kubectl [^\n]+ patch configmap [^\n]+\n[^\n]+/.exec(notes) ?? [];
      await (await shellOf(inject('cluster').kubeconfig))(command);
      const { data } = settings.parse(
        JSON.parse(await kube('-n', 'argocd', 'get', 'configmap', 'argocd-cm', '-o', 'json')),
      );
      expect(Object.keys(data).sort()).toEqual([
        ...['DCCServer', 'UnsubscriptionRequest'].map(
          (kind) => `resource.customizations.health.dcc-operator.io_${kind}`,
        ),
        'url',
      ]);
      expect(data['url']).toBe('https://argocd.example');
    });

    test('one account makes a request and approves it, as Argo CD does for Git', async () => {
      const argoCd = await aPerson('argo-cd', team, 'edit', `${name}-approver`);
      await argoCd.kubectl(team, ['apply', '-f', '-'], aServer(cloud().world, 'profile'));
      // Nothing is to be ordered here.
      const suspended = (changes: object = {}) => aRequest('profile', ['profile'], { suspend: true, ...changes });
      await argoCd.kubectl(team, ['apply', '-f', '-'], suspended());
      await untilBlocked('profile', 'AwaitingApproval');
      const plan = await kube('-n', team, 'get', 'unsub', 'profile', '-o', 'jsonpath={.status.plan.id}');
      expect(await argoCd.kubectl(team, ['apply', '-f', '-'], suspended({ approvedPlan: plan }))).toBe(
        'unsubscriptionrequest.dcc-operator.io/profile configured\n',
      );
      await eventually(async () => {
        const blockers = await kube(
          '-n',
          team,
          'get',
          'unsub',
          'profile',
          '-o',
          'jsonpath={.status.blockers[*].reason}',
        );
        expect(blockers).toBe('Suspended');
      });
    });
  });
}
