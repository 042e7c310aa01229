import { describe, expect, it } from 'vitest';
import { milliseconds, seconds } from '../../operator/clock.ts';
import { seeded } from './seed.ts';
import { aCloud, aTestWorld, serverId, type TestCloud, unsubscribe } from './test-cloud.ts';

const SERVERS = `/v1.1/${seeded.projectId}/cloudservers/detail`;
const withVm = () => aTestWorld().withServer({ name: 'host-01' }).withVm({ name: 'web-01' }, 'host-01');
const empty = () => aTestWorld().withServer({ name: 'host-01' });
const orders = async ({ control }: TestCloud) => (await control.ledger()).accepted.length;
const names = async (cloud: TestCloud) => {
  const { body } = await cloud.get(SERVERS);
  return Object.values(Object(body['servers'])).map((server) => Reflect.get(Object(server), 'name'));
};

describe('a fault', () => {
  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('resets the connection %s the effect', async (when, placed) => {
    const cloud = await aCloud(empty());
    await cloud.control.addFault({ operation: 'billing.unsubscribe', effect: { kind: 'reset', when } });
    await expect(unsubscribe(cloud, [serverId(1)])).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(await orders(cloud)).toBe(placed);
    expect(await cloud.control.calls()).toEqual({ 'billing.unsubscribe': { reset: 1 } });
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('answers with a server error %s the effect', async (when, placed) => {
    const cloud = await aCloud(empty());
    await cloud.control.addFault({ operation: 'billing.unsubscribe', effect: { kind: 'serverError', when } });
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject({ status: 500, body: { error_code: 'CBC.0999' } });
    expect(await orders(cloud)).toBe(placed);
  });

  it('loses the answer: the effect takes place and nothing comes back', async () => {
    const cloud = await aCloud(empty());
    await cloud.control.addFault({ operation: 'billing.unsubscribe', effect: { kind: 'lostAnswer' } });
    const answer = unsubscribe(cloud, [serverId(1)]).catch(({ name }) => name);
    await expect.poll(() => orders(cloud)).toBe(1);
    expect(await Promise.race([answer, Promise.resolve('still waiting')])).toBe('still waiting');
    await cloud.cloud.stop();
    expect(await answer).toBe('TypeError');
  });

  it('delays the effect, which takes place even when the caller has gone', async () => {
    const cloud = await aCloud(empty());
    await cloud.control.addFault({ operation: 'billing.unsubscribe', effect: { kind: 'delay', milliseconds: 60_000 } });
    const answer = unsubscribe(cloud, [serverId(1)]);
    await expect.poll(() => cloud.control.faults()).toHaveLength(1);
    expect(await orders(cloud)).toBe(0);
    await expect
      .poll(async () => {
        cloud.clock.advance(seconds(60));
        return orders(cloud);
      })
      .toBe(1);
    expect((await answer).status).toBe(200);
  });

  it('throttles', async () => {
    const cloud = await aCloud(withVm());
    await cloud.control.addFault({ operation: 'ecs.listServers', effect: { kind: 'throttled' } });
    expect(await cloud.get(SERVERS)).toMatchObject({ status: 429, body: { error_code: 'APIGW.0308' } });
  });

  it.each([
    ['malformed', 'SyntaxError'],
    ['truncated', 'TypeError'],
  ] as const)('makes an answer %s after the effect', async (kind, name) => {
    const cloud = await aCloud(empty());
    await cloud.control.addFault({ operation: 'billing.unsubscribe', effect: { kind } });
    await expect(unsubscribe(cloud, [serverId(1)])).rejects.toMatchObject({ name });
    expect(await orders(cloud)).toBe(1);
  });

  it('hides an error inside a success', async () => {
    const cloud = await aCloud(empty());
    const effect = { kind: 'errorInsideSuccess', code: 'CBC.7281', message: 'your account is frozen' } as const;
    await cloud.control.addFault({ operation: 'billing.unsubscribe', effect });
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject({ status: 200, body: { error_code: 'CBC.7281' } });
    expect(await orders(cloud)).toBe(0);
  });

  it('hands an order over twice, and answers the second time', async () => {
    const cloud = await aCloud(empty());
    await cloud.control.addFault({ operation: 'billing.unsubscribe', effect: { kind: 'handedOverTwice' } });
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject({
      status: 400,
      body: { error_code: 'CBC.99003651' },
    });
    expect(await orders(cloud)).toBe(1);
  });

  it('gives any answer that a test wants', async () => {
    const cloud = await aCloud(empty());
    const body = {
      order_ids: [],
      fail_resource_infos: [{ resource_id: serverId(1), error_code: 'X', error_msg: 'Y' }],
    };
    await cloud.control.addFault({ operation: 'billing.unsubscribe', effect: { kind: 'answer', status: 200, body } });
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject({ status: 200, body });
    expect(await orders(cloud)).toBe(0);
  });

  it('loses the second page of a list', async () => {
    const cloud = await aCloud(withVm().withVm({ name: 'web-02' }, 'host-01'));
    await cloud.control.addFault({ operation: 'ecs.listServers', skip: 1, effect: { kind: 'missingPage' } });
    const page = (query: Record<string, string>) => cloud.get(SERVERS, { query: { limit: '1', ...query } });
    expect((await page({})).body).toMatchObject({ servers: [{ name: 'web-01' }] });
    expect((await page({ marker: 'ec500000-0000-4000-8000-000000000001' })).body).toMatchObject({ servers: [] });
  });

  it('freezes what reads see, and only reads', async () => {
    const cloud = await aCloud(withVm());
    await cloud.control.addFault({ operation: '*', effect: { kind: 'stale' } });
    await cloud.control.deleteVm('web-01', { immediately: true });
    expect(await names(cloud)).toEqual(['web-01']);
    expect((await unsubscribe(cloud, [serverId(1)])).status).toBe(200);
    expect(await orders(cloud)).toBe(1);
    expect((await cloud.get('/v2/orders/customer-orders', { query: { order_type: '4' } })).body).toMatchObject({
      total_count: 0,
    });
    await cloud.control.clearFaults();
    expect(await names(cloud)).toEqual([]);
  });

  it('lets reads lag behind, by the time it says', async () => {
    const cloud = await aCloud(withVm());
    await cloud.control.addFault({ operation: 'ecs.*', effect: { kind: 'stale', lagMilliseconds: 10_000 } });
    cloud.clock.advance(seconds(20));
    await cloud.control.createVm({ name: 'web-02', server: 'host-01' });
    cloud.clock.advance(seconds(5));
    await cloud.control.createVm({ name: 'web-03', server: 'host-01' });
    cloud.clock.advance(milliseconds(4_999));
    expect(await names(cloud)).toEqual(['web-01']);
    cloud.clock.advance(milliseconds(1));
    expect(await names(cloud)).toEqual(['web-01', 'web-02']);
    cloud.clock.advance(seconds(5));
    expect(await names(cloud)).toEqual(['web-01', 'web-02', 'web-03']);
  });

  it('lets what happens over time lag behind too', async () => {
    const cloud = await aCloud(withVm());
    await cloud.control.addFault({ operation: 'ecs.*', effect: { kind: 'stale', lagMilliseconds: 10_000 } });
    await cloud.control.deleteVm('web-01');
    cloud.clock.advance(milliseconds(cloud.cloud.settings.vmDeletion + 9_999));
    expect(await names(cloud)).toEqual(['web-01']);
    cloud.clock.advance(milliseconds(1));
    expect(await names(cloud)).toEqual([]);
  });

  it('hits as many calls as it says, and then no more', async () => {
    const cloud = await aCloud(withVm());
    await cloud.control.addFault({ operation: 'ecs.listServers', times: 2, effect: { kind: 'throttled' } });
    const statuses = [];
    for (let call = 1; call <= 3; call += 1) statuses.push((await cloud.get(SERVERS)).status);
    expect(statuses).toEqual([429, 429, 200]);
    expect(await cloud.control.faults()).toEqual([]);
  });

  it('can be cleared by its id', async () => {
    const cloud = await aCloud(withVm());
    const { id } = await cloud.control.addFault({ operation: 'ecs.listServers', effect: { kind: 'throttled' } });
    await cloud.control.addFault({ operation: 'dcc.*', effect: { kind: 'throttled' } });
    expect(await cloud.control.clearFaults(id)).toEqual({ cleared: 1 });
    expect((await cloud.get(SERVERS)).status).toBe(200);
    expect(await cloud.control.faults()).toMatchObject([{ operation: 'dcc.*' }]);
  });

  it('never hides a bad signature', async () => {
    const cloud = await aCloud(withVm());
    await cloud.control.addFault({ operation: '*', effect: { kind: 'throttled' } });
    expect((await cloud.get(SERVERS, { unsigned: true })).status).toBe(401);
  });
});
