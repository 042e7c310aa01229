import { expect, inject, test } from 'vitest';
import { seeded } from '../../huaweicloud/seed.ts';
import { provider } from '../../integration/operator/cluster-issuer.ts';
import { eventually } from '../../integration/operator/expectations.ts';
import { commandsOf } from '../../runbooks/commands.ts';
import { shellOf } from '../../runbooks/shell.ts';
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

    test('a person on call starts it anew, since IAM gives no keys, and sees in the logs why', async () => {
      const refusal = { error_code: 'STS5.0002', error_msg: 'The id token is not trusted.' };
      const effect = { kind: 'answer', status: 403, body: refusal } as const;
      const { id } = await cloud().control.addFault({ operation: 'sts.assumeWithOidc', effect });
      await follow('DCCCloudRefusesCredentials', 'rollout restart');
      await eventually(async () => {
        const said = await follow('DCCCredentialsNearExpiry', 'no new key');
        expect(said).toMatch(/"reason":"[^"]*sts\.AssumeAgencyWithOIDC: answered 403/);
      });
      await cloud().control.clearFaults(id);
    });

    test('it works with the older IAM as well, and without the policies, the guard and the definitions', async () => {
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

/** Runs the one command of a runbook that has these words in it. */
async function follow(runbook: string, words: string): Promise<string> {
  const [command = expect.fail(`${runbook} has no command with ${words}`)] = commandsOf(runbook).filter(({ text }) =>
    text.includes(words),
  );
  const run = await shellOf(inject('cluster').kubeconfig);
  return await run(command.text.replaceAll('OPERATOR', system).replace('deploy/dcc-operator', `deploy/${name}`));
}

/** By which way each operator has its key, as its log says. */
async function waysOf(): Promise<(string | undefined)[]> {
  const pods = await operatorPods(release);
  const logs = await Promise.all(pods.map(({ metadata }) => kube('-n', system, 'logs', metadata.name)));
  return logs.map((log) => /"way":"([^"]+)"[^\n]*"the operator's own credentials"/.exec(log)?.[1]);
}
