import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import { staticCredentials } from '../../../operator/huaweicloud/credentials.ts';
import { createRequestMetrics } from '../../../operator/huaweicloud/request-metrics.ts';
import { createTrafficControl } from '../../../operator/huaweicloud/traffic.ts';
import { createVirtualClock } from '../../virtual-clock.ts';
import {
  accessKey,
  domainId,
  projectId,
  type Reply,
  recordedCloud,
  type SeenRequest,
  secretKey,
} from './recorded-cloud.ts';

const projects = { projects: [{ id: projectId, name: 'cn-north-4', enabled: true }] };
const domains = { domains: [{ id: domainId, name: 'we', enabled: true }] };
const pools = { dedicated_cluster: [] };
const balances = { debt_amount: 0, currency: 'CNY' };

/** A cloud whose ids must be looked up. */
const lookUps =
  (projectReply: (count: number) => Reply = () => ({ json: projects })) =>
  (request: SeenRequest, index: number): Reply => {
    if (request.path === '/v3/projects') return projectReply(index);
    if (request.path === '/v3/auth/domains') return { json: domains };
    return { json: request.path.startsWith('/v2/') ? balances : pools };
  };
const unknownIds = { projectId: undefined, domainId: undefined };

describe('ids', () => {
  test('are looked up once, also by many callers at once, and signed into the header of every call', async () => {
    await using cloud = await recordedCloud(lookUps(), unknownIds);
    const { dcc, billing } = cloud.account;
    await Promise.all([dcc.resourceClusters(), dcc.resourceClusters(), billing.balances()]);
    await dcc.resourceClusters();
    const paths = cloud.requests.map((request) => request.path);
    expect(paths.filter((path) => path === '/v3/projects')).toHaveLength(1);
    expect(paths.filter((path) => path === '/v3/auth/domains')).toHaveLength(1);
    const pool = cloud.requests.find((request) => request.path === `/v1/${projectId}/dcc/resource_clusters`);
    expect(pool?.headers['x-project-id']).toBe(projectId);
    expect(pool?.headers['authorization']).toContain('x-project-id;x-sdk-date');
    const lookUp = cloud.requests.find((request) => request.path === '/v3/projects');
    expect(lookUp?.target).toBe('/v3/projects?name=cn-north-4');
    expect(lookUp?.headers['authorization']).toContain('SignedHeaders=content-type;host;x-sdk-date,');
  });

  test('are not asked for when they are given', async () => {
    await using cloud = await recordedCloud(lookUps());
    await cloud.account.dcc.resourceClusters();
    expect(await cloud.account.domainId()).toBe(domainId);
    expect(cloud.requests).toHaveLength(1);
  });

  test('whom the keys belong to is looked up once for each key', async () => {
    let key = accessKey;
    const owners: Record<string, string> = { [accessKey]: domainId, AKEXAMPLE0000000002: 'another' };
    const credentials = async () => ({ accessKey: key, secretKey: () => secretKey });
    await using cloud = await recordedCloud(
      ({ headers }) => {
        const owner = Object.entries(owners).find(([of]) => headers['authorization']?.includes(`Access=${of},`));
        return { json: { domains: [{ id: owner?.[1], name: 'we', enabled: true }] } };
      },
      { credentials },
    );
    const owner = () => cloud.account.keyOwner();
    expect(await Promise.all([owner(), owner()])).toEqual([domainId, domainId]);
    expect(cloud.requests).toHaveLength(1);
    key = 'AKEXAMPLE0000000002';
    expect([await owner(), await owner()]).toEqual(['another', 'another']);
    expect(cloud.requests).toHaveLength(2);
    // The id that calls are made for stays what it was.
    expect(await cloud.account.domainId()).toBe(domainId);
  });

  test('whose a key is is not remembered when it was exchanged while it was asked', async () => {
    const keys = ['AKEXAMPLE0000000001', 'AKEXAMPLE0000000002'];
    let used = keys[0];
    let asked = 0;
    const credentials = async () => ({ accessKey: used ?? '', secretKey: () => 'secret' });
    await using cloud = await recordedCloud(
      () => {
        asked += 1;
        // The first of them was signed with the first key, and comes back when the second is used.
        used = asked === 1 ? keys[1] : used;
        return { json: { domains: [{ id: `owner-${asked}`, name: 'n', enabled: true }] } };
      },
      { credentials },
    );
    await expect(cloud.account.keyOwner()).rejects.toThrow('the keys were exchanged while it was asked whose they are');
    used = keys[0];
    expect(await cloud.account.keyOwner()).toBe('owner-2');
  });

  test('a failed look-up is not remembered', async () => {
    const refusal: Reply = { status: 403, json: { error_code: 'CBC.0151', error_msg: 'no' } };
    await using cloud = await recordedCloud(
      lookUps((index) => (index === 0 ? refusal : { json: projects })),
      unknownIds,
    );
    await expect(cloud.account.projectId()).rejects.toMatchObject({ class: 'Permission', code: 'CBC.0151' });
    expect(await cloud.account.projectId()).toBe(projectId);
  });

  test('a key that was refused and then corrected in the cloud works again, also when an id must still be looked up', async () => {
    const clock = createVirtualClock();
    let refused = true;
    const refusal: Reply = { status: 401, json: { error_code: 'APIGW.0301', error_msg: 'no' } };
    await using cloud = await recordedCloud((request, index) => (refused ? refusal : lookUps()(request, index)), {
      ...unknownIds,
      clock,
    });
    await expect(cloud.account.billing.balances()).rejects.toMatchObject({ class: 'Credentials' });
    refused = false;
    await clock.advance(60_000);
    expect((await cloud.account.billing.balances()).currency).toBe('CNY');
  });

  test.each([
    [[], /no project in region cn-north-4.*name the project id/],
    [[projects.projects[0], { id: 'other', name: 'cn-north-4' }], /2 projects named cn-north-4/],
  ])('the projects %j do not tell which one', async (found, complaint) => {
    await using cloud = await recordedCloud(
      lookUps(() => ({ json: { projects: found } })),
      unknownIds,
    );
    await expect(cloud.account.dcc.resourceClusters()).rejects.toThrow(complaint);
  });

  test('a caller that gives up does not end the look-up that others wait for', async () => {
    await using cloud = await recordedCloud(lookUps(), unknownIds);
    const controller = new AbortController();
    const impatient = cloud.account.projectId(controller.signal);
    const patient = cloud.account.projectId();
    const reason = new Error('shutting down');
    controller.abort(reason);
    await expect(impatient).rejects.toBe(reason);
    expect(await patient).toBe(projectId);
    expect(cloud.requests).toHaveLength(1);
  });
});

test('the account tells whether it is enabled', async () => {
  await using cloud = await recordedCloud(() => ({
    json: { domains: [{ id: domainId, name: 'we', enabled: false }] },
  }));
  expect(await cloud.account.iam.domain()).toEqual({ id: domainId, enabled: false });
});

test('an account that IAM does not list is the one that STS says', async () => {
  await using cloud = await recordedCloud(({ path }) => ({
    json: path === '/v5/caller-identity' ? { account_id: domainId } : { domains: [] },
  }));
  expect(await cloud.account.iam.domain()).toEqual({ id: domainId, enabled: true });
});

test('an account that neither lists is an error', async () => {
  await using cloud = await recordedCloud(() => ({ json: { domains: [] } }));
  await expect(cloud.account.iam.domain()).rejects.toThrow(/sts.GetCallerIdentity: .*account_id/);
});

describe('reads', () => {
  test.each<[Reply, string]>([
    ['Reset', 'a reset'],
    ['Truncate', 'a truncated answer'],
    [{ status: 503, text: 'busy' }, 'a 503'],
    [{ status: 429, json: { error_code: 'APIGW.0308', error_msg: 'throttled' } }, 'throttling'],
  ])('are tried again after %j', async (fault) => {
    await using cloud = await recordedCloud((_, index) => (index < 2 ? fault : { json: pools }));
    expect(await cloud.account.dcc.resourceClusters()).toEqual([]);
    expect(cloud.requests).toHaveLength(3);
  });

  test('wrong credentials are tried once: more would lock the key', async () => {
    await using cloud = await recordedCloud(() => ({
      status: 401,
      json: { error_code: 'APIGW.0301', error_msg: 'no' },
    }));
    await expect(cloud.account.dcc.resourceClusters()).rejects.toMatchObject({ class: 'Credentials' });
    expect(cloud.requests).toHaveLength(1);
  });

  test('an unreachable cloud is an error of class Unreachable', async () => {
    const cloud = await recordedCloud(() => ({ json: pools }));
    await cloud[Symbol.asyncDispose]();
    await expect(cloud.account.dcc.resourceClusters()).rejects.toMatchObject({
      class: 'Unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test("a caller's own signal ends a read with its own reason", async () => {
    await using cloud = await recordedCloud(() => 'Stall');
    const controller = new AbortController();
    const read = cloud.account.dcc.resourceClusters(controller.signal);
    const reason = new Error('shutting down');
    setImmediate(() => controller.abort(reason));
    await expect(read).rejects.toBe(reason);
  });

  test('a machine whose clock is wrong signs the second try with the time that the refusal told', async () => {
    const wrong = createVirtualClock(new Date('2019-01-01T00:00:00Z'));
    const dates: string[] = [];
    await using cloud = await recordedCloud(
      (request) => {
        const date = String(request.headers['x-sdk-date']);
        dates.push(date.slice(0, 8));
        const headers = { date: 'Sun, 01 Mar 2026 12:00:00 GMT' };
        if (date.startsWith('20260301T1')) return { json: pools, headers };
        return {
          status: 401,
          json: { error_code: 'APIGW.0303', error_msg: 'The request timestamp is invalid' },
          headers,
        };
      },
      { clock: wrong },
    );
    const read = cloud.account.dcc.resourceClusters();
    while (wrong.sleepers === 0) await wrong.settle();
    await wrong.advance(0);
    expect(await read).toEqual([]);
    expect(dates).toEqual(['20190101', '20260301']);
  });

  test('a session token goes along, signed', async () => {
    const { provider } = staticCredentials({
      HUAWEICLOUD_SDK_AK: accessKey,
      HUAWEICLOUD_SDK_SK: secretKey,
      HUAWEICLOUD_SDK_SECURITY_TOKEN: 'TOKEN+/==',
    });
    await using cloud = await recordedCloud(() => ({ json: pools }), { credentials: provider });
    await cloud.account.dcc.resourceClusters();
    expect(cloud.requests[0]?.headers['x-security-token']).toBe('TOKEN+/==');
    expect(cloud.requests[0]?.headers['authorization']).toContain('x-security-token,');
  });

  test('an error shows no secret, even when the cloud repeats it', async () => {
    await using cloud = await recordedCloud(({ headers }) => ({
      status: 401,
      json: { error_code: 'APIGW.0301', error_msg: `bad: ${headers['authorization']} ${secretKey}` },
    }));
    const error = await cloud.account.dcc.resourceClusters().catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('bad: SDK-HMAC-SHA256');
    expect(String(error)).not.toContain(secretKey);
    expect(String(error)).not.toMatch(/[0-9a-f]{64}/);
  });
});

test('a silent endpoint is tried by one of the reads that come together, and the others are not sent', async () => {
  const clock = createVirtualClock();
  const control = createTrafficControl(clock);
  await using cloud = await recordedCloud(lookUps(), { traffic: control.of('key') });
  await cloud.account.dcc.resourceClusters();
  const road = control.of('key')({ service: 'dcc', operation: 'ShowResourceClusters', origin: cloud.address });
  for (let failures = 0; failures < 5; failures += 1) {
    road.recordRead({ kind: 'Unknown', message: 'reset' }, undefined, false);
    await clock.advance(2_000);
  }
  await clock.advance(5_000);
  const reads = await Promise.allSettled([cloud.account.dcc.resourceClusters(), cloud.account.dcc.resourceClusters()]);
  expect(reads).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'CircuitOpen' } }]);
  expect(cloud.requests).toHaveLength(2);
});

test('every request is counted by service, operation and outcome', async () => {
  const registry = new Registry();
  await using cloud = await recordedCloud((_, index) => (index === 0 ? 'Reset' : { json: pools }), {
    observe: createRequestMetrics(registry),
  });
  await cloud.account.dcc.resourceClusters();
  const text = await registry.metrics();
  const series = 'huaweicloud_requests_total{service="dcc",operation="ShowResourceClusters"';
  expect(text).toContain(`${series},code="Unknown"} 1`);
  expect(text).toContain(`${series},code="200"} 1`);
  expect(text).toContain(
    'huaweicloud_request_duration_seconds_count{service="dcc",operation="ShowResourceClusters"} 2',
  );
});

test('a deadline of the whole call holds', async () => {
  await using cloud = await recordedCloud(() => 'Stall', { deadlines: { attempt: seconds(0.1), call: seconds(0.25) } });
  const began = performance.now();
  await expect(cloud.account.dcc.resourceClusters()).rejects.toMatchObject({ class: 'Unreachable' });
  expect(performance.now() - began).toBeLessThan(1_500);
});

test("the billing centre's time is told with its bound, from the answers", async () => {
  await using cloud = await recordedCloud((request, index) => lookUps()(request, index));
  expect(cloud.account.billingTime().bound).toBeUndefined();
  await cloud.account.billing.balances();
  expect(cloud.account.billingTime().bound).toBeLessThan(2_000);
  expect(Math.abs(cloud.account.billingTime().at.getTime() - Date.now())).toBeLessThan(2_000);
});
