import { describe, expect, test } from 'vitest';
import { byPath, projectId, type RecordedCloud, recordedCloud, type SeenRequest } from './recorded-cloud.ts';

const vmId = '1a503932-ee8f-4dd5-8248-8dfb57e584c5';
const hostId = '5e296a59-7128-403e-a9c6-50bb82f67525';
const page = <Item>(items: readonly Item[], from: number, size: number) => items.slice(from, from + size);
const afterMarker = <Item extends { id: string }>(items: readonly Item[], request: SeenRequest): Item[] => {
  const marker = request.query.get('marker');
  const from = marker === null ? 0 : items.findIndex((item) => item.id === marker) + 1;
  return page(items, from, Number(request.query.get('limit')));
};
const targets = (cloud: RecordedCloud) => cloud.requests.map((request) => request.target);

const isBin = (path: string) => path.includes('/recycle-bin/');

describe('DCC', () => {
  const path = `GET /v1/${projectId}/dcc/resource_clusters`;
  const cluster = {
    project_id: projectId,
    availability_zone: 'cn-north-4a',
    host_total: 3,
    host_type: 's3',
    service_type: 'ecs',
    host_properties: { cpu_cores: 22, memory_mb: 262144, cpu_speed: '2.2' },
    vcpus_used: 0,
    vcpus_total: 432,
    memory_mb_used: 0,
    memory_mb_total: 786432,
    flavors: ['s3.large.2'],
    instance_total: 0,
  };

  test('a pool gives its sums', async () => {
    await using cloud = await recordedCloud(byPath({ [path]: { dedicated_cluster: [cluster] } }));
    expect(await cloud.account.dcc.resourceClusters()).toEqual([
      {
        availabilityZone: 'cn-north-4a',
        hostTotal: 3,
        hostType: 's3',
        instanceTotal: 0,
        vcpusUsed: 0,
        memoryUsedMb: 0,
        flavors: ['s3.large.2'],
      },
    ]);
    expect(targets(cloud)).toEqual([`/v1/${projectId}/dcc/resource_clusters?service_type=ecs`]);
    expect(cloud.requests[0]?.headers['x-project-id']).toBe(projectId);
  });

  test('a pool without its count of instances is Unparsable, not empty', async () => {
    const { instance_total: _, ...incomplete } = cluster;
    await using cloud = await recordedCloud(byPath({ [path]: { dedicated_cluster: [incomplete] } }));
    await expect(cloud.account.dcc.resourceClusters()).rejects.toMatchObject({ class: 'Unparsable' });
  });
});

describe('DeH', () => {
  const path = `/v1.0/${projectId}/dedicated-hosts/${hostId}`;
  const host = {
    allocated_at: '2019-06-29T07:50:54Z',
    auto_placement: 'on',
    availability_zone: 'az2.dc2',
    available_memory: 335360,
    available_vcpus: 71,
    csd_host: '6B4D83EA-8DBD-064F-863E-80A073AE259F',
    dedicated_host_id: hostId,
    host_properties: { cores: 12, host_type: 'general', memory: 335872, sockets: 2, vcpus: 72 },
    instance_total: 1,
    instance_uuids: ['18035957-0009-400a-bd76-2b43b496fe39'],
    lock: false,
    metadata: {},
    name: 'test',
    project_id: '5662d7fb3f2a4e2694d7161163a7ffa8',
    released_at: '',
    state: 'available',
    sys_tags: { sys_enterprise_project_id: '0' },
    tags: {},
  };

  test("the vendor's example reads as a host with one instance", async () => {
    await using cloud = await recordedCloud(byPath({ [`GET ${path}`]: { dedicated_host: host } }));
    expect(await cloud.account.deh.dedicatedHost(hostId)).toEqual({
      kind: 'Present',
      host: {
        id: hostId,
        name: 'test',
        state: 'available',
        availabilityZone: 'az2.dc2',
        instanceTotal: 1,
        instanceIds: ['18035957-0009-400a-bd76-2b43b496fe39'],
        availableVcpus: 71,
        autoPlacement: true,
      },
    });
  });

  test.each([
    [{ error_code: 'DEH.0404', error_msg: 'host not found' }],
    [{ itemNotFound: { message: 'host not found', code: 404 } }],
  ])('a 404 with the error %j of the service means that it is gone', async (json) => {
    await using cloud = await recordedCloud(() => ({ status: 404, json }));
    expect(await cloud.account.deh.dedicatedHost(hostId)).toEqual({ kind: 'Gone' });
  });

  test.each([
    ['of the gateway', { status: 404, json: { error_code: 'APIGW.0101', error_msg: 'The API does not exist' } }],
    ['of a proxy', { status: 404, text: '<html>Not found</html>' }],
  ])('a 404 %s proves nothing', async (_, reply) => {
    await using cloud = await recordedCloud(() => reply);
    await expect(cloud.account.deh.dedicatedHost(hostId)).rejects.toMatchObject({ class: 'NotFound' });
  });

  test('its servers are read to the last page', async () => {
    const servers = Array.from({ length: 230 }, (_, n) => ({ id: `vm-${n}`, name: `vm ${n}`, status: 'ACTIVE' }));
    await using cloud = await recordedCloud((request) => ({ json: { servers: afterMarker(servers, request) } }));
    expect(await cloud.account.deh.serversOf(hostId)).toEqual(servers);
    expect(cloud.requests.every((request) => request.path === `${path}/servers`)).toBe(true);
  });

  test('an empty host id never becomes the list of hosts', async () => {
    await using cloud = await recordedCloud(byPath({}));
    await expect(cloud.account.deh.dedicatedHost('')).rejects.toThrow(TypeError);
    expect(cloud.requests).toHaveLength(0);
  });
});

const listed = (id: string, fields: object = {}) => ({
  id,
  name: `name of ${id}`,
  status: 'ACTIVE',
  availability_zone: 'az1.dc1',
  flavor: { id: 's3.large.2' },
  ...fields,
});

describe('ECS', () => {
  // Fields and values of the vendor's example of ListServersDetails.
  const detailed = (id: string, fields: object = {}) => ({
    id,
    name: `name of ${id}`,
    status: 'ACTIVE',
    'OS-EXT-AZ:availability_zone': 'az1.dc1',
    'OS-EXT-SRV-ATTR:host': 'az1.dc1',
    'OS-EXT-SRV-ATTR:hypervisor_hostname': 'nova001@248',
    hostId: '309fc3c650ff6a1c9b20b975315f531814c3a512d8f3f5ffabb076fc',
    metadata: { charging_mode: '1', 'metering.order_id': 'CS1806151652ACIDD' },
    'os:scheduler_hints': {},
    flavor: { id: 's3.large.2' },
    created: '2018-06-15T08:52:34Z',
    tags: ['CCE-Cluster-ID=c1', 'alone', 'x=a=b'],
    ...fields,
  });
  const cloudWith = (byMarker: readonly { id: string }[], byPage: readonly { id: string }[]) =>
    recordedCloud((request) => {
      if (request.path === `/v1.1/${projectId}/cloudservers/detail`)
        return { json: { servers: afterMarker(byMarker, request) } };
      const size = Number(request.query.get('limit'));
      const from = (Number(request.query.get('offset')) - 1) * size;
      return { json: { count: byPage.length, servers: page(byPage, from, size) } };
    });

  test('both lists make one machine', async () => {
    await using cloud = await cloudWith(
      [listed(vmId, { dedicated_host_id: hostId, in_recycle_bin: true })],
      [detailed(vmId)],
    );
    expect(await cloud.account.ecs.servers('az1.dc1')).toEqual([
      {
        id: vmId,
        name: `name of ${vmId}`,
        status: 'ACTIVE',
        availabilityZone: 'az1.dc1',
        hostId: '309fc3c650ff6a1c9b20b975315f531814c3a512d8f3f5ffabb076fc',
        hypervisorHostname: 'nova001@248',
        dedicatedHostId: hostId,
        flavorId: 's3.large.2',
        tags: { 'CCE-Cluster-ID': 'c1', alone: '', x: 'a=b' },
        metadata: { charging_mode: '1', 'metering.order_id': 'CS1806151652ACIDD' },
        inRecycleBin: true,
        chargingMode: 'YearlyMonthly',
        created: new Date('2018-06-15T08:52:34Z'),
      },
    ]);
  });

  test('all enterprise projects are asked for, v1 by page number from 1, v1.1 by marker with the fields it needs', async () => {
    await using cloud = await cloudWith([listed(vmId)], [detailed(vmId)]);
    await cloud.account.ecs.servers('az1.dc1');
    expect(targets(cloud).sort()).toEqual([
      `/v1.1/${projectId}/cloudservers/detail?availability_zone_eq=az1.dc1&enterprise_project_id=all_granted_eps&expect-fields=dedicated_host_id&expect-fields=enterprise_project_id&expect-fields=market_info&expect-fields=metadata&expect-fields=tags&expect-fields=tenancy&limit=100`,
      `/v1.1/${projectId}/cloudservers/detail?availability_zone_eq=az1.dc1&enterprise_project_id=all_granted_eps&expect-fields=dedicated_host_id&expect-fields=enterprise_project_id&expect-fields=market_info&expect-fields=metadata&expect-fields=tags&expect-fields=tenancy&limit=100&marker=${vmId}`,
      `/v1/${projectId}/cloudservers/detail?enterprise_project_id=all_granted_eps&limit=1000&offset=1`,
    ]);
  });

  test('2,345 machines come whole, each once', async () => {
    const ids = Array.from({ length: 2_345 }, (_, n) => `vm-${n}`);
    await using cloud = await cloudWith(
      ids.map((id) => listed(id)),
      ids.map((id) => detailed(id)),
    );
    expect((await cloud.account.ecs.servers()).map((server) => server.id)).toEqual(ids);
  });

  test('a machine that only one list shows is there, without what only the other tells', async () => {
    await using cloud = await cloudWith([listed('only-listed')], [detailed('only-detailed')]);
    const servers = await cloud.account.ecs.servers('az1.dc1');
    expect(servers.map((server) => [server.id, server.hypervisorHostname])).toEqual([
      ['only-listed', undefined],
      ['only-detailed', 'nova001@248'],
    ]);
  });

  test('the flavor comes from v1 when v1.1 leaves it out, and a machine without any is no list', async () => {
    await using cloud = await cloudWith([listed(vmId, { flavor: undefined })], [detailed(vmId)]);
    expect(await cloud.account.ecs.servers()).toMatchObject([{ id: vmId, flavorId: 's3.large.2' }]);
    await using incomplete = await cloudWith([listed(vmId, { flavor: undefined })], []);
    await expect(incomplete.account.ecs.servers()).rejects.toMatchObject({ class: 'Unparsable' });
  });

  test('machines of other zones are left out, those without a zone yet are kept', async () => {
    const zone = 'OS-EXT-AZ:availability_zone';
    await using cloud = await cloudWith(
      [],
      [detailed('here'), detailed('there', { [zone]: 'az2' }), detailed('nowhere', { [zone]: '' })],
    );
    expect((await cloud.account.ecs.servers('az1.dc1')).map((server) => server.id)).toEqual(['here', 'nowhere']);
  });

  test('host-like fields that are empty are not known', async () => {
    await using cloud = await cloudWith(
      [listed(vmId)],
      [detailed(vmId, { hostId: '', 'OS-EXT-SRV-ATTR:hypervisor_hostname': null })],
    );
    expect(await cloud.account.ecs.servers()).toMatchObject([{ hostId: undefined, hypervisorHostname: undefined }]);
  });

  test('the scheduler hint names the dedicated host only when v1.1 lacks the machine: it is of the time it was made', async () => {
    const hinted = detailed(vmId, { 'os:scheduler_hints': { dedicated_host_id: [hostId] } });
    await using onlyHinted = await cloudWith([], [hinted]);
    expect(await onlyHinted.account.ecs.servers()).toMatchObject([{ dedicatedHostId: hostId }]);
    await using moved = await cloudWith([listed(vmId)], [hinted]);
    expect(await moved.account.ecs.servers()).toMatchObject([{ dedicatedHostId: undefined }]);
  });

  test('when one of the two lists cannot be read, there is no list', async () => {
    await using cloud = await recordedCloud(({ path }) =>
      path.startsWith('/v1.1/') ? { json: { servers: [] } } : { json: { count: 1 } },
    );
    await expect(cloud.account.ecs.servers()).rejects.toMatchObject({ class: 'Unparsable' });
  });

  test('the recycle bin is read to the last page', async () => {
    const bin = Array.from({ length: 101 }, (_, n) => ({
      id: `vm-${n}`,
      name: `vm ${n}`,
      'OS-EXT-AZ:availability_zone': 'az1.dc1',
    }));
    await using cloud = await recordedCloud((request) => ({
      json: { servers: isBin(request.path) ? afterMarker(bin, request) : [] },
    }));
    const found = await cloud.account.ecs.recycleBin();
    expect(found).toHaveLength(101);
    const unplaced = { hostId: undefined, hypervisorHostname: undefined, dedicatedHostId: undefined };
    expect(found[0]).toEqual({ id: 'vm-0', name: 'vm 0', availabilityZone: 'az1.dc1', ...unplaced });
    expect(cloud.requests.map(({ path }) => path)).toContain(`/v1/${projectId}/recycle-bin/cloudservers`);
  });
});

test('a machine of another enterprise project is in the recycle bin though its own list leaves it out', async () => {
  const own = [{ id: 'vm-1', name: 'vm 1', hostId: 'hash-1' }];
  const both = [listed('vm-1', { in_recycle_bin: true }), listed('vm-2', { in_recycle_bin: true })];
  await using cloud = await recordedCloud((request) => ({
    json: { servers: isBin(request.path) ? afterMarker(own, request) : afterMarker(both, request) },
  }));
  const found = await cloud.account.ecs.recycleBin();
  expect(found).toMatchObject([{ id: 'vm-1', hostId: 'hash-1' }, { id: 'vm-2' }]);
  const filtered = cloud.requests.find(({ path }) => !isBin(path));
  expect(filtered?.query.get('enterprise_project_id')).toBe('all_granted_eps');
});

describe('where a region has no list of the recycle bin', () => {
  const noSuchApi = { error_code: 'APIG.0101', error_msg: 'The API does not exist or has not been published.' };

  test('the list of all machines tells what is in it', async () => {
    const rows = [
      listed('vm-1', { dedicated_host_id: hostId, in_recycle_bin: true, availability_zone: 'az1.dc1' }),
      listed('vm-2', { in_recycle_bin: false }),
      listed('vm-3', { in_recycle_bin: undefined }),
    ];
    await using cloud = await recordedCloud((request) =>
      isBin(request.path) ? { status: 404, json: noSuchApi } : { json: { servers: afterMarker(rows, request) } },
    );
    const found = await cloud.account.ecs.recycleBin();
    expect(found.map(({ id }) => id)).toEqual(['vm-1', 'vm-3']);
    expect(found[0]).toMatchObject({ availabilityZone: 'az1.dc1', dedicatedHostId: hostId });
    const filtered = cloud.requests.find(({ path }) => !isBin(path));
    expect(filtered?.query.get('in_recycle_bin')).toBe('true');
  });

  test('nothing is known when that one cannot be read either', async () => {
    await using cloud = await recordedCloud(({ path }) =>
      isBin(path) ? { status: 404, json: noSuchApi } : { json: { servers: 'none' } },
    );
    await expect(cloud.account.ecs.recycleBin()).rejects.toMatchObject({ class: 'Unparsable' });
  });

  test.each([
    { status: 404, json: { error_code: 'Ecs.0114', error_msg: 'not found' } },
    { status: 404, json: {} },
    { status: 403, json: { error_code: 'APIGW.0101', error_msg: 'no' } },
  ])('any other answer is no such thing: %j', async (answer) => {
    await using cloud = await recordedCloud(({ path }) => (isBin(path) ? answer : { json: { servers: [] } }));
    await expect(cloud.account.ecs.recycleBin()).rejects.toMatchObject({ httpStatus: answer.status });
  });
});

test('what is in the recycle bin tells its host when the cloud says it', async () => {
  const row = {
    id: 'vm-1',
    name: 'vm 1',
    hostId: 'hash-1',
    'OS-EXT-SRV-ATTR:hypervisor_hostname': 'nova001@248',
    'os:scheduler_hints': { dedicated_host_id: [hostId] },
  };
  await using cloud = await recordedCloud((request) => ({
    json: { servers: isBin(request.path) ? afterMarker([row], request) : [] },
  }));
  expect(await cloud.account.ecs.recycleBin()).toEqual([
    {
      id: 'vm-1',
      name: 'vm 1',
      availabilityZone: undefined,
      hostId: 'hash-1',
      hypervisorHostname: 'nova001@248',
      dedicatedHostId: hostId,
    },
  ]);
});

describe('CCE', () => {
  const clusters = `/api/v3/projects/${projectId}/clusters`;

  const node = (n: number) => ({
    metadata: { uid: `node-${n}`, name: `node ${n}` },
    spec: { flavor: 's3', az: 'cn-north-4a', dedicatedHostId: n === 0 ? hostId : '' },
    status: n === 2 ? { phase: 'Build' } : { phase: 'Active', serverId: `vm-${n}` },
  });
  const five = Array.from({ length: 5 }, (_, n) => node(n));
  const idsOf = (nodes: readonly { uid: string }[]) => nodes.map(({ uid }) => uid);
  const nodesAfter = (marker: string | null, size: number) => {
    const from = marker === null ? 0 : five.findIndex(({ metadata }) => metadata.uid === marker) + 1;
    return page(five, from, size);
  };
  const list = (items: readonly object[], nextMarker?: string) => ({
    json: { kind: 'List', items, pageInfo: { currentCount: items.length, ...(nextMarker ? { nextMarker } : {}) } },
  });

  test('clusters and all their nodes are listed, until nothing comes after the last one', async () => {
    await using cloud = await recordedCloud(({ path, query }) => {
      if (path === clusters)
        return { json: { items: [{ metadata: { uid: 'c1', name: 'one' }, status: { phase: 'Available' } }] } };
      if (query.get('marker') === 'node-2') return list([]);
      return query.get('marker') === 'node-1' ? list([node(2)]) : list([node(0), node(1)], 'node-1');
    });
    expect(await cloud.account.cce.clusters()).toEqual([{ uid: 'c1', name: 'one', phase: 'Available' }]);
    const nodes = await cloud.account.cce.nodes('c1');
    expect(nodes.map((one) => [one.name, one.serverId, one.dedicatedHostId, one.phase])).toEqual([
      ['node 0', 'vm-0', hostId, 'Active'],
      ['node 1', 'vm-1', undefined, 'Active'],
      ['node 2', undefined, undefined, 'Build'],
    ]);
    expect(targets(cloud).slice(1)).toEqual([
      `${clusters}/c1/nodes?limit=2000`,
      `${clusters}/c1/nodes?limit=2000&marker=node-1`,
      `${clusters}/c1/nodes?limit=2000&marker=node-2`,
    ]);
  });

  test('a nextMarker that got lost does not shorten the list', async () => {
    await using cloud = await recordedCloud(({ query }) => list(nodesAfter(query.get('marker'), 2)));
    expect(idsOf(await cloud.account.cce.nodes('c1'))).toEqual(five.map(({ metadata }) => metadata.uid));
  });

  test('a page that was promised and is empty makes the list Unparsable, not shorter', async () => {
    await using cloud = await recordedCloud(({ query }) =>
      query.get('marker') === null ? list([node(0)], 'node-0') : list([]),
    );
    await expect(cloud.account.cce.nodes('c1')).rejects.toMatchObject({ class: 'Unparsable' });
  });

  test('a cluster of a service that knows no pages gives all of its nodes again, which is the end', async () => {
    await using cloud = await recordedCloud(() => ({ json: { kind: 'List', items: five } }));
    expect(idsOf(await cloud.account.cce.nodes('c1'))).toHaveLength(5);
    expect(cloud.requests).toHaveLength(2);
  });

  test('the same full page again is no end of anything', async () => {
    const full = Array.from({ length: 2_000 }, (_, n) => node(n));
    await using cloud = await recordedCloud(() => ({ json: { kind: 'List', items: full } }));
    await expect(cloud.account.cce.nodes('c1')).rejects.toThrow('an item came twice');
  });

  test('a cluster without nodes has none', async () => {
    await using cloud = await recordedCloud(() => list([]));
    expect(await cloud.account.cce.nodes('c1')).toEqual([]);
    expect(cloud.requests).toHaveLength(1);
  });

  test('a list without items is Unparsable', async () => {
    await using cloud = await recordedCloud(() => ({ json: { kind: 'List' } }));
    await expect(cloud.account.cce.clusters()).rejects.toMatchObject({ class: 'Unparsable' });
  });
});

describe('MRS', () => {
  test('every enterprise project is asked for: without one the cloud shows only the default', async () => {
    await using cloud = await recordedCloud(({ query }) => {
      const project = query.get('enterpriseProjectId') ?? 'missing';
      const cluster = { clusterId: `c-${project}`, clusterName: 'c', clusterState: 'running', azCode: 'cn-north-4a' };
      return { json: { clusterTotal: 1, clusters: [cluster] } };
    });
    const clusters = await cloud.account.mrs.clusters(['0', 'ep-2']);
    expect(clusters).toMatchObject([
      { id: 'c-0', state: 'running', availabilityZone: 'cn-north-4a', enterpriseProjectId: '0' },
      { id: 'c-ep-2', enterpriseProjectId: 'ep-2' },
    ]);
    expect(Object.fromEntries(cloud.requests[0]?.query ?? [])).toMatchObject({
      clusterState: 'existing',
      pageSize: '100',
      currentPage: '1',
    });
    await expect(cloud.account.mrs.clusters([])).rejects.toThrow(TypeError);
  });

  test('an empty zone is none that is known', async () => {
    const cluster = { clusterId: 'c', clusterName: 'c', clusterState: 'running', azCode: '' };
    await using cloud = await recordedCloud(() => ({ json: { clusterTotal: 1, clusters: [cluster] } }));
    expect(await cloud.account.mrs.clusters(['0'])).toMatchObject([{ availabilityZone: undefined }]);
  });

  const nodes = Array.from({ length: 250 }, (_, n) => ({
    node_name: `n${n}`,
    server_info: { server_id: `vm-${n}`, server_type: 'ECS' },
  }));

  test.each([
    ['pages', (offset: number) => page(nodes, (offset - 1) * 100, 100)],
    ['records', (offset: number) => page(nodes, offset - 1, 100)],
  ])('all nodes come when offset counts %s, which nobody documents', async (_, answer) => {
    await using cloud = await recordedCloud(({ query }) => ({
      json: { node_total: nodes.length, nodes: answer(Number(query.get('offset'))) },
    }));
    const found = await cloud.account.mrs.nodes('c1');
    expect(found).toHaveLength(250);
    expect(found[249]).toEqual({ serverId: 'vm-249', serverType: 'ECS', name: 'n249' });
    expect(cloud.requests.length).toBeLessThanOrEqual(5);
  });
});

test('RDS: instances give their zones and nothing that ties them to a server', async () => {
  const instance = (n: number) => ({
    id: `rds-${n}`,
    name: `db ${n}`,
    status: n === 0 ? 'FROZEN' : 'ACTIVE',
    nodes: [
      { id: 'n1', name: 'n1', role: 'master', status: 'ACTIVE', availability_zone: 'cn-north-4b' },
      { id: 'n2', name: 'n2', role: 'slave', status: 'ACTIVE', availability_zone: 'cn-north-4a' },
      { id: 'n3', name: 'n3', role: 'slave', status: 'ACTIVE', availability_zone: 'cn-north-4a' },
    ],
    charge_info: { charge_mode: 'postPaid' },
    created: '2018-08-20T02:33:49+0800',
  });
  const instances = Array.from({ length: 150 }, (_, n) => instance(n));
  await using cloud = await recordedCloud(({ query }) => {
    const found = page(instances, Number(query.get('offset')), Number(query.get('limit')));
    return { json: { instances: found, total_count: instances.length } };
  });
  const found = await cloud.account.rds.instances();
  expect(found).toHaveLength(150);
  expect(found[0]).toEqual({
    id: 'rds-0',
    name: 'db 0',
    status: 'FROZEN',
    availabilityZones: ['cn-north-4a', 'cn-north-4a', 'cn-north-4b'],
    chargeMode: 'postPaid',
  });
  expect(targets(cloud)).toEqual([
    `/v3/${projectId}/instances?limit=100&offset=0`,
    `/v3/${projectId}/instances?limit=100&offset=100`,
  ]);
});

describe('CBR', () => {
  const backups = `GET /v3/${projectId}/backups`;
  // The vendor's example, shortened.
  const backup = {
    id: 'b1c4afd9-e7a6-4888-9010-c2bac3aa7910',
    status: 'available',
    resource_id: vmId,
    resource_type: 'OS::Nova::Server',
    created_at: '2020-02-21T07:00:54.065135',
    expired_at: '2020-05-21T07:00:54.060493',
    checkpoint_id: '1fced58b-2a31-4851-bcbb-96216f83ce99',
    vault_id: 'cca85ea5-00a4-418d-9222-bd83985bc515',
    image_type: 'backup',
    extend_info: { auto_trigger: true, supported_restore_mode: 'backup', contain_system_disk: true },
  };

  test("the vendor's example reads as a restorable backup, its times as UTC", async () => {
    await using cloud = await recordedCloud(
      byPath({ [backups]: { backups: [backup], count: 1, offset: 0, limit: 10 } }),
    );
    expect(await cloud.account.cbr.backupsOf(vmId)).toEqual([
      {
        id: backup.id,
        resourceId: vmId,
        status: 'available',
        createdAt: new Date('2020-02-21T07:00:54.065Z'),
        expiredAt: new Date('2020-05-21T07:00:54.060Z'),
        restoreMode: 'backup',
        imageType: 'backup',
        vaultId: backup.vault_id,
        checkpointId: backup.checkpoint_id,
      },
    ]);
    expect(Object.fromEntries(cloud.requests[0]?.query ?? [])).toEqual({
      resource_id: vmId,
      resource_type: 'OS::Nova::Server',
      status: 'available',
      sort: 'created_at:desc',
      limit: '10',
      enterprise_project_id: 'all_granted_eps',
    });
  });

  test('all available backups of the project come whole, of whichever machine', async () => {
    const all = Array.from({ length: 2_100 }, (_, n) => ({ ...backup, id: `b-${n}`, resource_id: `vm-${n % 7}` }));
    await using cloud = await recordedCloud(({ query }) => {
      const found = page(all, Number(query.get('offset')), Number(query.get('limit')));
      return { json: { backups: found, count: all.length } };
    });
    const found = await cloud.account.cbr.availableBackups();
    expect(found.map((one) => one.id)).toEqual(all.map((one) => one.id));
    expect(cloud.requests).toHaveLength(3);
    expect(cloud.requests[0]?.query.get('status')).toBe('available');
    expect(cloud.requests[0]?.query.get('resource_id')).toBeNull();
  });

  test('a backup that never expires has no end', async () => {
    await using cloud = await recordedCloud(
      byPath({ [backups]: { backups: [{ ...backup, expired_at: null }], count: 1 } }),
    );
    expect(await cloud.account.cbr.backupsOf(vmId)).toMatchObject([{ expiredAt: undefined }]);
  });

  test("another machine's backup is no evidence: the filter was ignored", async () => {
    await using cloud = await recordedCloud(
      byPath({ [backups]: { backups: [{ ...backup, resource_id: 'other' }], count: 1 } }),
    );
    await expect(cloud.account.cbr.backupsOf(vmId)).rejects.toMatchObject({ class: 'Unparsable' });
  });

  test.each(['created_at', 'status', 'image_type'])('a backup without %s is Unparsable', async (field) => {
    const incomplete = { ...backup, [field]: undefined };
    await using cloud = await recordedCloud(byPath({ [backups]: { backups: [incomplete], count: 1 } }));
    await expect(cloud.account.cbr.backupsOf(vmId)).rejects.toMatchObject({ class: 'Unparsable' });
  });

  test('an empty machine id, or none, would ask for everything and is refused', async () => {
    await using cloud = await recordedCloud(byPath({}));
    await expect(cloud.account.cbr.backupsOf('')).rejects.toThrow(TypeError);
    expect(cloud.requests).toHaveLength(0);
  });

  test('all vaults for machines come whole, whatever they protect them with', async () => {
    const all = Array.from({ length: 1_200 }, (_, n) => ({
      id: `v${n}`,
      name: 'vault',
      billing: { status: 'frozen', frozen_scene: 'ARREAR', charging_mode: 'post_paid' },
      resources: [{ id: vmId, type: 'OS::Nova::Server' }],
    }));
    await using cloud = await recordedCloud(({ query }) => {
      const found = page(all, Number(query.get('offset')), Number(query.get('limit')));
      return { json: { vaults: found, count: all.length } };
    });
    const found = await cloud.account.cbr.vaults();
    expect(found).toHaveLength(1_200);
    expect(found[0]).toEqual({
      id: 'v0',
      name: 'vault',
      status: 'frozen',
      frozenScene: 'ARREAR',
      resourceIds: [vmId],
    });
    expect(targets(cloud)).toEqual(
      [0, 1_000].map(
        (offset) =>
          `/v3/${projectId}/vaults?enterprise_project_id=all_granted_eps&limit=1000&object_type=server&offset=${offset}`,
      ),
    );
  });

  test('a checkpoint names the machines that it skipped', async () => {
    const checkpoint = {
      id: 'cp1',
      status: 'available',
      vault: {
        id: 'v1',
        name: 'vault',
        resources: [],
        skipped_resources: [{ id: vmId, type: 'OS::Nova::Server', code: 'X', reason: 'busy' }],
      },
    };
    await using cloud = await recordedCloud(byPath({ [`GET /v3/${projectId}/checkpoints/cp1`]: { checkpoint } }));
    expect(await cloud.account.cbr.checkpoint('cp1')).toEqual({
      id: 'cp1',
      status: 'available',
      skippedResources: [{ id: vmId, reason: 'busy' }],
    });
  });
});
