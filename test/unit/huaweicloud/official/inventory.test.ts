import { expect, test } from 'vitest';
import type { Fields } from '../../../huaweicloud/official-python/client.ts';
import { seeded } from '../../../huaweicloud/seed.ts';
import type { VirtualMachine } from '../../../huaweicloud/world/virtual-machines.ts';
import type { World } from '../../../huaweicloud/world/world.ts';
import { full, fullWorld, machinesIn, wholeSeconds } from '../full-world.ts';
import { officialClients } from './clients.ts';
import { byMarker, byOffset, inside, rowsOf, textsIn, twoViews } from './two-views.ts';

const clients = officialClients();

const views = () => twoViews(clients(), fullWorld());
const byId = <Row extends { id?: unknown }>(rows: readonly Row[]) =>
  rows.toSorted((one, other) => (String(one.id) < String(other.id) ? -1 : 1));
const orNothing = (value: unknown) => (value === null || value === '' ? undefined : value);
const date = (text: unknown) => new Date(String(text));

test('the project and the account', async () => {
  const { official, ours } = await views();
  const projects = rowsOf(await official('iam.KeystoneListProjects', { name: seeded.region }), 'projects');
  expect(projects).toMatchObject([{ id: seeded.projectId, name: seeded.region, enabled: true }]);
  expect(await ours.iam.projectOfRegion(seeded.region)).toBe(projects[0]?.['id']);
  const domains = rowsOf(await official('iam.KeystoneListAuthDomains'), 'domains');
  expect(domains).toMatchObject([{ id: seeded.domainId, enabled: true }]);
  expect(await ours.iam.domain()).toEqual({ id: domains[0]?.['id'], enabled: domains[0]?.['enabled'] });
  expect(await official('sts.GetCallerIdentity')).toMatchObject({ account_id: seeded.domainId });
});

test('DCC: pools', async () => {
  const { official, ours, world } = await views();
  const pools = rowsOf(await official('dcc.ShowResourceClusters', { service_type: 'ecs' }), 'dedicated_cluster');
  const seen = pools.map((pool) => ({
    availabilityZone: pool['availability_zone'],
    hostTotal: pool['host_total'],
    hostType: pool['host_type'],
    instanceTotal: pool['instance_total'],
    vcpusUsed: pool['vcpus_used'],
    memoryUsedMb: pool['memory_mb_used'],
    flavors: pool['flavors'],
  }));
  expect(await ours.dcc.resourceClusters()).toEqual(seen);
  const onHost03 = { availabilityZone: 'cn-north-4b', hostType: 'c6', hostTotal: 1, instanceTotal: 1 };
  expect(seen).toMatchObject([{ hostType: 's3', hostTotal: 2, flavors: ['s3.large.2'] }, onHost03]);
  expect(seen).toHaveLength(world.pools.length);
});

test('DeH: a host, and its machines on three pages', async () => {
  const { official, officialRows, ours, world } = await views();
  const id = full.dedicatedHost;
  const host = inside(await official('deh.ShowDedicatedHost', { dedicated_host_id: id }), 'dedicated_host');
  expect(await ours.deh.dedicatedHost(id)).toEqual({
    kind: 'Present',
    host: {
      id: host['dedicated_host_id'],
      name: host['name'],
      state: host['state'],
      availabilityZone: host['availability_zone'],
      instanceTotal: host['instance_total'],
      instanceIds: host['instance_uuids'],
      availableVcpus: host['available_vcpus'],
      autoPlacement: host['auto_placement'] === 'on',
    },
  });
  const there = world.virtualMachines.filter((machine) => machine.serverId === id);
  const occupying = there.map((machine) => machine.id);
  expect(host).toMatchObject({
    instance_total: 6,
    instance_uuids: occupying,
    state: 'available',
    auto_placement: 'off',
  });
  const input = { dedicated_host_id: id, limit: 2 };
  const rows = await officialRows('deh.ListServersDedicatedHost', 'servers', input, byMarker);
  const seen = rows.map((row) => ({ id: row['id'], name: row['name'], status: row['status'] }));
  expect(await ours.deh.serversOf(id)).toEqual(seen);
  const listed = there.filter((machine) => machine.listedByEcs && machine.recycleBin === null);
  expect(seen).toEqual(listed.map(({ id, name, status }) => ({ id, name, status })));
});

/** A machine of the world as our client shows it. */
function asOurs(world: World, machine: VirtualMachine) {
  const host = world.servers.find((server) => server.resourceId === machine.serverId);
  return {
    id: machine.id,
    name: machine.name,
    status: machine.status,
    availabilityZone: machine.availabilityZone,
    hostId: host?.hostId,
    hypervisorHostname: host?.hypervisorHostname,
    dedicatedHostId: host?.hostType === 'DeH' ? host.resourceId : undefined,
    flavorId: machine.flavor.id,
    tags: keyValues(machine.tags),
    metadata: {
      charging_mode: machine.chargingMode,
      ...(machine.frozen ? { EcmResStatus: 'freeze' } : {}),
      ...machine.metadata,
    },
    inRecycleBin: false,
    chargingMode: ({ '0': 'PayPerUse', '1': 'YearlyMonthly', '2': 'Spot' } as const)[machine.chargingMode],
    created: wholeSeconds(machine.createdAt),
    enterpriseProjectId: machine.enterpriseProjectId,
  };
}

const keyValues = (tags: readonly string[]) =>
  Object.fromEntries(tags.map((tag) => [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)]));

const listedFields = {
  enterprise_project_id: 'all_granted_eps',
  expect_fields: ['tenancy', 'dedicated_host_id', 'metadata', 'tags', 'market_info', 'enterprise_project_id'],
};

/** What both lists of machines have under the same names. */
const common = (row: Fields) => ({
  id: row['id'],
  name: row['name'],
  status: row['status'],
  tags: keyValues(textsIn(row, 'tags')),
  metadata: row['metadata'],
  created: date(row['created']),
  enterpriseProjectId: row['enterprise_project_id'],
});

test('ECS: the machines, by marker from v1.1 and by page number from v1', async () => {
  const { officialRows, ours, world } = await views();
  const machines = await ours.ecs.servers();
  const expected = machinesIn(world, { recycled: false }).map((machine) => asOurs(world, machine));
  expect(byId(machines)).toEqual(byId(expected));

  const listed = await officialRows('ecs.ListCloudServers', 'servers', { ...listedFields, limit: 2 }, byMarker);
  const marked = listed.map((row) => ({
    ...common(row),
    availabilityZone: row['availability_zone'],
    dedicatedHostId: orNothing(row['dedicated_host_id']),
    inRecycleBin: row['in_recycle_bin'],
  }));
  expect(expected).toMatchObject(marked);
  expect(marked.map((row) => row.dedicatedHostId)).toEqual(expected.map((machine) => machine.dedicatedHostId));

  const input = { enterprise_project_id: 'all_granted_eps', limit: 2 };
  const pages = await officialRows('ecs.ListServersDetails', 'servers', input, ({ answer, collected }) =>
    collected < Number(answer['count']) ? { offset: collected / 2 + 1 } : undefined,
  );
  const numbered = pages.map((row) => ({
    ...common(row),
    hostId: orNothing(row['host_id']),
    hypervisorHostname: orNothing(row['os_ext_srv_att_rhypervisor_hostname']),
    availabilityZone: row['os_ext_a_zavailability_zone'],
    flavorId: inside(row, 'flavor')['id'],
    dedicatedHostId: textsIn(inside(row, 'osscheduler_hints'), 'dedicated_host_id')[0],
  }));
  expect(expected).toMatchObject(numbered);
  expect(numbered).toHaveLength(expected.length);
});

test('ECS: one zone only, as the official client filters it', async () => {
  const { officialRows, ours } = await views();
  const input = { ...listedFields, availability_zone_eq: 'cn-north-4b' };
  const listed = await officialRows('ecs.ListCloudServers', 'servers', input, byMarker);
  expect(listed.map((row) => row['name'])).toEqual(['web-04']);
  expect((await ours.ecs.servers('cn-north-4b')).map((machine) => machine.name)).toEqual(['web-04']);
});

test('ECS: the recycle bin, from its own list and from the filter of v1.1', async () => {
  const { officialRows, ours, world } = await views();
  const expected = machinesIn(world, { recycled: true }).map((machine) => {
    const { id, name, availabilityZone, hostId, hypervisorHostname, dedicatedHostId } = asOurs(world, machine);
    return { id, name, availabilityZone, hostId, hypervisorHostname, dedicatedHostId };
  });
  expect(byId(await ours.ecs.recycleBin())).toEqual(byId(expected));
  const own = await officialRows('ecs.ListRecycleBinServers', 'servers', { limit: 2 }, byMarker);
  const seen = own.map((row) => ({
    id: row['id'],
    name: row['name'],
    availabilityZone: row['os_ext_a_zavailability_zone'],
    hostId: row['host_id'],
    hypervisorHostname: row['os_ext_srv_att_rhypervisor_hostname'],
    dedicatedHostId: textsIn(inside(row, 'osscheduler_hints'), 'dedicated_host_id')[0],
  }));
  expect(seen).toEqual(expected);
  const filter = { ...listedFields, in_recycle_bin: true, limit: 2 };
  const filtered = await officialRows('ecs.ListCloudServers', 'servers', filter, byMarker);
  expect(filtered.map((row) => [row['id'], row['in_recycle_bin']])).toEqual(expected.map(({ id }) => [id, true]));
});

test('CCE: clusters and nodes, by the marker that the page tells', async () => {
  const { official, officialRows, ours, world } = await views();
  const clusters = rowsOf(await official('cce.ListClusters'), 'items').map((row) => ({
    uid: inside(row, 'metadata')['uid'],
    name: inside(row, 'metadata')['name'],
    phase: inside(row, 'status')['phase'],
  }));
  expect(await ours.cce.clusters()).toEqual(clusters);
  expect(clusters).toEqual(world.cceClusters.map(({ uid, name, phase }) => ({ uid, name, phase })));
  const uid = String(clusters[0]?.uid);
  const rows = await officialRows('cce.ListNodes', 'items', { cluster_id: uid, limit: 2 }, ({ answer }) => {
    const marker = inside(answer, 'page_info')['next_marker'];
    return marker === null ? undefined : { marker };
  });
  const seen = rows.map((row) => ({
    uid: inside(row, 'metadata')['uid'],
    name: inside(row, 'metadata')['name'],
    serverId: inside(row, 'status')['server_id'],
    availabilityZone: inside(row, 'spec')['az'],
    dedicatedHostId: orNothing(inside(row, 'spec')['dedicated_host_id']),
    phase: inside(row, 'status')['phase'],
  }));
  expect(await ours.cce.nodes(uid)).toEqual(seen);
  const nodes = world.cceClusters[0]?.nodes ?? [];
  expect(seen.map((node) => [node.name, node.serverId])).toEqual(nodes.map((node) => [node.name, node.vmId]));
  expect(seen.map((node) => node.dedicatedHostId)).toEqual([undefined, full.dedicatedHost, undefined]);
});

test('MRS: clusters of one enterprise project after the other, and nodes', async () => {
  const { officialRows, ours, world } = await views();
  const lists = full.enterpriseProjects.map((enterprise_project_id) => {
    const input = { cluster_state: 'existing', page_size: '2', enterprise_project_id };
    return officialRows('mrs.ListClusters', 'clusters', input, ({ answer, collected }) =>
      collected < Number(answer['cluster_total']) ? { current_page: String(collected / 2 + 1) } : undefined,
    );
  });
  const seen = (await Promise.all(lists)).flat().map((row) => ({
    id: row['cluster_id'],
    name: row['cluster_name'],
    state: row['cluster_state'],
    availabilityZone: row['az_code'],
    enterpriseProjectId: row['enterprise_project_id'],
  }));
  expect(await ours.mrs.clusters(full.enterpriseProjects)).toEqual(seen);
  expect(byId(seen).map(({ id }) => id)).toEqual(world.mrsClusters.map(({ id }) => id));
  const [cluster] = world.mrsClusters;
  const input = { cluster_id: cluster?.id, limit: 2 };
  const rows = await officialRows('mrs.ListNodes', 'nodes', input, ({ answer, collected }) =>
    collected < Number(answer['node_total']) ? { offset: collected / 2 + 1 } : undefined,
  );
  const nodes = rows.map((row) => ({
    serverId: inside(row, 'server_info')['server_id'],
    serverType: inside(row, 'server_info')['server_type'],
    name: row['node_name'],
  }));
  expect(await ours.mrs.nodes(cluster?.id ?? '')).toEqual(nodes);
  expect(nodes.map(({ serverId }) => serverId)).toEqual(cluster?.nodes.map(({ vmId }) => vmId));
});

test('RDS: instances, their states and zones', async () => {
  const { officialRows, ours, world } = await views();
  const rows = await officialRows('rds.ListInstances', 'instances', { limit: 2 }, byOffset('total_count'));
  const seen = rows.map((row) => ({
    id: row['id'],
    name: row['name'],
    status: row['status'],
    availabilityZones: rowsOf(row, 'nodes').map((node) => node['availability_zone']),
    chargeMode: inside(row, 'charge_info')['charge_mode'],
  }));
  expect(await ours.rds.instances()).toEqual(seen);
  expect(seen).toMatchObject(
    world.rdsInstances.map(({ id, name, status, chargeMode }) => ({ id, name, status, chargeMode })),
  );
});

test('CBR: backups, whose times without a zone the official client reads as UTC too', async () => {
  const { officialRows, ours, world } = await views();
  const filter = {
    resource_type: 'OS::Nova::Server',
    status: 'available',
    sort: 'created_at:desc',
    enterprise_project_id: 'all_granted_eps',
    limit: 2,
  };
  const rows = await officialRows('cbr.ListBackups', 'backups', filter, byOffset('count'));
  const seen = rows.map((row) => ({
    id: row['id'],
    resourceId: row['resource_id'],
    status: row['status'],
    createdAt: date(row['created_at']),
    expiredAt: row['expired_at'] === null ? undefined : date(row['expired_at']),
    restoreMode: inside(row, 'extend_info')['supported_restore_mode'],
    imageType: row['image_type'],
    vaultId: row['vault_id'],
    checkpointId: row['checkpoint_id'],
  }));
  expect(await ours.cbr.availableBackups()).toEqual(seen);
  const available = world.backups.filter(({ status }) => status === 'available');
  expect(seen.map(({ createdAt }) => createdAt)).toEqual(available.map((backup) => new Date(backup.createdAt)));
  expect(seen.map(({ imageType, restoreMode }) => [imageType, restoreMode])).toEqual(
    available.map(({ imageType, restoreMode }) => [imageType, restoreMode]),
  );

  const vmId = String(seen[0]?.resourceId);
  const ofOne = await officialRows('cbr.ListBackups', 'backups', { ...filter, resource_id: vmId, limit: 1 }, byMarker);
  expect(ofOne).toHaveLength(2);
  expect((await ours.cbr.backupsOf(vmId)).map(({ id }) => id)).toEqual(ofOne.map((row) => row['id']));
});

test('CBR: vaults, and a checkpoint with what it skipped', async () => {
  const { official, officialRows, ours, world } = await views();
  const input = { object_type: 'server', enterprise_project_id: 'all_granted_eps', limit: 2 };
  const rows = await officialRows('cbr.ListVault', 'vaults', input, byOffset('count'));
  const seen = rows.map((row) => ({
    id: row['id'],
    name: row['name'],
    status: inside(row, 'billing')['status'],
    frozenScene: inside(row, 'billing')['frozen_scene'],
    resourceIds: rowsOf(row, 'resources').map((resource) => resource['id']),
  }));
  expect(await ours.cbr.vaults()).toEqual(seen);
  expect(seen.map(({ status, resourceIds }) => [status, resourceIds])).toEqual(
    world.vaults.map(({ billingStatus, resourceIds }) => [billingStatus, resourceIds]),
  );
  const id = world.checkpoints[0]?.id ?? '';
  const checkpoint = inside(await official('cbr.ShowCheckpoint', { checkpoint_id: id }), 'checkpoint');
  const skipped = rowsOf(inside(checkpoint, 'vault'), 'skipped_resources');
  expect(await ours.cbr.checkpoint(id)).toEqual({
    id: checkpoint['id'],
    status: checkpoint['status'],
    skippedResources: skipped.map((row) => ({ id: row['id'], reason: row['reason'] })),
  });
  expect(skipped).toMatchObject(world.checkpoints[0]?.skipped ?? []);
});
