import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, inject, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import manifest from '../../../package.json' with { type: 'json' };
import { metricsIn, queries } from '../../chart/queries.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { startOperatorProcess } from '../../operator-process.ts';
import { openConnection } from '../kubernetes/cluster.ts';
import { eventually } from './expectations.ts';
import { healthOf } from './health-client.ts';
import { aRequest } from './manifests.ts';
import { openProxiedCluster } from './proxied-cluster.ts';
import { openScenarioWithoutOperator, type Scenario } from './scenario.ts';

const open = (flags: Record<string, string> = {}, mayLogErrors = false) =>
  openScenarioWithoutOperator({ world: aWorld().withServer({ name: 'host-01' }), flags, mayLogErrors });

async function awaitingApproval(scenario: Scenario): Promise<void> {
  await scenario.applyServers('host-01');
  await scenario.apply(aRequest('retire', ['host-01']));
  await scenario.expectRequest('retire').toReach('AwaitingApproval');
}

/** An operator outside the scenario's own, with a module of the folder `preload` in it. */
const startWith = (preload: string, scenario: Scenario) =>
  startOperatorProcess({
    program: inject('operatorProgram'),
    kubeconfig: inject('kubeconfig'),
    cloudUrl: scenario.cloud.url,
    namespace: scenario.namespace,
    preload: `${import.meta.dirname}/preload/${preload}.ts`,
  });

describe.concurrent('the health of the real operator', { timeout: minutes(4) }, () => {
  test('its probes list their checks, and its state tells what it is at, without anybody’s spec', async () => {
    await using scenario = await open();
    const health = await healthOf(await scenario.operators.start());
    await awaitingApproval(scenario);
    expect(await health.ask('/livez?verbose')).toEqual({
      status: 200,
      body: expect.stringMatching(
        /^\[\+\]event-loop ok\n\[\+\]clock ok\n\[\+\]passes-end ok\n(.*\n)*livez check passed\n$/,
      ),
    });
    expect(await health.ask('/readyz?verbose')).toEqual({
      status: 200,
      body: expect.stringMatching(
        /^\[\+\]shutdown ok\n\[\+\]caches-filled ok\n\[\+\]caches-active ok\n(.*\n)*readyz check passed\n$/,
      ),
    });
    const state = await health.state();
    const watching = { phase: 'Watching', failures: 0, synced: true };
    expect(state).toMatchObject({
      process: { version: manifest.version, mode: 'Place', stopping: false },
      kinds: {
        dccservers: { reflector: watching, objects: 1, queue: { failing: { keys: [], omitted: 0 } } },
        unsubscriptionrequests: { reflector: watching, objects: 1 },
      },
      memoryBytes: { rss: expect.any(Number) },
      eventLoop: { longest: { lagSeconds: expect.any(Number) } },
      clockDriftSeconds: expect.closeTo(0, 0),
    });
    expect(JSON.stringify(state)).not.toContain('end of the project');
    const { body } = await health.ask('/metrics');
    expect(body).toMatch(/^reflector_last_activity_age_seconds\{resource="dccservers"\} \d/m);
    expect(body).toMatch(/^process_clock_drift_seconds /m);
  });

  test('every metric that an alert or the dashboard asks for is served', async () => {
    await using scenario = await open({ 'leader-election': 'Lease' });
    const health = await healthOf(await scenario.operators.start());
    await awaitingApproval(scenario);
    const { body } = await health.ask('/metrics');
    const served = new Set([...body.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name));
    const asked = new Set(queries().flatMap(metricsIn));
    expect([...asked].filter((name) => !served.has(name))).toEqual([]);
    expect(asked.size).toBeGreaterThan(20);
    expect(body).toMatch(/^dcc_unsubscription_requests\{state="AwaitingApproval"\} 1$/m);
    expect(body).toMatch(/^dcc_unsubscription_blocked_since_timestamp_seconds\{.*reason="AwaitingApproval"\} \d+/m);
  });

  test('stopped for longer than a probe bears, again and again, it is alive afterwards', async () => {
    await using scenario = await open();
    const operator = await scenario.operators.start();
    const health = await healthOf(operator);
    for (let count = 0; count < 3; count += 1) {
      process.kill(operator.pid, 'SIGSTOP');
      await sleep(seconds(7));
      process.kill(operator.pid, 'SIGCONT');
      await sleep(seconds(2));
    }
    expect(await health.ask('/debug/state')).toMatchObject({
      body: expect.stringMatching(/"longest": \{\s*"lagSeconds": [5-9]/),
    });
    expect(await health.ask('/livez')).toEqual({ status: 200, body: 'ok\n' });
    await awaitingApproval(scenario);
  });

  test('a standby is as ready as the leader, and each says which of the two it is', async () => {
    await using scenario = await open({ 'leader-election': 'Lease' });
    const leader = await healthOf(await scenario.operators.start());
    const standby = await healthOf(await scenario.operators.startStandby());
    expect(await standby.expectProbe('/readyz', 200)).toBe('ok\n');
    expect(await standby.ask('/livez')).toMatchObject({ status: 200 });
    expect(await leader.state()).toMatchObject({ leaderElection: { leading: true } });
    await eventually(async () => {
      expect(await standby.state()).toMatchObject({
        leaderElection: { leading: false, holder: expect.stringMatching(/./) },
      });
    });
  });

  test('a clock that jumps by an hour makes it ask for a restart, and the log says why', async () => {
    await using scenario = await open();
    const operator = startWith('jump-on-signal', scenario);
    await operator.ready;
    const health = await healthOf(operator);
    await health.expectProbe('/livez', 200);
    process.kill(operator.pid, 'SIGUSR2');
    expect(await health.expectProbe('/livez', 503)).toMatch(
      /^clock: the clock was set forward, or the machine was suspended, by 3600 s: a restart/,
    );
    await eventually(() => expect(operator.lines.join('\n')).toContain('"/livez fails"'));
    expect(await operator.end('SIGTERM')).toBe(0);
  });

  test('what nobody caught ends it with one line in the log and exit code 1', async () => {
    await using scenario = await open();
    const operator = startWith('throw-on-signal', scenario);
    await operator.ready;
    const before = operator.lines.length;
    process.kill(operator.pid, 'SIGUSR2');
    expect(await operator.exited).toBe(1);
    const [line, ...more] = await eventually(() => {
      expect(operator.lines.length).toBeGreaterThan(before);
      return operator.lines.slice(before).filter((one) => one.includes('mistake'));
    });
    expect(more).toEqual([]);
    expect(JSON.parse(line ?? '')).toMatchObject({ level: 'fatal', err: { message: 'a mistake that nobody caught' } });
  });

  test('cut from the API server it is unready but alive, and ready again soon after that is back', async () => {
    await using cluster = await openProxiedCluster();
    await using scenario = await open({ kubeconfig: cluster.kubeconfig, 'unready-after': '8s' }, true);
    await using other = await openConnection();
    const health = await healthOf(await scenario.operators.start());
    await awaitingApproval(scenario);
    await using _ = keepBusy(scenario, other.connection);
    // Long enough for the silence before to show, if there was any.
    await sleep(seconds(9));
    await health.expectProbe('/readyz', 200);
    cluster.proxy.open = false;
    cluster.proxy.cut();
    expect(await health.expectProbe('/readyz', 503)).toMatch(
      /^caches-active: nothing was heard of dccservers in [-0-9a-z]+ for \d+ s \(\w+ after \d+ failures\)/,
    );
    expect(await health.ask('/livez')).toMatchObject({ status: 200 });
    cluster.proxy.open = true;
    await health.expectProbe('/readyz', 200);
  });
});

/** Changes both objects once a second, as in a cluster in which something happens. */
function keepBusy({ namespace }: Scenario, connection: Awaited<ReturnType<typeof openConnection>>['connection']) {
  const stopping = new AbortController();
  const paths = ['dccservers/host-01', 'unsubscriptionrequests/retire'];
  const contentType = 'application/merge-patch+json';
  const busy = async () => {
    for (let beat = 0; !stopping.signal.aborted; beat += 1) {
      const body = { metadata: { annotations: { 'example.com/beat': String(beat) } } };
      for (const path of paths) {
        const target = `/apis/dcc-operator.io/v1alpha1/namespaces/${namespace}/${path}`;
        await connection.request('PATCH', target, { body, contentType });
      }
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
