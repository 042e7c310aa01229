import { aWorld, seeded } from './seed.ts';
import type { World } from './world/world.ts';

/** Everything in the demo's world that the manifests in docs/examples name. */
export const demo = {
  ...seeded,
  servers: {
    /** Carries two VMs, both backed up. */
    host01: {
      name: 'dcc-host-01',
      resourceId: 'dcc00000-0000-4000-8000-000000000001',
      hypervisorHostname: 'nova001@101',
    },
    /** Carries a VM without any backup. */
    host02: {
      name: 'dcc-host-02',
      resourceId: 'dcc00000-0000-4000-8000-000000000002',
      hypervisorHostname: 'nova002@102',
    },
    /** Empty, but frozen. */
    host03: {
      name: 'dcc-host-03',
      resourceId: 'dcc00000-0000-4000-8000-000000000003',
      hypervisorHostname: 'nova003@103',
    },
    /** Empty: where VMs migrate to. */
    host04: {
      name: 'dcc-host-04',
      resourceId: 'dcc00000-0000-4000-8000-000000000004',
      hypervisorHostname: 'nova004@104',
    },
    /** A neighbour with a VM of its own: only its DCCServer is deleted, the server stays rented. */
    host05: {
      name: 'dcc-host-05',
      resourceId: 'dcc00000-0000-4000-8000-000000000005',
      hypervisorHostname: 'nova005@105',
    },
  },
  vms: {
    web01: { name: 'web-01', id: 'ec500000-0000-4000-8000-000000000001' },
    web02: { name: 'web-02', id: 'ec500000-0000-4000-8000-000000000002' },
    batch01: { name: 'batch-01', id: 'ec500000-0000-4000-8000-000000000003' },
    neighbour01: { name: 'neighbour-01', id: 'ec500000-0000-4000-8000-000000000004' },
  },
  vault: { name: 'vault-01', id: 'cb000000-0000-4000-8000-000000000001' },
} as const;

/** The world of `npm run demo`: one account, one DCC pool with five servers, in the states that the demo shows. */
export function demoWorld(now: Date = new Date()): World {
  const { servers, vms, vault } = demo;
  const world = aWorld(now).withVault(vault.name, vault.id);
  for (const server of Object.values(servers)) world.withServer(server, {}, { frozen: server === servers.host03 });
  return world
    .withVm(vms.web01, servers.host01.name)
    .withVm(vms.web02, servers.host01.name)
    .withVm(vms.batch01, servers.host02.name)
    .withVm(vms.neighbour01, servers.host05.name)
    .withBackup(vms.web01.name)
    .withBackup(vms.web02.name)
    .withBackup(vms.neighbour01.name)
    .build();
}
