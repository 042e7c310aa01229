import { describe, expect, it } from 'vitest';
import { milliseconds } from '../../operator/clock.ts';
import { seeded } from './seed.ts';
import { aCloud, aTestWorld, serverId, unsubscribe, vmId } from './test-cloud.ts';

const project = seeded.projectId;
const withServer = (hostType: 'DCC' | 'DeH' = 'DCC') => aTestWorld().withServer({ name: 'host-01', hostType });

describe('DCC', () => {
  const pools = `/v1/${project}/dcc/resource_clusters`;

  it('shows totals per pool and no host', async () => {
    const cloud = await aCloud(
      withServer().withServer({ name: 'host-02' }).withVm({ name: 'a' }, 'host-01').withRdsInstance('db', 'host-02'),
    );
    const { body } = await cloud.get(pools, { query: { service_type: 'ecs' } });
    expect(body).toMatchObject({
      dedicated_cluster: [
        {
          availability_zone: 'cn-north-4a',
          host_total: 2,
          host_type: 's3',
          instance_total: 2,
          vcpus_used: 4,
          vcpus_total: 288,
          flavors: ['s3.large.2'],
        },
      ],
    });
    expect(JSON.stringify(body)).not.toContain(serverId(1));
  });

  it('has one host less when an unsubscription has completed', async () => {
    const cloud = await aCloud(withServer().withServer({ name: 'host-02' }));
    await unsubscribe(cloud, [serverId(1)]);
    expect((await cloud.get(pools)).body).toMatchObject({ dedicated_cluster: [{ host_total: 2 }] });
    cloud.clock.advance(cloud.cloud.settings.orderProcessing);
    expect((await cloud.get(pools)).body).toMatchObject({ dedicated_cluster: [{ host_total: 1 }] });
  });

  it('refuses an unknown service type', async () => {
    const cloud = await aCloud(withServer());
    expect((await cloud.get(pools, { query: { service_type: 'rds' } })).status).toBe(400);
  });
});

describe('DeH', () => {
  const hosts = `/v1.0/${project}/dedicated-hosts`;

  it('shows a host with every machine on it, also those that its list leaves out', async () => {
    const cloud = await aCloud(withServer('DeH').withVm({ name: 'a' }, 'host-01').withRdsInstance('db', 'host-01'));
    expect((await cloud.get(`${hosts}/${serverId(1)}`)).body).toMatchObject({
      dedicated_host: { state: 'available', instance_total: 2, instance_uuids: [vmId(1), vmId(2)], lock: false },
    });
    expect((await cloud.get(`${hosts}/${serverId(1)}/servers`)).body).toMatchObject({
      servers: [{ id: vmId(1), name: 'a', status: 'ACTIVE' }],
    });
  });

  it('finds the host of a machine, without the machines', async () => {
    const cloud = await aCloud(
      withServer('DeH').withServer({ name: 'host-02', hostType: 'DeH' }).withVm({ name: 'a' }, 'host-02'),
    );
    const { body } = await cloud.get(hosts, { query: { instance_uuid: vmId(1) } });
    expect(body).toMatchObject({ total: 1, dedicated_hosts: [{ dedicated_host_id: serverId(2), instance_total: 1 }] });
    expect(JSON.stringify(body)).not.toContain('instance_uuids');
  });

  it('pages by marker and refuses an unknown one', async () => {
    const cloud = await aCloud(withServer('DeH').withVm({ name: 'a' }, 'host-01').withVm({ name: 'b' }, 'host-01'));
    const page = (query: Record<string, string>) => cloud.get(`${hosts}/${serverId(1)}/servers`, { query });
    expect((await page({ limit: '1' })).body).toMatchObject({ servers: [{ name: 'a' }] });
    expect((await page({ limit: '1', marker: vmId(1) })).body).toMatchObject({ servers: [{ name: 'b' }] });
    expect((await page({ limit: '1', marker: vmId(2) })).body).toEqual({ servers: [] });
    expect((await page({ marker: 'unknown' })).status).toBe(400);
  });

  it('answers 404 for a DCC server, and for a host that has been unsubscribed', async () => {
    const dcc = await aCloud(withServer());
    expect((await dcc.get(`${hosts}/${serverId(1)}`)).status).toBe(404);
    const cloud = await aCloud(withServer('DeH'));
    await unsubscribe(cloud, [serverId(1)]);
    expect((await cloud.get(`${hosts}/${serverId(1)}`)).status).toBe(200);
    cloud.clock.advance(cloud.cloud.settings.orderProcessing);
    expect((await cloud.get(`${hosts}/${serverId(1)}`)).status).toBe(404);
  });

  it('shows the host in ECS', async () => {
    const cloud = await aCloud(withServer('DeH').withVm({ name: 'a' }, 'host-01'));
    const query = { 'expect-fields': ['tenancy', 'dedicated_host_id'] };
    expect((await cloud.get(`/v1.1/${project}/cloudservers/detail`, { query })).body).toMatchObject({
      servers: [{ tenancy: 'dedicated', dedicated_host_id: serverId(1) }],
    });
    expect((await cloud.get(`/v1/${project}/cloudservers/detail`)).body).toMatchObject({
      servers: [{ 'os:scheduler_hints': { tenancy: ['dedicated'], dedicated_host_id: [serverId(1)] } }],
    });
  });
});

describe('CCE', () => {
  const clusters = `/api/v3/projects/${project}/clusters`;
  const twoNodes = () => withServer().withCceNode('node-a', 'host-01').withCceNode('node-b', 'host-01');

  it('ties a node to its machine both ways', async () => {
    const cloud = await aCloud(twoNodes());
    const { body } = await cloud.get(clusters);
    expect(body).toMatchObject({
      kind: 'Cluster',
      items: [{ metadata: { name: 'cce-1' }, status: { phase: 'Available' } }],
    });
    const nodes = await cloud.get(`${clusters}/cce00000-0000-4000-8000-000000000001/nodes`);
    expect(nodes.body).toMatchObject({
      kind: 'List',
      items: [
        { status: { serverId: vmId(1), phase: 'Active' }, spec: { az: 'cn-north-4a' } },
        { status: { serverId: vmId(2) } },
      ],
      pageInfo: { currentCount: 2 },
    });
    const query = { 'expect-fields': 'tags' };
    expect((await cloud.get(`/v1.1/${project}/cloudservers/detail`, { query })).body).toMatchObject({
      servers: [{ tags: expect.arrayContaining(['CCE-Cluster-ID=cce00000-0000-4000-8000-000000000001']) }, {}],
    });
  });

  it('names the next page only when there is one', async () => {
    const cloud = await aCloud(twoNodes());
    const page = (query: Record<string, string>) =>
      cloud.get(`${clusters}/cce00000-0000-4000-8000-000000000001/nodes`, { query });
    const first = await page({ limit: '1' });
    expect(first.body['pageInfo']).toEqual({ currentCount: 1, nextMarker: expect.any(String) });
    const marker = String(Reflect.get(Object(first.body['pageInfo']), 'nextMarker'));
    expect((await page({ limit: '1', marker })).body['pageInfo']).toEqual({ currentCount: 1 });
  });

  it('answers an unknown cluster in its own form', async () => {
    const cloud = await aCloud(twoNodes());
    expect(await cloud.get(`${clusters}/unknown/nodes`)).toMatchObject({
      status: 404,
      body: { errorCode: 'CCE.01404001' },
    });
  });

  it('loses a node with its machine', async () => {
    const cloud = await aCloud(twoNodes());
    await cloud.control.deleteVm('node-a', { immediately: true });
    const { body } = await cloud.get(`${clusters}/cce00000-0000-4000-8000-000000000001/nodes`);
    expect(body).toMatchObject({ items: [{ metadata: { name: 'node-b' } }] });
  });
});

describe('MRS', () => {
  const clusters = `/v1.1/${project}/cluster_infos`;
  const nodes = `/v2/${project}/clusters/43510000-0000-4000-8000-000000000001/nodes`;

  it('lists only the default enterprise project unless another is named', async () => {
    const cloud = await aCloud(withServer().withMrsNode('a', 'host-01').withMrsNode('b', 'host-01', 'eps-1'));
    expect((await cloud.get(clusters)).body).toMatchObject({ clusterTotal: 1, clusters: [{ clusterName: 'mrs-a' }] });
    const query = { enterpriseProjectId: 'eps-1', clusterState: 'existing' };
    expect((await cloud.get(clusters, { query })).body).toMatchObject({
      clusterTotal: 1,
      clusters: [{ clusterName: 'mrs-b' }],
    });
    const all = { enterpriseProjectId: 'all_granted_eps' };
    expect((await cloud.get(clusters, { query: all })).body).toMatchObject({ clusterTotal: 0 });
  });

  it('names the machine of each node', async () => {
    const cloud = await aCloud(withServer().withMrsNode('a', 'host-01'));
    expect((await cloud.get(nodes)).body).toMatchObject({
      node_total: 1,
      nodes: [{ server_info: { server_id: vmId(1), server_type: 'ECS' } }],
    });
  });

  it.each([
    ['page', ['b']],
    ['record', ['b', 'c']],
  ] as const)('can count the offset of nodes by %s', async (mrsNodeOffset, names) => {
    const world = withServer().withMrsNode('a', 'host-01').build();
    const [node] = world.mrsClusters[0]?.nodes ?? [];
    const cloud = await aCloud({ build: () => world }, { mrsNodeOffset });
    if (node !== undefined) world.mrsClusters[0]?.nodes.push({ ...node, name: 'b' }, { ...node, name: 'c' });
    const query = mrsNodeOffset === 'page' ? { limit: '1', offset: '2' } : { limit: '2', offset: '2' };
    expect((await cloud.get(nodes, { query })).body['nodes']).toMatchObject(names.map((name) => ({ node_name: name })));
  });

  it('refuses pages of more than 100', async () => {
    const cloud = await aCloud(withServer());
    expect((await cloud.get(clusters, { query: { pageSize: '101' } })).status).toBe(400);
  });
});

describe('RDS', () => {
  it('names the zone of each node, and neither machine nor host', async () => {
    const cloud = await aCloud(withServer().withRdsInstance('orders', 'host-01'));
    const { body } = await cloud.get(`/v3/${project}/instances`);
    expect(body).toMatchObject({
      total_count: 1,
      instances: [
        { status: 'ACTIVE', nodes: [{ availability_zone: 'cn-north-4a' }], created: '2026-06-15T16:30:00+0800' },
      ],
    });
    expect(JSON.stringify(body)).not.toContain(vmId(1));
    expect(JSON.stringify(body)).not.toContain(serverId(1));
  });

  it('pages by record and refuses more than 100', async () => {
    const cloud = await aCloud(withServer().withRdsInstance('a', 'host-01').withRdsInstance('b', 'host-01'));
    const page = (query: Record<string, string>) => cloud.get(`/v3/${project}/instances`, { query });
    expect((await page({ offset: '1', limit: '1' })).body).toMatchObject({
      total_count: 2,
      instances: [{ name: 'b' }],
    });
    expect(await page({ limit: '101' })).toMatchObject({ status: 400, body: { error_code: 'DBS.280001' } });
  });
});

describe('CBR', () => {
  const backups = `/v3/${project}/backups`;
  const withBackup = () => withServer().withVm({ name: 'a' }, 'host-01').withVault('vault-01').withBackup('a');

  it('shows backups of a machine, with times that carry no zone', async () => {
    const cloud = await aCloud(withBackup());
    const query = { resource_id: vmId(1), resource_type: 'OS::Nova::Server', status: 'available' };
    expect((await cloud.get(backups, { query })).body).toMatchObject({
      count: 1,
      backups: [
        {
          resource_id: vmId(1),
          status: 'available',
          created_at: '2026-06-15T07:30:00.000000',
          expired_at: null,
          image_type: 'backup',
          extend_info: { supported_restore_mode: 'backup' },
        },
      ],
    });
  });

  it('keeps the backups of a machine that is gone', async () => {
    const cloud = await aCloud(withBackup());
    await cloud.control.deleteVm('a', { immediately: true });
    expect((await cloud.get(backups, { query: { resource_id: vmId(1) } })).body).toMatchObject({ count: 1 });
  });

  it('shows a backup as protecting until it is done', async () => {
    const cloud = await aCloud(withBackup());
    await cloud.control.makeBackup('a', { takesMilliseconds: 1_000 });
    const statuses = async () => (await cloud.get(backups, { query: { sort: 'created_at:desc' } })).body['backups'];
    expect(await statuses()).toMatchObject([{ status: 'protecting' }, { status: 'available' }]);
    cloud.clock.advance(milliseconds(1_000));
    expect(await statuses()).toMatchObject([{ status: 'available' }, { status: 'available' }]);
  });

  it('filters by several statuses, sorts, and pages', async () => {
    const cloud = await aCloud(withBackup().withBackup('a', { status: 'error', createdAt: '2026-06-01T00:00:00Z' }));
    const list = async (query: Record<string, string | string[]>) => (await cloud.get(backups, { query })).body;
    expect(await list({ status: ['error', 'available'] })).toMatchObject({ count: 2 });
    expect(await list({ sort: 'created_at:asc', limit: '1' })).toMatchObject({
      count: 2,
      backups: [{ status: 'error' }],
    });
    expect(await list({ limit: '1', offset: '1' })).toMatchObject({
      backups: [{ status: 'error' }],
      offset: 1,
      limit: 1,
    });
    expect(await list({ limit: '1001' })).toMatchObject({ error_code: 'BackupService.9900' });
  });

  it('shows a frozen vault with its scene', async () => {
    const cloud = await aCloud(withBackup());
    await cloud.control.freezeVault('vault-01');
    expect((await cloud.get(`/v3/${project}/vaults`, { query: { resource_ids: vmId(1) } })).body).toMatchObject({
      vaults: [
        { billing: { status: 'frozen', frozen_scene: 'ARREAR' }, resources: [{ id: vmId(1), backup_count: 1 }] },
      ],
    });
  });

  it('shows what a checkpoint skipped', async () => {
    const world = withBackup().build();
    world.checkpoints[0]?.skipped.push({ id: vmId(9), name: 'b', reason: 'The resource is being backed up.' });
    const cloud = await aCloud({ build: () => world });
    const path = `/v3/${project}/checkpoints/c4ec0000-0000-4000-8000-000000000001`;
    expect((await cloud.get(path)).body).toMatchObject({
      checkpoint: {
        status: 'available',
        vault: { resources: [{ id: vmId(1) }], skipped_resources: [{ id: vmId(9), type: 'OS::Nova::Server' }] },
      },
    });
    expect((await cloud.get(`/v3/${project}/checkpoints/unknown`)).status).toBe(404);
  });
});
