import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { ensureBinaries } from '../../cluster/binaries.ts';
import { kubectlOutput } from '../../cluster/kubectl.ts';
import { aWorld, seeded } from '../../huaweicloud/seed.ts';
import type { OperatorProcess } from '../../operator-process.ts';
import { eventually, requestExpectations, serverExpectations } from './expectations.ts';
import { healthOf } from './health-client.ts';
import { expectLogToBeSound } from './invariants.ts';
import { aRequest, type Manifest } from './manifests.ts';
import { createNamespace, type Namespace } from './namespace.ts';
import { type ObservedObjects, observeObjects } from './observed-objects.ts';
import { createOperators, type Operators } from './operators.ts';
import { openScenarioWithoutOperator, type Scenario } from './scenario.ts';
import { grantRights, openServiceAccount, type ServiceAccount } from './service-account.ts';

/** A release of the chart in a namespace of its own, with the rights that the chart gives it and no others. */
interface Installation extends AsyncDisposable {
  readonly account: ServiceAccount;
  readonly operators: Operators;
}

const kubeconfig = inject('kubeconfig');

async function install(scenario: Scenario, namespace: string): Promise<Installation> {
  await grantRights(kubeconfig, namespace, { namespaces: `{${namespace}}` });
  const account = await openServiceAccount(kubeconfig, namespace);
  const operators = createOperators({
    program: inject('operatorProgram'),
    kubeconfig: account.kubeconfig,
    cloudUrl: scenario.cloud.url,
    credentials: { accessKey: seeded.accessKey, secretKey: seeded.secretKey },
    flags: { 'halt-config-map': 'dcc-dcc-operator-halt', 'lease-namespace': namespace },
  });
  return {
    account,
    operators,
    [Symbol.asyncDispose]: async () => {
      await operators.stop();
      await account[Symbol.asyncDispose]();
    },
  };
}

/** A namespace besides that of the scenario, and what a test sees of it. */
interface Neighbour extends AsyncDisposable {
  readonly namespace: Namespace;
  readonly objects: ObservedObjects;
}

async function openNeighbour(): Promise<Neighbour> {
  const namespace = await createNamespace(kubeconfig);
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const objects = observeObjects(config, namespace.name);
  return {
    namespace,
    objects,
    [Symbol.asyncDispose]: async () => {
      objects.close();
      await namespace.remove();
    },
  };
}

const isOf = ({ pid }: OperatorProcess) => expect.stringMatching(new RegExp(`-${pid}$`));

let scenario: Scenario;
let south: Neighbour;
let northern: Installation;
let southern: Installation;
// Helm is built when it is missing.
beforeAll(() => ensureBinaries(['helm']), minutes(15));
beforeAll(async () => {
  const world = aWorld();
  for (const host of ['host-01', 'host-02', 'host-03', 'host-04', 'host-05']) world.withServer({ name: host });
  scenario = await openScenarioWithoutOperator({ world });
  south = await openNeighbour();
  northern = await install(scenario, scenario.namespace);
  southern = await install(scenario, south.namespace.name);
});
afterAll(async () => {
  await northern[Symbol.asyncDispose]();
  await southern[Symbol.asyncDispose]();
  await south[Symbol.asyncDispose]();
  await scenario.close();
});

const manifestsFor = (host: string): Manifest[] => [scenario.server(host), aRequest('retire', [host])];

async function approve({ namespace, objects }: Neighbour, log: readonly string[]): Promise<void> {
  const { status } = await requestExpectations(objects, 'retire', log).toReach('AwaitingApproval');
  await namespace.patch('unsub', 'retire', { spec: { approvedPlan: status.plan?.id } });
}

describe('two operators of disjoint namespaces', () => {
  test('have no rights in each other’s, nor on the cluster', async () => {
    const { canI } = northern.account;
    expect(await canI('list', 'dccservers.dcc-operator.io', '--namespace', scenario.namespace)).toBe('yes');
    expect(await canI('list', 'dccservers.dcc-operator.io', '--namespace', south.namespace.name)).toBe('no');
    expect(await canI('list', 'dccservers.dcc-operator.io', '--all-namespaces')).toBe('no');
    expect(await canI('get', 'namespaces')).toBe('no');
    expect(await canI('create', 'events.events.k8s.io', '--namespace', south.namespace.name)).toBe('no');
  });

  test('each order in their own, with nothing but the rights that the chart gives them', async () => {
    const north = await northern.operators.start({ namespaces: scenario.namespace });
    const other = await southern.operators.start({ namespaces: south.namespace.name });
    await scenario.apply(...manifestsFor('host-01'));
    await south.namespace.apply(...manifestsFor('host-02'));
    await Promise.all([scenario.approve('retire'), approve(south, southern.operators.log)]);
    const [first, second] = await Promise.all([
      requestExpectations(scenario.objects, 'retire', northern.operators.log).toReach('Complete'),
      requestExpectations(south.objects, 'retire', southern.operators.log).toReach('Complete'),
    ]);
    expect(first.status.placements).toMatchObject([{ holder: isOf(north) }]);
    expect(second.status.placements).toMatchObject([{ holder: isOf(other) }]);
    expect(first.status.plan?.orders[0]?.relyingOn).toContainEqual(
      expect.stringContaining('no DCCServer of a namespace that this operator does not see'),
    );
    const events = await scenario.kubectl(
      'get',
      'events.events.k8s.io',
      '-o',
      'jsonpath={.items[*].reportingInstance}',
    );
    expect(new Set(events.split(' '))).toEqual(new Set([isOf(north)]));
    expectLogToBeSound([...northern.operators.log, ...southern.operators.log]);
    await southern.operators.stop();
  });
});

test('an operator that may not read by what it is halted orders nothing, and says which right it lacks', async () => {
  await using neighbour = await openNeighbour();
  await using installation = await install(scenario, neighbour.namespace.name);
  await installation.operators.start({ namespaces: neighbour.namespace.name, 'halt-config-map': 'another-name' });
  await neighbour.namespace.apply(scenario.server('host-05'), aRequest('retire', ['host-05']));
  await requestExpectations(neighbour.objects, 'retire', installation.operators.log).toBeBlockedBy({
    condition: 'PlacementAllowed',
    reason: 'CannotRead',
    message: /ConfigMap .*\/another-name, which can halt the operator, cannot be read: .*forbidden/,
    remedy: /Grant the operator the right to get this ConfigMap/,
  });
});

describe('an operator of several namespaces', () => {
  test('works in those that are there while one is not, and in that one as soon as it is', async () => {
    const later = `${south.namespace.name}-later`;
    const namespaces = [south.namespace.name, later];
    const health = await healthOf(await southern.operators.start({ namespaces: namespaces.join() }));
    const kubectl = (...args: string[]) => kubectlOutput(kubeconfig, ['--namespace', later, ...args]);
    await south.namespace.apply(scenario.server('host-03'));
    await serverExpectations(south.objects, 'host-03').toShow({ virtualMachines: { total: 0 } });
    const missing = `[!]caches-active: dccservers in ${later} may not be read`;
    expect(await health.ask('/readyz?verbose')).toEqual({ status: 200, body: expect.stringContaining(missing) });
    expect((await health.ask('/metrics')).body).toContain('reflector_refused_namespaces{resource="dccservers"} 1\n');
    // In what may not be read there may be another server for the same resource, and a call for it.
    await south.namespace.apply(aRequest('waits', ['host-03']));
    const waits = requestExpectations(south.objects, 'waits', southern.operators.log);
    await waits.toBeBlockedBy({
      condition: 'ServersResolved',
      reason: 'CannotRead',
      message: new RegExp(`may not read ${later}`),
      remedy: /take it off --namespaces/,
    });
    await kubectl('create', 'namespace', later);
    try {
      await grantRights(kubeconfig, south.namespace.name, { namespaces: `{${namespaces.join()}}` });
      const input = JSON.stringify(scenario.server('host-04'));
      await kubectlOutput(kubeconfig, ['--namespace', later, 'apply', '-f', '-'], { input });
      await kubectl('wait', 'dccs/host-04', '--for=jsonpath={.status.virtualMachines.total}=0', '--timeout=60s');
      await kubectl('delete', 'dccs', 'host-04', '--timeout=60s');
      // The other kind is asked for again after a back-off of its own.
      await eventually(async () => {
        expect((await health.ask('/readyz?verbose')).body).not.toContain('[!]');
      }, seconds(60));
      await waits.toReach('AwaitingApproval');
    } finally {
      await kubectl('delete', 'namespace', later, '--wait=false');
    }
  });
});
