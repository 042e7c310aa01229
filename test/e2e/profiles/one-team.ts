import { expect, test } from 'vitest';
import { seeded } from '../../huaweicloud/seed.ts';
import { aSecret, aServer } from '../../integration/operator/manifests.ts';
import type { ReachableCloud } from '../cloud.ts';
import { apply, kube, system } from '../installation.ts';
import { rightsOf } from '../people.ts';
import { ofObjects } from '../rights.ts';
import { ask, count, describeProfile, name, team, untilBlocked, untilObserved } from './profile.ts';

const key = { HUAWEICLOUD_SDK_AK: seeded.accessKey, HUAWEICLOUD_SDK_SK: seeded.secretKey };

export function describeOneTeam(cloud: () => ReachableCloud): void {
  describeProfile({ profile: 'one-team', cloud, replicas: 1 }, () => {
    test('it has rights in the namespace of the team alone, where it may read Secrets', async () => {
      expect(await rightsOf(name, system, team)).toEqual([...ofObjects, 'get on secrets.'].sort());
      expect(await rightsOf(name, system, 'default')).toEqual([]);
      expect(await Promise.all(['clusterrolebinding', 'poddisruptionbudget'].map(count))).toEqual([0, 0]);
    });

    test('it reads the cloud by the key of the team, and looks after no other namespace', async () => {
      await apply('others', aServer(cloud().world, 'theirs'));
      await apply(team, aSecret('key-of-the-team', key));
      await ask(cloud(), 'profile', { credentialsSecretRef: { name: 'key-of-the-team' } });
      await untilObserved('profile');
      await untilBlocked('profile', 'AwaitingApproval');
      expect(await kube('-n', 'others', 'get', 'dccserver', 'theirs', '-o', 'jsonpath={.status}')).toBe('');
    });

    test('who may approve is asked in that namespace alone', async () => {
      const bindings = await kube(
        ...['get', 'validatingadmissionpolicybindings', '-l', 'app.kubernetes.io/instance=dcc'],
        ...['-o', 'jsonpath={.items[*].spec.matchResources.namespaceSelector.matchExpressions[*].values}'],
      );
      expect(bindings).toBe(`["${team}"] ["${team}"]`);
    });
  });
}
