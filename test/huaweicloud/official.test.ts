import { describe, expect, it } from 'vitest';
import { aLiveCloud, sendGlobal, sendRegional, sendUnscoped } from './official-clients.ts';
import { aWorld, seeded } from './seed.ts';
import { serverId } from './test-cloud.ts';

/** Request definitions as the official packages would contain them; npm has none for these services. */
describe('services without an official package, through the official core', () => {
  const world = () => aWorld().withServer({ name: 'dcc-host-01' });

  it('takes calls of the global billing centre, signed with X-Domain-Id', async () => {
    const cloud = await aLiveCloud(world());
    const resources = await sendGlobal(cloud, {
      method: 'POST',
      url: '/v2/orders/suscriptions/resources/query',
      data: { resource_ids: [serverId(1)], only_main_resource: 0, offset: 0, limit: 100 },
    });
    expect(resources).toMatchObject({ total_count: 1, data: [{ resource_id: serverId(1), status: 2 }] });
    const orders = await sendGlobal(cloud, {
      method: 'GET',
      url: '/v2/orders/customer-orders',
      queryParams: { order_type: '1', order_by: '-createTime', create_time_begin: '2020-01-01T00:00:00Z' },
    });
    expect(orders).toMatchObject({ total_count: 1, order_infos: [{ order_type: 1, status: 5 }] });
  });

  it('tells the official core the code of a refused call', async () => {
    const cloud = await aLiveCloud(world());
    const unsubscription = sendGlobal(cloud, {
      method: 'POST',
      url: '/v2/orders/subscriptions/resources/unsubscribe',
      data: { resource_ids: ['unknown'], unsubscribe_type: 1 },
    });
    await expect(unsubscription).rejects.toMatchObject({ httpStatusCode: 400, errorCode: 'CBC.99003012' });
  });

  it('takes calls without an answer body', async () => {
    const cloud = await aLiveCloud(world());
    const path = { url: '/v2/orders/subscriptions/resources/autorenew/{id}', pathParams: { id: serverId(1) } };
    expect(await sendGlobal(cloud, { method: 'POST', ...path, data: {} })).toEqual({ httpStatusCode: 204 });
    expect(await sendGlobal(cloud, { method: 'DELETE', ...path })).toEqual({ httpStatusCode: 204 });
  });

  it.each([
    ['dcc', `/v1/{project_id}/dcc/resource_clusters`, { dedicated_cluster: [{ host_total: 1 }] }],
    ['deh', `/v1.0/{project_id}/dedicated-hosts`, { dedicated_hosts: [], total: 0 }],
    ['cbr', `/v3/{project_id}/backups`, { backups: [], count: 0 }],
    ['rds', `/v3/{project_id}/instances`, { instances: [], total_count: 0 }],
    ['mrs', `/v1.1/{project_id}/cluster_infos`, { clusters: [], clusterTotal: 0 }],
    ['cce', `/api/v3/projects/{project_id}/clusters`, { items: [] }],
  ])('takes a regional call of %s, signed with X-Project-Id', async (_, url, answer) => {
    const cloud = await aLiveCloud(world());
    expect(await sendRegional(cloud, { method: 'GET', url })).toMatchObject({ httpStatusCode: 200, ...answer });
  });

  it('takes parameters that are repeated or need encoding', async () => {
    const cloud = await aLiveCloud(world());
    const queryParams = { status: ['error', 'available'], name: 'web a~b/1', resource_type: 'OS::Nova::Server' };
    const backups = await sendRegional(cloud, { method: 'GET', url: '/v3/{project_id}/backups', queryParams });
    expect(backups).toMatchObject({ httpStatusCode: 200 });
  });

  it('finds the project of a region and the account, without either header', async () => {
    const cloud = await aLiveCloud(world());
    const projects = await sendUnscoped(cloud, {
      method: 'GET',
      url: '/v3/projects',
      queryParams: { name: 'cn-north-4' },
    });
    expect(projects).toMatchObject({ projects: [{ id: seeded.projectId, enabled: true }] });
    const domains = await sendUnscoped(cloud, { method: 'GET', url: '/v3/auth/domains' });
    expect(domains).toMatchObject({ domains: [{ id: seeded.domainId, enabled: true }] });
    const caller = await sendUnscoped(cloud, { method: 'GET', url: '/v5/caller-identity' });
    expect(caller).toMatchObject({ account_id: seeded.domainId });
  });
});
