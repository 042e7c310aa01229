import { randomBytes } from 'node:crypto';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { milliseconds, seconds, systemClock } from '../../../operator/clock.ts';
import { loadKubeConfig } from '../../../operator/kubernetes/kubeconfig.ts';
import {
  createLeaderElection,
  type LeaderElection,
} from '../../../operator/kubernetes/leader-election/leader-election.ts';
import type { LeaseSpec } from '../../../operator/kubernetes/leader-election/lease.ts';
import { createLeaseStore } from '../../../operator/kubernetes/leader-election/lease-store.ts';
import { createLeaderElectionMetrics } from '../../../operator/kubernetes/metrics/leader-election.ts';
import { createUser } from '../../cluster/kubeconfig.ts';
import { kubectl, kubectlOutput } from '../../cluster/kubectl.ts';
import { openConnection, silentLog, type TestConnection, until } from './cluster.ts';

const kubeconfig = inject('kubeconfig');
const namespace = `leases-${randomBytes(4).toString('hex')}`;
const owned = new AsyncDisposableStack();
let opened: TestConnection;
beforeAll(async () => {
  opened = owned.use(await openConnection());
  await kubectlOutput(kubeconfig, ['create', 'namespace', namespace]);
});
afterAll(async () => {
  await kubectlOutput(kubeconfig, ['delete', 'namespace', namespace, '--wait=false']);
  await owned.disposeAsync();
});

const signal = AbortSignal.timeout(120_000);
const spec: LeaseSpec = {
  holderIdentity: 'a_1',
  leaseDurationSeconds: 60,
  acquireTime: '2026-01-01T00:00:00.000000Z',
  renewTime: '2026-01-01T00:00:00.000000Z',
  leaseTransitions: 0,
};
const storeOf = (name: string, over = opened) => createLeaseStore(over.connection, namespace, name);

describe('a Lease on the API server', () => {
  test('is created once, and written by compare-and-swap', async () => {
    const store = storeOf('swapped');
    expect(await store.read(signal)).toBeUndefined();
    const created = await store.create(spec, signal);
    expect(created.record).toEqual({ holderIdentity: 'a_1', duration: seconds(60), leaseTransitions: 0 });
    await expect(store.create(spec, signal)).rejects.toMatchObject({ reason: 'AlreadyExists' });
    const renewed = await store.update(created, { ...spec, renewTime: '2026-01-01T00:00:10.000000Z' }, signal);
    await expect(store.update(created, { ...spec, holderIdentity: 'b_2' }, signal)).rejects.toMatchObject({
      reason: 'Conflict',
    });
    expect(await store.read(signal)).toEqual(renewed);
  });

  test('keeps its labels and the fields of its spec that an election does not know', async () => {
    const store = storeOf('labelled');
    await store.create(spec, signal);
    const patch = { metadata: { labels: { team: 'dc' } }, spec: { strategy: 'OldestEmulationVersion' } };
    await kubectlOutput(kubeconfig, [
      '-n',
      namespace,
      'patch',
      'lease',
      'labelled',
      '--type=merge',
      '-p',
      JSON.stringify(patch),
    ]);
    const read = await store.read(signal);
    if (read === undefined) throw new Error('the Lease is gone');
    const { object } = await store.update(read, { ...spec, holderIdentity: 'b_2' }, signal);
    expect(object).toMatchObject({ ...patch, spec: { holderIdentity: 'b_2' } });
  });

  test('that is written without a change keeps its version, and one that is deleted is not made again', async () => {
    const store = storeOf('unchanged');
    const created = await store.create(spec, signal);
    const same = await store.update(created, spec, signal);
    expect(same.object.metadata.resourceVersion).toBe(created.object.metadata.resourceVersion);
    await kubectlOutput(kubeconfig, ['-n', namespace, 'delete', 'lease', 'unchanged']);
    await expect(store.update(created, { ...spec, holderIdentity: 'b_2' }, signal)).rejects.toMatchObject({
      reason: expect.stringMatching(/^(NotFound|Conflict)$/),
    });
  });
});

/** Short, so that no test waits for long, and long enough for a busy machine. */
const times = {
  leaseDuration: seconds(6),
  renewDeadline: seconds(4),
  renewPeriod: seconds(1),
  requestTimeout: seconds(1),
  retryPeriod: milliseconds(200),
};

function elect(name: string, identity: string, over = opened): LeaderElection & { stop(): Promise<void> } {
  const stopping = new AbortController();
  const election = createLeaderElection({
    store: storeOf(name, over),
    name,
    identity,
    times,
    clock: systemClock,
    log: silentLog,
    metrics: createLeaderElectionMetrics(new Registry())(name),
  });
  election.campaign(stopping.signal).catch(() => undefined);
  const stop = async () => {
    stopping.abort();
    await election.release();
  };
  owned.defer(stop);
  return { ...election, stop };
}

const transitions = async (name: string) => (await storeOf(name).read(signal))?.record.leaseTransitions;

test('a lease that anybody made with kubectl and nobody holds is taken', async () => {
  const bare = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'bare' } };
  await kubectl(kubeconfig, ['-n', namespace, 'apply', '-f', '-'], { input: JSON.stringify(bare) });
  const first = elect('bare', 'a_1');
  await until('it leads', first.isLeader);
  expect(await transitions('bare')).toBe(1);
});

test('of three, one leads; when it gives the lease back another one does at once', async () => {
  const all = ['a_1', 'b_2', 'c_3'].map((identity) => elect('three', identity));
  const leaders = () => all.filter((election) => election.isLeader());
  await until('one leads', () => leaders().length > 0);
  await systemClock.sleep(seconds(3));
  expect(leaders()).toHaveLength(1);
  const [first] = leaders();
  await first?.stop();
  const givenBack = systemClock.elapsed();
  await until('another one leads', () => leaders().length > 0);
  expect(systemClock.elapsed() - givenBack, 'it waited for the end of the lease').toBeLessThan(times.leaseDuration);
  expect(leaders()).toHaveLength(1);
  expect(await transitions('three')).toBe(1);
});

test('a candidate that may not write the Lease does not lead, and does when it is allowed to', async () => {
  const directory = inject('controlPlaneDirectory');
  // On a cluster of somebody else there is no way to make a user.
  if (directory === null) return;
  const { server = '' } = (await loadKubeConfig(kubeconfig)).getCurrentCluster() ?? {};
  const user = `candidate-${namespace}`;
  const over = owned.use(await openConnection(await loadKubeConfig(await createUser(directory, server, user))));
  const election = elect('guarded', 'a_1', over);
  await until('it was refused', async () => (await over.count('rest_client_requests_total', { code: 403 })) > 1);
  expect(election.isLeader()).toBe(false);
  // The chart's Role: `create` cannot be bound to a name, because the name is not known when it is authorized.
  const create = ['-n', namespace, 'create'];
  await kubectlOutput(kubeconfig, [
    ...create,
    'role',
    'make',
    '--verb=create',
    '--resource=leases.coordination.k8s.io',
  ]);
  const named = ['--verb=get,update', '--resource=leases.coordination.k8s.io', '--resource-name=guarded'];
  await kubectlOutput(kubeconfig, [...create, 'role', 'hold', ...named]);
  for (const role of ['make', 'hold'])
    await kubectlOutput(kubeconfig, [...create, 'rolebinding', role, `--role=${role}`, `--user=${user}`]);
  await until('it leads', election.isLeader);
  await until(
    'it renewed',
    async () => (await over.count('rest_client_requests_total', { method: 'PUT', code: 200 })) > 1,
  );
  await election.stop();
  expect((await storeOf('guarded').read(signal))?.record.holderIdentity).toBe('');
});
