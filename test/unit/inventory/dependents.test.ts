import { describe, expect, test } from 'vitest';
import type { DCCServerSpec } from '../../../operator/api/dccserver.ts';
import type { DCCServer } from '../../../operator/api/objects.ts';
import type { CloudServer, RecycledServer } from '../../../operator/huaweicloud/ecs.ts';
import { dependentsOf } from '../../../operator/inventory/dependents.ts';
import type { Dependents, Subscription } from '../../../operator/inventory/observation.ts';
import type { ProjectInventory } from '../../../operator/inventory/project.ts';
import { aDepartedMachine, aSeenMachine, aServer, machinesSeen, resourceIdOf } from '../../builders/dccserver.ts';
import { aSubscription, backedUp, read, unreadable } from '../../builders/observation.ts';
import {
  aCceNode,
  aCloudServer,
  aDatabase,
  aHost,
  anMrsNode,
  aPool,
  aProject,
  aRecycledServer,
} from '../../builders/project.ts';

const found = (server: DCCServer, changes: Partial<ProjectInventory>): Dependents => {
  const reading = dependentsOf(server, aProject(changes), () => backedUp);
  if (reading.kind === 'Unreadable') throw new Error(reading.failure.message);
  return reading.value;
};
const named = ({ machines }: Dependents) => machines.map(({ name, service, status }) => `${name} ${service} ${status}`);
const placed = ({ machines }: Dependents) =>
  Object.fromEntries(machines.map((machine) => [machine.name, machine.placed]));
const mapped = (virtualMachines: DCCServerSpec['virtualMachines'] = { hypervisorHostnames: ['host-1'] }) =>
  aServer('server-1', { spec: { virtualMachines } });
const listed = (...machines: CloudServer[]) => ({ machines: read(machines) });
/** Which of these machines are alive on another server. */
const elsewhere = ({ aliveElsewhere }: Dependents, ...names: string[]) =>
  names.filter((name) => aliveElsewhere.has(`id-of-${name}`));

describe('on a server of a cluster', () => {
  test('an empty project has nothing', () => {
    expect(found(aServer(), {})).toMatchObject({ basis: 'WholeZone', mismatch: undefined, machines: [] });
  });

  describe('without a mapping', () => {
    test('counts every machine of the zone that the pool can run, sorted, with its backup', () => {
      const project = listed(
        aCloudServer('b', { hypervisorHostname: 'host-9' }),
        aCloudServer('a', { status: 'SHUTOFF' }),
      );
      const { basis, machines } = found(aServer(), project);
      expect(basis).toBe('WholeZone');
      expect(machines).toEqual([
        { id: 'id-of-a', name: 'a', service: 'ECS', status: 'SHUTOFF', placed: 'MaybeHere', backup: backedUp },
        { id: 'id-of-b', name: 'b', service: 'ECS', status: 'ACTIVE', placed: 'MaybeHere', backup: backedUp },
      ]);
    });

    test('counts a machine that the cloud has not placed yet', () => {
      expect(named(found(aServer(), listed(aCloudServer('a', { availabilityZone: '', status: 'BUILD' }))))).toEqual([
        'a ECS BUILD',
      ]);
    });

    test('counts machines of every flavor when the pool names none', () => {
      const project = {
        ...listed(aCloudServer('a', { flavorId: 'new.large' })),
        pools: read([aPool({ flavors: [] })]),
      };
      expect(named(found(aServer(), project))).toEqual(['a ECS ACTIVE']);
    });

    test('does not count machines of other zones, other flavors, or on a dedicated host; they are alive elsewhere', () => {
      const project = listed(
        aCloudServer('zone', { availabilityZone: 'cn-north-4b' }),
        aCloudServer('flavor', { flavorId: 'c7.large.2' }),
        aCloudServer('host', { dedicatedHostId: 'deh-1' }),
      );
      const dependents = found(aServer(), project);
      expect(dependents.machines).toEqual([]);
      expect(elsewhere(dependents, 'zone', 'flavor', 'host', 'unheard-of')).toEqual(['zone', 'flavor', 'host']);
    });
  });

  describe('with a mapping', () => {
    const onHost2 = { hypervisorHostname: 'host-2', hostId: 'hash-2' };

    test('counts the machines on its hosts, by name or by hash, of whatever flavor', () => {
      const project = listed(
        aCloudServer('name', { hostId: undefined }),
        aCloudServer('hash', { hypervisorHostname: undefined, hostId: 'hash-7', flavorId: 'c7.large.2' }),
        aCloudServer('other', onHost2),
      );
      const server = mapped({ hypervisorHostnames: ['host-1'], hostIds: ['hash-7'] });
      const dependents = found(server, project);
      expect(named(dependents)).toEqual(['hash ECS ACTIVE', 'name ECS ACTIVE']);
      expect(dependents.basis).toBe('Mapping');
      expect(elsewhere(dependents, 'name', 'hash', 'other')).toEqual(['other']);
    });

    test('says of each machine whether the cloud tells that it is here', () => {
      const project = {
        ...listed(
          aCloudServer('here', { hostId: undefined }),
          aCloudServer('untold', { hypervisorHostname: undefined, hostId: undefined }),
        ),
        cceNodes: read([aCceNode('node')]),
        mrsNodes: read([anMrsNode('task')]),
        rdsInstances: read([aDatabase('db')]),
      };
      expect(placed(found(mapped(), project))).toEqual({
        here: 'Here',
        ...{ untold: 'MaybeHere', node: 'MaybeHere', task: 'MaybeHere', db: 'MaybeHere' },
      });
      expect(placed(found(mapped({ hostIds: ['hash-1'] }), listed(aCloudServer('here'))))).toEqual({ here: 'Here' });
    });

    test('counts a machine whose host the cloud does not tell', () => {
      const untold = aCloudServer('a', { hypervisorHostname: undefined, hostId: undefined });
      expect(named(found(mapped(), listed(untold)))).toEqual(['a ECS ACTIVE']);
    });

    test('counts a machine of which the cloud tells only what the mapping does not go by', () => {
      const byName = aCloudServer('a', { hypervisorHostname: 'host-2', hostId: undefined });
      const byId = aCloudServer('a', { hypervisorHostname: undefined, hostId: 'hash-2' });
      expect(named(found(mapped({ hostIds: ['hash-1'] }), listed(byName)))).toEqual(['a ECS ACTIVE']);
      expect(named(found(mapped({ hypervisorHostnames: ['host-1'] }), listed(byId)))).toEqual(['a ECS ACTIVE']);
      expect(named(found(mapped({ hostIds: ['hash-1'] }), listed(byId)))).toEqual([]);
      expect(named(found(mapped({ hypervisorHostnames: ['host-1'] }), listed(byName)))).toEqual([]);
      const both = mapped({ hypervisorHostnames: ['host-1'], hostIds: ['hash-1'] });
      expect(named(found(both, listed(byName)))).toEqual(['a ECS ACTIVE']);
    });

    test('counts what it names also when that is said to be in another zone or was made for a dedicated host', () => {
      const project = listed(
        aCloudServer('zone', { availabilityZone: 'cn-north-4b' }),
        aCloudServer('host', { dedicatedHostId: 'deh-1' }),
      );
      expect(named(found(mapped(), project))).toEqual(['host ECS ACTIVE', 'zone ECS ACTIVE']);
    });

    test('is none when both of its lists are empty', () => {
      expect(found(mapped({ hypervisorHostnames: [], hostIds: [] }), listed(aCloudServer('a', onHost2)))).toMatchObject(
        {
          basis: 'WholeZone',
          machines: [{ name: 'a' }],
        },
      );
    });
  });

  describe('counts what is in the recycle bin', () => {
    const otherZone = { availabilityZone: 'cn-north-4b' };
    const bin = (...entries: RecycledServer[]) => ({ recycleBin: read(entries) });

    test('when nothing tells that it was elsewhere', () => {
      const project = bin(
        aRecycledServer('a'),
        aRecycledServer('zone', otherZone),
        aRecycledServer('unsaid', { availabilityZone: undefined }),
      );
      expect(named(found(mapped(), project))).toEqual(['a ECS InRecycleBin', 'unsaid ECS InRecycleBin']);
    });

    test('unless ECS or the bin itself tells of another host', () => {
      const away = aCloudServer('listed', { hypervisorHostname: 'host-2', hostId: 'hash-2' });
      const project = {
        ...listed(away),
        ...bin(
          aRecycledServer('listed'),
          aRecycledServer('other', { hypervisorHostname: 'host-2' }),
          aRecycledServer('host', { dedicatedHostId: 'deh-1' }),
          aRecycledServer('id', { hostId: 'hash-1' }),
        ),
      };
      expect(named(found(mapped(), project))).toEqual(['id ECS InRecycleBin']);
      expect(named(found(aServer(), bin(aRecycledServer('host', { dedicatedHostId: 'deh-1' }))))).toEqual([]);
    });

    test('when it tells a host of the mapping, or was once seen here, whatever its zone', () => {
      const here = bin(aRecycledServer('a', { ...otherZone, hypervisorHostname: 'host-1' }));
      expect(named(found(mapped(), here))).toEqual(['a ECS InRecycleBin']);
      const zone = bin(aRecycledServer('a', otherZone));
      const seen = { virtualMachines: machinesSeen(aSeenMachine('a')) };
      const departed = { departed: [aDepartedMachine('a')] };
      expect(named(found(aServer('server-1', { status: seen }), zone))).toEqual(['a ECS InRecycleBin']);
      expect(named(found(aServer('server-1', { status: departed }), zone))).toEqual(['a ECS InRecycleBin']);
      expect(named(found(aServer(), zone))).toEqual([]);
    });
  });

  test('a machine that ECS itself marks as recycled is in the recycle bin, and not alive elsewhere', () => {
    const recycled = aCloudServer('a', { inRecycleBin: true });
    expect(named(found(aServer(), listed(recycled)))).toEqual(['a ECS InRecycleBin']);
    const inOtherZone = aCloudServer('a', { inRecycleBin: true, availabilityZone: 'cn-north-4b' });
    expect(elsewhere(found(aServer(), listed(inOtherZone)), 'a')).toEqual([]);
  });

  test('tells which service made a machine', () => {
    const project = {
      ...listed(
        aCloudServer('node'),
        aCloudServer('tagged', { tags: { 'CCE-Cluster-ID': 'x' } }),
        aCloudServer('task'),
        aCloudServer('web'),
      ),
      cceNodes: read([aCceNode('node')]),
      mrsNodes: read([anMrsNode('task')]),
    };
    expect(named(found(aServer(), project))).toEqual([
      'node CCE ACTIVE',
      'tagged CCE ACTIVE',
      'task MRS ACTIVE',
      'web ECS ACTIVE',
    ]);
  });

  test('counts nodes and databases of the zone that ECS does not list', () => {
    const project = {
      cceNodes: read([aCceNode('node'), aCceNode('young', { serverId: undefined, phase: undefined }), away('node-2')]),
      mrsNodes: read([anMrsNode('task', { name: undefined }), anMrsNode('t2', { availabilityZone: 'cn-north-4b' })]),
      rdsInstances: read([
        aDatabase('db'),
        aDatabase('db-2', { availabilityZones: ['cn-north-4b'] }),
        aDatabase('db-3', { availabilityZones: [], status: 'BUILD' }),
      ]),
    };
    const { machines } = found(aServer(), project);
    expect(machines.map(({ id, service, status }) => `${id} ${service} ${status}`).sort()).toEqual([
      'id-of-db RDS ACTIVE',
      'id-of-db-3 RDS BUILD',
      'id-of-node CCE Active',
      'id-of-task MRS Unknown',
      'uid-of-young CCE Unknown',
    ]);
  });

  test('does not count twice what several sources show', () => {
    const project = {
      ...listed(aCloudServer('a', { inRecycleBin: true })),
      recycleBin: read([aRecycledServer('a')]),
      cceNodes: read([aCceNode('a')]),
    };
    expect(named(found(aServer(), project))).toEqual(['a CCE InRecycleBin']);
  });

  test('does not count what a person excluded', () => {
    const server = mapped({ exclude: [{ id: 'id-of-db', service: 'RDS', reason: 'It runs in another zone.' }] });
    expect(named(found(server, { rdsInstances: read([aDatabase('db')]) }))).toEqual([]);
  });

  test('says when the pool counts more instances than are listed', () => {
    const counting = (instanceTotal: number) => ({
      ...listed(aCloudServer('a')),
      pools: read([aPool({ instanceTotal })]),
    });
    expect(found(aServer(), counting(2)).mismatch).toEqual({
      source: 'The DCC pool',
      counted: 2,
      listed: 1,
      excluded: 0,
    });
    expect(found(aServer(), counting(1)).mismatch).toBeUndefined();
  });

  test('takes what a person states to be elsewhere in the pool for an instance that no list shows', () => {
    const project = (instanceTotal: number) => ({
      ...listed(aCloudServer('a')),
      cceNodes: read([aCceNode('node')]),
      rdsInstances: read([aDatabase('db', { availabilityZones: ['cn-north-4b'] })]),
      pools: read([aPool({ instanceTotal })]),
    });
    const elsewhere = (id: string) => ({ id, service: 'Other' as const, reason: 'It is on host-07.' });
    const server = mapped({ exclude: [elsewhere('gauss'), { ...elsewhere('dds'), service: 'RDS' }] });
    expect(found(server, project(3)).mismatch).toBeUndefined();
    expect(found(server, project(4)).mismatch).toEqual({
      source: 'The DCC pool',
      counted: 4,
      listed: 2,
      excluded: 1,
    });
    const listedAfterAll = mapped({ exclude: ['id-of-a', 'id-of-node', 'id-of-db', 'gauss'].map(elsewhere) });
    expect(found(listedAfterAll, project(4)).mismatch).toMatchObject({ excluded: 1 });
  });

  test('counts a machine that any pool of the zone can run, and adds the counts of the pools up', () => {
    const pools = read([
      aPool({ instanceTotal: 1 }),
      aPool({ flavors: ['c7.large.2'], instanceTotal: 2 }),
      aPool({ availabilityZone: 'cn-north-4b', instanceTotal: 9 }),
    ]);
    const { machines, mismatch } = found(aServer(), {
      ...listed(aCloudServer('a', { flavorId: 'c7.large.2' })),
      pools,
    });
    expect(machines).toHaveLength(1);
    expect(mismatch).toEqual({ source: 'The DCC pool', counted: 3, listed: 1, excluded: 0 });
  });

  test('takes the nodes of services that ECS does not list for instances that the pool counts', () => {
    const project = (instanceTotal: number) => ({
      pools: read([aPool({ instanceTotal })]),
      cceNodes: read([aCceNode('node'), aCceNode('young', { serverId: undefined })]),
      mrsNodes: read([anMrsNode('task'), anMrsNode('unsaid', { availabilityZone: undefined })]),
      rdsInstances: read([aDatabase('db', { availabilityZones: ['cn-north-4a', 'cn-north-4a', 'cn-north-4b'] })]),
    });
    expect(found(aServer(), project(4)).mismatch).toBeUndefined();
    expect(found(aServer(), project(5)).mismatch).toEqual({
      source: 'The DCC pool',
      counted: 5,
      listed: 4,
      excluded: 0,
    });
  });

  test('does not let a machine that is not running there make up for one that is hidden', () => {
    const project = {
      pools: read([aPool({ instanceTotal: 1 })]),
      ...listed(
        ...['SHUTOFF', 'ERROR', 'PAUSED', 'SUSPENDED', 'SHELVED_OFFLOADED', 'SOFT_DELETED', 'BUILD', 'OF_TOMORROW'].map(
          (status) => aCloudServer(status, { status }),
        ),
        aCloudServer('recycled', { inRecycleBin: true }),
        aCloudServer('mapped-elsewhere', { availabilityZone: 'cn-north-4b' }),
        aCloudServer('unplaced', { availabilityZone: '' }),
      ),
    };
    expect(found(mapped(), project).mismatch).toEqual({ source: 'The DCC pool', counted: 1, listed: 0, excluded: 0 });
  });

  test('a database whose node tells no zone may be here', () => {
    const databases = (...availabilityZones: string[]) => ({
      rdsInstances: read([aDatabase('db', { availabilityZones })]),
    });
    expect(found(aServer(), databases('cn-north-4b', '')).machines).toHaveLength(1);
    expect(found(aServer(), databases('cn-north-4b')).machines).toEqual([]);
  });

  test('a zone without a pool is a mistake in spec, not an empty server', () => {
    const project = aProject({ pools: read([aPool({ availabilityZone: 'cn-north-4b' })]) });
    expect(dependentsOf(aServer(), project, () => backedUp)).toMatchObject({
      kind: 'Unreadable',
      failure: { cause: 'Configuration', message: 'the project has no DCC pool in cn-north-4a.' },
    });
  });

  test.each(['machines', 'recycleBin', 'pools', 'cceNodes', 'mrsNodes', 'rdsInstances'] as const)(
    'nothing is known when %s cannot be read',
    (source) => {
      const project = aProject({ [source]: unreadable('Unavailable', source) });
      expect(dependentsOf(aServer(), project, () => backedUp)).toMatchObject({
        kind: 'Unreadable',
        failure: { source },
      });
    },
  );
});

describe('on a dedicated host', () => {
  const id = resourceIdOf('server-1');
  const host = aServer('server-1', { spec: { hostType: 'DeH' } });
  const hosting = (...names: string[]) =>
    new Map([
      [
        id,
        read(
          aHost(
            id,
            names.map((name) => ({ id: `id-of-${name}`, name, status: 'ACTIVE' })),
          ),
        ),
      ],
    ]);

  test('counts what the host lists, and what ECS and CCE say is on it', () => {
    const project = {
      hosts: hosting('a'),
      ...listed(
        aCloudServer('a', { dedicatedHostId: id }),
        aCloudServer('b', { dedicatedHostId: id }),
        aCloudServer('c'),
      ),
      cceNodes: read([aCceNode('node', { dedicatedHostId: id }), aCceNode('other')]),
      mrsNodes: read([anMrsNode('a')]),
    };
    const dependents = found(host, project);
    expect(dependents.basis).toBe('HostList');
    expect(named(dependents)).toEqual(['a MRS ACTIVE', 'b ECS ACTIVE', 'node CCE Active']);
    expect(placed(dependents)).toEqual({ a: 'Here', b: 'Here', node: 'Here' });
    expect(elsewhere(dependents, 'a', 'b', 'c')).toEqual(['c']);
  });

  test('tells a node of CCE by its tags, which the list of the host leaves out', () => {
    const tagged = aCloudServer('node', { dedicatedHostId: id, tags: { 'CCE-Cluster-ID': 'x' } });
    expect(named(found(host, { hosts: hosting('node'), ...listed(tagged) }))).toEqual(['node CCE ACTIVE']);
  });

  test('counts what is in the recycle bin when it was once seen here, or cannot be placed elsewhere', () => {
    const seen = aServer('server-1', {
      spec: { hostType: 'DeH' },
      status: { virtualMachines: machinesSeen(aSeenMachine('seen')) },
    });
    const recycleBin = read([
      aRecycledServer('seen', { availabilityZone: 'cn-north-4b', dedicatedHostId: 'deh-2' }),
      aRecycledServer('made-here', { availabilityZone: 'cn-north-4b', dedicatedHostId: id }),
      aRecycledServer('listed-here'),
      aRecycledServer('untold', { hypervisorHostname: 'host-1' }),
      aRecycledServer('other-zone', { availabilityZone: 'cn-north-4b' }),
      aRecycledServer('other-host', { dedicatedHostId: 'deh-2' }),
      aRecycledServer('listed-elsewhere', { dedicatedHostId: id }),
    ]);
    const machines = listed(
      aCloudServer('listed-here', { dedicatedHostId: id, inRecycleBin: true }),
      aCloudServer('listed-elsewhere', { inRecycleBin: true }),
    );
    expect(named(found(seen, { hosts: hosting(), recycleBin, ...machines }))).toEqual([
      'listed-here ECS InRecycleBin',
      'made-here ECS InRecycleBin',
      'seen ECS InRecycleBin',
      'untold ECS InRecycleBin',
    ]);
  });

  test('says when the host names more instances than it counts and lists', () => {
    const { state, machines } = aHost(id, [], 0);
    if (state.kind === 'Gone') expect.fail('the host is gone');
    const naming = { state: { ...state, host: { ...state.host, instanceIds: ['vm-9'] } }, machines };
    expect(found(host, { hosts: new Map([[id, read(naming)]]) }).mismatch).toMatchObject({ counted: 1, listed: 0 });
  });

  test('says when the host counts more instances than it lists', () => {
    const hosts = new Map([[id, read(aHost(id, [], 2))]]);
    expect(found(host, { hosts }).mismatch).toEqual({
      source: 'The dedicated host',
      counted: 2,
      listed: 0,
      excluded: 0,
    });
  });

  describe('that its service does not know', () => {
    const hosts = new Map([[id, read({ state: { kind: 'Gone' as const }, machines: [] })]]);
    const billed = (...rows: Subscription[]) => read(new Map(rows.map((row) => [id, row])));

    test('nothing is left once its subscription has ended', () => {
      for (const subscriptions of [billed(), billed(aSubscription({ status: 'Closed' }))]) {
        expect(found(host, { hosts, subscriptions })).toMatchObject({ machines: [], mismatch: undefined });
      }
    });

    test.each(['InUse', 'Frozen', 'Expired', 'Unknown'] as const)('nothing is known while its row is %s', (status) => {
      const subscriptions = billed(aSubscription({ status }));
      expect(dependentsOf(host, aProject({ hosts, subscriptions }), () => backedUp)).toMatchObject({
        kind: 'Unreadable',
        failure: { source: `DeH host ${id}`, cause: 'Configuration' },
      });
    });

    test('nothing is known while its row cannot be read', () => {
      const project = aProject({ hosts, subscriptions: unreadable('Unavailable', 'Billing rows') });
      expect(dependentsOf(host, project, () => backedUp)).toEqual(unreadable('Unavailable', 'Billing rows'));
    });
  });

  test('is not known when it was not asked for', () => {
    expect(dependentsOf(host, aProject(), () => backedUp)).toMatchObject({
      kind: 'Unreadable',
      failure: { source: `DeH host ${id}` },
    });
  });

  test.each(['machines', 'recycleBin', 'cceNodes', 'mrsNodes'] as const)(
    'is not known when %s cannot be read',
    (source) => {
      const project = aProject({ hosts: hosting(), [source]: unreadable('Unavailable', source) });
      expect(dependentsOf(host, project, () => backedUp)).toMatchObject({ kind: 'Unreadable', failure: { source } });
    },
  );

  test('does not ask for pools or databases, which are not on dedicated hosts', () => {
    expect(named(found(host, { hosts: hosting(), pools: unreadable(), rdsInstances: unreadable() }))).toEqual([]);
  });
});

function away(name: string) {
  return aCceNode(name, { availabilityZone: 'cn-north-4b' });
}
