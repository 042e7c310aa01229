import { expect, test } from 'vitest';
import { accountsOf, type Fleet, serversOf, worldOf } from '../../capacity/fleet.ts';

const fleet: Fleet = { servers: 10, accounts: 3, machinesPerServer: 2, requestsPerServer: 0, hostType: 'DCC' };
const now = new Date('2026-06-15T08:30:00Z');

test('servers are spread evenly over the accounts, one project each', () => {
  const sizes = Map.groupBy(serversOf(fleet), ({ account }) => account);
  expect([...sizes.values()].map(({ length }) => length)).toEqual([4, 3, 3]);
  expect(new Set(serversOf(fleet).map(({ projectId }) => projectId)).size).toBe(3);
});

test('the cloud has every server in use in the account that pays for it, with machines that are backed up', () => {
  const world = worldOf(fleet, now);
  const domains = new Map(accountsOf(fleet).map(({ projectId, domainId }) => [projectId, domainId]));
  expect(world.billingResources.map(({ resourceId }) => resourceId)).toEqual(
    serversOf(fleet).map(({ resourceId }) => resourceId),
  );
  for (const row of world.billingResources) expect(row.domainId).toBe(domains.get(row.projectId));
  expect(world.virtualMachines).toHaveLength(20);
  expect(new Set(world.backups.map(({ resourceId }) => resourceId)).size).toBe(20);
  for (const { vaultId, projectId } of world.backups) {
    expect(world.vaults.find(({ id }) => id === vaultId)?.projectId).toBe(projectId);
  }
});
