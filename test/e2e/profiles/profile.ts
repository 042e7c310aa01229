import { describe, expect, inject, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import { profiles, runHelm } from '../../chart/profiles.ts';
import { eventually } from '../../integration/operator/expectations.ts';
import { aRequest, aServer } from '../../integration/operator/manifests.ts';
import type { ReachableCloud } from '../cloud.ts';
import { images } from '../global-setup.ts';
import { helmOutput, untilReady, type Values } from '../helm.ts';
import { apply, aroundProfile, kube, system } from '../installation.ts';
import { inWords, operatorPods } from '../pods.ts';

/** The release of the commands that the profiles name. */
export const release = 'dcc';
/** What its objects are called. */
export const name = 'dcc-dcc-operator';
/** Where people work. It is there before the profile is installed. */
export const team = 'team-a';

/** A profile as one installs it. */
export interface Installation {
  readonly profile: string;
  readonly cloud: () => ReachableCloud;
  /** How many operators run then. */
  readonly replicas: number;
  /** One operator where the profile has two, and no hook at the end: other profiles show both, and both take time. */
  readonly inShort?: boolean;
  /** What stands for words of the command that everybody has others for. */
  readonly filledIn?: () => Readonly<Record<string, string>>;
  /** What a simulated cloud and this cluster need besides. */
  readonly values?: () => Values;
}

/** Installs a profile into a cluster without the operator, looks whether it keeps what it promises, and uninstalls it. */
export function describeProfile(installation: Installation, promises: () => void): void {
  const { profile, replicas, inShort = false } = installation;
  describe(`the profile ${profile}`, () => {
    test('is installed from nothing by its command, and its pods are ready under the restricted standard', async () => {
      await install(installation);
      const running = `Running, ready, 0 restarts, ${images.installed}`;
      expect((await operatorPods(release)).map(inWords)).toEqual(new Array(replicas).fill(running));
    });

    promises();

    test('is uninstalled, and leaves only the definitions, which somebody deletes', async () => {
      await deleteObjects();
      await helmOutput(['uninstall', release, '--namespace', system, ...(inShort ? ['--no-hooks'] : [])]);
      await eventually(async () => expect(await leftOf(release)).toEqual(definitions), seconds(60));
      await kube('delete', ...definitions, '--wait');
      // The operator made its lease itself, and may delete nothing.
      await kube('-n', system, 'delete', 'lease', name);
    });
  });
}

async function install(installation: Installation): Promise<void> {
  const { profile, cloud, filledIn = () => ({}), values = () => ({}), inShort = false } = installation;
  const command = profiles.find((each) => each.name === profile)?.command ?? expect.fail(`no profile ${profile}`);
  const filled = Object.entries<string>(filledIn()).reduce((text, [word, own]) => text.replaceAll(word, own), command);
  const flags = [...untilReady, `--kubeconfig=${inject('cluster').kubeconfig}`];
  await runHelm([filled, ...flags].join(' '), {
    ...aroundProfile(cloud()),
    ...values(),
    ...(inShort ? { replicaCount: 1 } : {}),
  });
}

/** What Helm leaves, as the chart has it. */
export const definitions = ['dccservers', 'unsubscriptionrequests'].map(
  (plural) => `customresourcedefinition.apiextensions.k8s.io/${plural}.dcc-operator.io`,
);

/** All objects of a release, of whatever kind, anywhere. */
export async function leftOf(instance: string): Promise<string[]> {
  const kinds = (await kube('api-resources', '--verbs=list', '-o', 'name')).trim().split('\n').join();
  const names = await kube('get', kinds, '-A', '-l', `app.kubernetes.io/instance=${instance}`, '-o', 'name');
  return names.split('\n').filter((line) => line !== '');
}

/** How many objects of a kind the release has, anywhere. */
export const count = async (kind: string): Promise<number> =>
  (await kube('get', kind, '-A', '-l', `app.kubernetes.io/instance=${release}`, '-o', 'name')).split('\n').length - 1;

/** Deletes what the operator looks after, and waits until it has let go. */
export async function deleteObjects(): Promise<void> {
  await kube('delete', 'unsubscriptionrequests,dccservers', '-A', '--all', '--wait', '--timeout=60s');
}

/** Describes a server and asks to unsubscribe it, in the namespace of the team; both by this name. */
export async function ask(cloud: ReachableCloud, server: string, changes: object = {}): Promise<void> {
  await apply(team, aServer(cloud.world, server, changes), aRequest(server, [server]));
}

/** Waits until the request is kept back by this reason, among others. */
export const untilBlocked = (request: string, reason: string) =>
  eventually(async () => {
    const blockers = 'jsonpath={.status.blockers[*].reason}';
    expect(await kube('-n', team, 'get', 'unsub', request, '-o', blockers)).toContain(reason);
  });

/** Waits until the server was observed: the cloud was read. */
export const untilObserved = (server: string) =>
  eventually(async () => {
    const ready = 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}';
    expect(await kube('-n', team, 'get', 'dccserver', server, '-o', ready)).toBe('Observed');
  });

/** Approves the plan that the request has by now. */
export async function approve(request: string): Promise<void> {
  const plan = await eventually(async () => {
    const id = await kube('-n', team, 'get', 'unsub', request, '-o', 'jsonpath={.status.plan.id}');
    expect(id).not.toBe('');
    return id;
  });
  const patch = JSON.stringify({ spec: { approvedPlan: plan } });
  await kube('-n', team, 'patch', 'unsub', request, '--type=merge', `--patch=${patch}`);
}

/** The check that ran before each operator of the release started: how it ended. */
export async function preflights(): Promise<(string | undefined)[]> {
  const pods = await operatorPods(release);
  return pods.flatMap(({ status }) => status.initContainerStatuses.map(({ state }) => state.terminated?.reason));
}
