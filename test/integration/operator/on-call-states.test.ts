import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { milliseconds, minutes, seconds, systemClock } from '../../../operator/clock.ts';
import { alerts } from '../../chart/queries.ts';
import { kubectlOutput } from '../../cluster/kubectl.ts';
import { freePorts } from '../../cluster/ports.ts';
import { startPrometheus } from '../../cluster/prometheus.ts';
import { aWorld, seeded } from '../../huaweicloud/seed.ts';
import { issueTemporaryKey } from '../../huaweicloud/services/temporary-keys.ts';
import { commandsOf } from '../../runbooks/commands.ts';
import { eventually } from './expectations.ts';
import { aRequest } from './manifests.ts';
import { createNamespace } from './namespace.ts';
import { openFollower } from './on-call.ts';
import { openProxiedCluster } from './proxied-cluster.ts';
import { openScenarioWithoutOperator, type Scenario, type ScenarioOptions } from './scenario.ts';
import { grantRights, openServiceAccount } from './service-account.ts';

const hosts = ['host-01', 'host-02', 'host-03', 'host-04'];

/** A scenario whose operator a real Prometheus scrapes, and somebody on call for it. */
async function open(options: ScenarioOptions) {
  const world = hosts.reduce((servers, name) => servers.withServer({ name }), aWorld());
  const [port = 0] = await freePorts(1);
  const health = `127.0.0.1:${port}`;
  await using parts = new AsyncDisposableStack();
  const scenario = parts.use(
    await openScenarioWithoutOperator({
      world,
      mayLogErrors: true,
      ...options,
      flags: { ...options.flags, 'health-address': health },
    }),
  );
  const prometheus = parts.use(await startPrometheus({ 'dcc-0': health }));
  const { follow, tried } = parts.use(await openFollower(scenario, health));
  const opened = parts.move();
  return { scenario, prometheus, follow, tried, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** The expression of an alert, with a bound that a test can wait for. */
function expressionOf(name: string, bound: string, instead: string): string {
  const { expr } = alerts().find(({ alert }) => alert === name) ?? expect.fail(`there is no alert ${name}`);
  expect(expr).toContain(bound);
  return expr.replace(bound, instead);
}

// Each waits for most of its time.
test.concurrent('a watch that is silent is seen, with what it was', { timeout: minutes(3) }, async () => {
  await using cluster = await openProxiedCluster();
  await using onCall = await open({ flags: { kubeconfig: cluster.kubeconfig, 'unready-after': '8s' } });
  const { scenario, prometheus, follow } = onCall;
  const silent = expressionOf('DCCOperatorWatchStale', '> 210', '> 8');
  await scenario.operators.start();
  await ask(scenario);
  await using _ = keepBusy(scenario);
  await sleep(seconds(10));
  expect(await prometheus.query(silent)).toEqual([]);
  expect(await follow('DCCOperatorWatchStale', 'readyz')).toMatch(/^\[\+\]caches-active ok$/m);

  cluster.proxy.swallowAnswers();
  await eventually(async () => {
    const resources = (await prometheus.query(silent)).map(({ labels }) => labels['resource']);
    expect(resources.sort()).toEqual(['dccservers', 'unsubscriptionrequests']);
  });
  expect(await follow('DCCOperatorWatchStale', 'readyz')).toMatch(
    /^\[-\]caches-active .*nothing was heard of dccservers/m,
  );
  expect(await follow('DCCOperatorWatchStale', 'debug')).toMatch(/"lastActivitySecondsAgo": ([89]|\d\d)/);
});

test.concurrent('objects that wait for workers are seen, with what these are at', { timeout: minutes(3) }, async () => {
  await using onCall = await open({ flags: { concurrency: '1', 'call-timeout': '20s', 'lease-duration': '60s' } });
  const { scenario, prometheus, follow } = onCall;
  // Above the bucket of one to ten seconds, which a busy machine reaches by itself.
  const slow = expressionOf('DCCOperatorQueueSlow', '> 60', '> 10');
  await scenario.operators.start();
  await ask(scenario);
  await scenario.applyServers(...hosts);
  await sleep(seconds(3));
  expect(await prometheus.query(slow)).toEqual([]);

  await scenario.control.addFault({
    operation: 'billing.*',
    effect: { kind: 'delay', milliseconds: milliseconds(12_000) },
  });
  await eventually(async () => {
    const queues = (await prometheus.query(slow)).map(({ labels }) => labels['name']);
    expect(queues).toContain('dccservers');
  }, seconds(90));
  await eventually(async () => {
    expect(await follow('DCCOperatorQueueSlow', 'debug')).toMatch(
      /"working": \[\s*\{\s*"key": "[^"]+",\s*"seconds": [1-9]/,
    );
  });
  expect(await follow('DCCOperatorQueueSlow', 'process_cpu')).toMatch(/^nodejs_eventloop_lag_p99_seconds 0\.0/m);
});

test.concurrent('a clock that was set is seen, with how far', { timeout: minutes(3) }, async () => {
  const preload = `${import.meta.dirname}/preload/jump-on-signal.ts`;
  await using onCall = await open({ preload });
  const { scenario, prometheus, follow } = onCall;
  const off = expressionOf('DCCOperatorClockOff', '> 30', '> 30');
  const operator = await scenario.operators.start();
  expect(await follow('DCCOperatorClockOff', 'clockDrift')).toMatch(/"clockDriftSeconds": -?(0[.,]|\S+e-)/);
  expect(await prometheus.query(off)).toEqual([]);

  process.kill(operator.pid, 'SIGUSR2');
  await eventually(async () => {
    expect(await prometheus.query(off)).toMatchObject([{ labels: { pod: 'dcc-0' }, value: expect.closeTo(3_600, 0) }]);
  });
  expect(await follow('DCCOperatorClockOff', 'clockDrift')).toMatch(/"clockDriftSeconds": 3(600|599)/);
});

test.concurrent('a key that ends and is not replaced is seen, with why', { timeout: minutes(3) }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-key-'));
  const token = join(folder, 'token');
  await writeFile(token, 'of-a-service-account');
  const environment = {
    HUAWEICLOUD_OIDC_PROVIDER_URN: `iam::${seeded.domainId}:oidc-provider:cluster`,
    HUAWEICLOUD_OIDC_AGENCY_URN: `iam::${seeded.domainId}:agency:operator`,
    HUAWEICLOUD_OIDC_TOKEN_FILE: token,
  };
  await using onCall = await open({ environment });
  const { scenario, prometheus, follow } = onCall;
  await giveKey(scenario, seconds(90));
  const nearExpiry = expressionOf('DCCCredentialsNearExpiry', '< 10 * 60', '< 10 * 60');
  await scenario.operators.start();
  await scenario.applyServers('host-01');
  await scenario.expectServer('host-01').toSay({ type: 'Ready', reason: 'Observed' });
  await eventually(async () => {
    expect(await prometheus.query(nearExpiry)).toMatchObject([{ labels: { pod: 'dcc-0' } }]);
  });

  const runbook = 'DCCCredentialsNearExpiry';
  const log = await eventually(() => follow(runbook, 'no new key'), seconds(90));
  expect(log).toMatch(/"reason":"[^"]*sts\.AssumeAgencyWithOIDC: answered 403/);
  expect(await follow(runbook, '"credentials"')).toMatch(/answered 403/);
  await rm(folder, { recursive: true });
});

test.concurrent('a namespace that went with something in it is seen, and left in order', {
  timeout: minutes(4),
}, async () => {
  await using onCall = await open({});
  const { scenario, follow, tried } = onCall;
  const kubeconfig = inject('kubeconfig');
  const { name: leaving, ...theirs } = await createNamespace(kubeconfig);
  const namespaces = [scenario.namespace, leaving];
  await grantRights(kubeconfig, scenario.namespace, { namespaces: `{${namespaces.join()}}` });
  await using account = await openServiceAccount(kubeconfig, scenario.namespace);
  const flags = {
    ...{ kubeconfig: account.kubeconfig, namespaces: namespaces.join() },
    'halt-config-map': 'dcc-dcc-operator-halt',
  };
  await scenario.operators.start(flags);
  const { id } = await scenario.control.createVm({ name: 'web-01', server: 'host-02' });
  await theirs.apply(scenario.server('host-02', { backup: { requirement: 'Waived' } }));
  await theirs.kubectl('wait', 'dccs/host-02', '--for=jsonpath={.status.virtualMachines.total}=1', '--timeout=60s');
  await kubectlOutput(kubeconfig, ['delete', 'namespace', leaving, '--wait=false']);
  await theirs.kubectl('wait', '--for=delete', 'role/dcc-dcc-operator', '--timeout=60s');
  // One that is new has never heard of what is in there.
  await scenario.operators.stop();
  await scenario.control.deleteVm(id, { immediately: true });
  await scenario.operators.start(flags);

  const runbook = 'DCCOperatorNamespaceRefused';
  const labels = { NAMESPACE: leaving };
  await scenario.applyServers('host-01');
  await scenario.apply(aRequest('retire', ['host-01']));
  await scenario.expectRequest('retire').toBeBlockedBy({
    ...{ condition: 'ServersResolved', reason: 'CannotRead' },
    ...{ message: new RegExp(`may not read ${leaving}`), remedy: /helm upgrade/ },
  });
  expect(await follow(runbook, 'readyz')).toMatch(new RegExp(`^\\[!\\].*${leaving}`, 'm'));
  expect(await follow(runbook, 'get namespace', labels)).toMatch(/ Terminating /);
  expect(await follow(runbook, 'get unsub', labels)).toMatch(/^dccserver\S+host-02 /m);
  await follow(runbook, 'create clusterrole ');
  await follow(runbook, 'create clusterrolebinding');
  expect(await follow(runbook, 'wait', labels)).toContain('condition met');
  await scenario.expectRequest('retire').toReach('AwaitingApproval');
  await follow(runbook, 'kubectl delete');
  const all = commandsOf(runbook).map(({ text }) => `${runbook}: ${text}`);
  expect(all.filter((each) => !tried.has(each))).toEqual([expect.stringContaining('port-forward')]);
});

/** Gives one temporary key for a token, and none afterwards. */
async function giveKey({ cloud, control }: Scenario, lifetime: number): Promise<void> {
  const [account = expect.fail('there is no account')] = cloud.world.accounts;
  const key = issueTemporaryKey(cloud.world, account, systemClock.now(), lifetime / 1_000);
  const credentials = {
    access_key_id: key.accessKey,
    secret_access_key: key.secretKey,
    security_token: key.securityToken,
    expiration: key.expiresAt,
  };
  const operation = 'sts.assumeWithOidc';
  await control.addFault({ operation, times: 1, effect: { kind: 'answer', status: 200, body: { credentials } } });
  const refusal = { error_code: 'STS5.0002', error_msg: 'The id token is not trusted.' };
  await control.addFault({ operation, effect: { kind: 'answer', status: 403, body: refusal } });
}

/** Describes a server and asks to unsubscribe it. */
async function ask(scenario: Scenario): Promise<void> {
  await scenario.applyServers('host-01');
  await scenario.apply(aRequest('retire', ['host-01']));
  await scenario.expectRequest('retire').toReach('AwaitingApproval');
}

/** Changes both objects again and again, as in a cluster in which something happens. */
function keepBusy(scenario: Scenario): AsyncDisposable {
  const stopping = new AbortController();
  const busy = async () => {
    for (let beat = 0; !stopping.signal.aborted; beat += 1) {
      await scenario.kubectl('annotate', '--overwrite', 'dccs/host-01', 'unsub/retire', `example.com/beat=${beat}`);
      await sleep(seconds(1));
    }
  };
  const ended = busy();
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await ended;
    },
  };
}
