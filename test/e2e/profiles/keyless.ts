import { expect, test } from 'vitest';
import { seeded } from '../../huaweicloud/seed.ts';
import { provider } from '../../integration/operator/cluster-issuer.ts';
import { eventually } from '../../integration/operator/expectations.ts';
import type { ReachableCloud } from '../cloud.ts';
import { chart, helmOutput, untilReady } from '../helm.ts';
import { aroundProfile, kube, system } from '../installation.ts';
import { rightsOf } from '../people.ts';
import { operatorPods } from '../pods.ts';
import { ofElection, ofObjects } from '../rights.ts';
import { approve, ask, count, deleteObjects, describeProfile, name, release, team } from './profile.ts';

export function describeKeyless(cloud: () => ReachableCloud): void {
  const filledIn = () => ({ 'ACCOUNT-ID': seeded.domainId, PROVIDER: provider.id, AGENCY: 'operator' });
  describeProfile({ profile: 'keyless', cloud, replicas: 2, filledIn }, () => {
    test('it has no Secret, and may read none', async () => {
      expect(await kube('-n', system, 'get', 'deployment', name, '-o', 'json')).not.toMatch(/secretRef|secretKeyRef/);
      expect(await rightsOf(name, system, system)).toEqual([...ofObjects, ...ofElection(name)].sort());
    });

    test('it orders with nothing but the token of its pod', async () => {
      const before = (await cloud().control.ledger()).accepted.length;
      await ask(cloud(), 'keyless');
      await approve('keyless');
      await eventually(async () => {
        const complete = 'jsonpath={.status.conditions[?(@.type=="Complete")].status}';
        expect(await kube('-n', team, 'get', 'unsub', 'keyless', '-o', complete)).toBe('True');
      });
      expect((await cloud().control.ledger()).accepted).toHaveLength(before + 1);
      expect(await waysOf()).toEqual(new Array(2).fill('OpenID Connect with an agency (STS)'));
    });

    test('it does so with the older IAM as well, and without the policies, the guard and the definitions', async () => {
      await deleteObjects();
      await helmOutput(['upgrade', release, chart, '--namespace', system, ...untilReady], {
        ...aroundProfile(cloud()),
        replicaCount: 1,
        credentials: { openIdConnect: { identityProvider: provider.id } },
        admission: { enabled: false },
        uninstallGuard: { enabled: false },
        crds: { install: false },
        selector: 'installation=north',
      });
      expect(await waysOf()).toEqual(['OpenID Connect with an identity provider (IAM v3)']);
      const kinds = ['validatingadmissionpolicy', 'mutatingadmissionpolicy', 'customresourcedefinition'];
      expect(await Promise.all(kinds.map(count))).toEqual([0, 0, 2]);
    });
  });
}

/** By which way each operator has its key, as its log says. */
async function waysOf(): Promise<(string | undefined)[]> {
  const pods = await operatorPods(release);
  const logs = await Promise.all(pods.map(({ metadata }) => kube('-n', system, 'logs', metadata.name)));
  return logs.map((log) => /"way":"([^"]+)"[^\n]*"the operator's own credentials"/.exec(log)?.[1]);
}
