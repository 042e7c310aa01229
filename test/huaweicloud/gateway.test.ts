import { describe, expect, it } from 'vitest';
import { milliseconds, minutes, seconds } from '../../operator/clock.ts';
import { seeded } from './seed.ts';
import { aCloud, aTestWorld, NOW, stamp } from './test-cloud.ts';

const SERVERS = `/v1.1/${seeded.projectId}/cloudservers/detail`;
const BALANCES = '/v2/accounts/customer-accounts/balances';
const refusal = (code: string, message: string) => ({ error_code: code, error_msg: expect.stringContaining(message) });
const aSkewedDate = (duration: number) => ({ 'X-Sdk-Date': stamp(new Date(Date.parse(NOW) + duration)) });

describe('the gateway', () => {
  it('stamps every answer with the time of the cloud and a request id', async () => {
    const cloud = await aCloud(aTestWorld());
    const { status, headers } = await cloud.get(SERVERS);
    expect(status).toBe(200);
    expect(headers.get('date')).toBe('Mon, 15 Jun 2026 08:30:00 GMT');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('answers 404 to an API that does not exist', async () => {
    const cloud = await aCloud(aTestWorld());
    const { status, body } = await cloud.get('/v9/nothing');
    expect([status, body]).toMatchObject([404, { error_code: 'APIGW.0101' }]);
  });

  it('refuses a call without a signature', async () => {
    const cloud = await aCloud(aTestWorld());
    const { status, body } = await cloud.get(SERVERS, { unsigned: true });
    expect([status, body]).toMatchObject([401, refusal('APIGW.0301', 'Authorization header')]);
  });

  it('refuses an unknown access key, and repeats the request id in the body', async () => {
    const cloud = await aCloud(aTestWorld());
    const { status, body, headers } = await cloud.get(SERVERS, { accessKey: 'NOBODY' });
    expect([status, body]).toMatchObject([
      401,
      refusal('APIGW.0301', 'Get secretKey failed,ak:NOBODY,err:ak not exist'),
    ]);
    expect(body['request_id']).toBe(headers.get('x-request-id'));
  });

  it('refuses a wrong secret key', async () => {
    const cloud = await aCloud(aTestWorld());
    const { status, body } = await cloud.get(SERVERS, { secretKey: 'wrong' });
    expect([status, body]).toMatchObject([401, refusal('APIGW.0301', 'verify aksk signature fail')]);
  });

  it.each([minutes(16), -minutes(16)])('refuses a signature that is %i ms off', async (skew) => {
    const cloud = await aCloud(aTestWorld());
    const { status, body } = await cloud.get(SERVERS, { headers: aSkewedDate(skew) });
    expect([status, body]).toMatchObject([401, refusal('APIGW.0303', 'signature expired, signature time:2026')]);
  });

  it.each([minutes(14), -minutes(14)])('takes a signature that is %i ms off', async (skew) => {
    const cloud = await aCloud(aTestWorld());
    expect((await cloud.get(SERVERS, { headers: aSkewedDate(skew) })).status).toBe(200);
  });

  it('can be given a shorter lifetime of signatures', async () => {
    const cloud = await aCloud(aTestWorld(), { signatureLifetime: seconds(5) });
    expect((await cloud.get(SERVERS, { headers: aSkewedDate(-seconds(6)) })).status).toBe(401);
  });

  it('locks a key for five minutes after more than five failures in a row', async () => {
    const cloud = await aCloud(aTestWorld());
    for (let failure = 1; failure <= 6; failure += 1) await cloud.get(SERVERS, { secretKey: 'wrong' });
    const locked = await cloud.get(SERVERS);
    expect([locked.status, locked.body]).toMatchObject([
      401,
      refusal('APIGW.0301', 'AK access failed to reach the limit'),
    ]);
    cloud.clock.advance(minutes(5));
    expect((await cloud.get(SERVERS)).status).toBe(200);
  });

  it('forgets failures after a success', async () => {
    const cloud = await aCloud(aTestWorld());
    for (let failure = 1; failure <= 5; failure += 1) await cloud.get(SERVERS, { secretKey: 'wrong' });
    await cloud.get(SERVERS);
    await cloud.get(SERVERS, { secretKey: 'wrong' });
    expect((await cloud.get(SERVERS)).status).toBe(200);
  });

  it('takes a temporary key only with its security token and before it expires', async () => {
    const key = {
      accessKey: 'TEMPORARY',
      secretKey: 'secret',
      securityToken: 'token',
      expiresAt: '2026-06-15T08:31:00Z',
    };
    const cloud = await aCloud(aTestWorld({ accessKeys: [key] }));
    const withToken = { ...key, headers: { 'X-Security-Token': 'token' } };
    expect((await cloud.get(SERVERS, key)).status).toBe(401);
    expect((await cloud.get(SERVERS, withToken)).status).toBe(200);
    cloud.clock.advance(minutes(1));
    expect((await cloud.get(SERVERS, withToken)).body).toMatchObject(refusal('APIGW.0301', 'expired'));
  });

  it.each([
    ['a project of somebody else', '/v1.1/another-project/cloudservers/detail', {}],
    ['another project than the path names', SERVERS, { 'X-Project-Id': 'another-project' }],
    ['another account', BALANCES, { 'X-Domain-Id': 'another-account' }],
  ])('refuses %s', async (_, path, headers) => {
    const cloud = await aCloud(aTestWorld());
    const { status, body } = await cloud.get(path, { headers });
    expect([status, body]).toMatchObject([403, { error_code: 'APIGW.0302' }]);
  });

  it('refuses the billing centre of another site, and nothing else', async () => {
    const cloud = await aCloud(aTestWorld({ site: 'international' }));
    const { status, body } = await cloud.get('/v2/products/service-types', { query: { limit: '1' } });
    expect([status, body]).toMatchObject([403, refusal('CBC.0150', 'does not belong to the website')]);
    expect((await cloud.get(SERVERS)).status).toBe(200);
  });

  it('refuses what IAM does not allow the key', async () => {
    const { accessKey, secretKey } = seeded;
    const cloud = await aCloud(
      aTestWorld({ accessKeys: [{ accessKey, secretKey, denied: ['billing.showBalances'] }] }),
    );
    expect(await cloud.get(BALANCES)).toMatchObject({ status: 403, body: { error_code: 'CBC.0151' } });
  });

  it('refuses a disabled account everywhere but in IAM', async () => {
    const cloud = await aCloud(aTestWorld({ enabled: false }));
    expect((await cloud.get(SERVERS)).status).toBe(401);
    expect((await cloud.get('/v3/auth/domains')).body).toMatchObject({ domains: [{ enabled: false }] });
  });

  it('throttles each API by itself, at the documented rate, and recovers', async () => {
    const cloud = await aCloud(aTestWorld());
    for (let call = 1; call <= 20; call += 1) expect((await cloud.get(BALANCES)).status).toBe(200);
    expect(await cloud.get(BALANCES)).toMatchObject({
      status: 429,
      body: refusal('APIGW.0308', 'policy user over ratelimit,limit:20,time:1 second'),
    });
    expect((await cloud.get(SERVERS)).status).toBe(200);
    cloud.clock.advance(milliseconds(50));
    expect((await cloud.get(BALANCES)).status).toBe(200);
    expect((await cloud.get(BALANCES)).status).toBe(429);
  });

  it('can be given other rates', async () => {
    const cloud = await aCloud(aTestWorld(), { throttle: { rate: 200, operations: { 'ecs.listServers': 1 } } });
    expect((await cloud.get(SERVERS)).status).toBe(200);
    expect((await cloud.get(SERVERS)).status).toBe(429);
  });

  it('counts calls by operation and by status', async () => {
    const cloud = await aCloud(aTestWorld());
    await cloud.get(SERVERS);
    await cloud.get(SERVERS);
    await cloud.get(SERVERS, { unsigned: true });
    expect(await cloud.control.calls()).toEqual({ 'ecs.listServers': { 200: 2, 401: 1 } });
  });
});
