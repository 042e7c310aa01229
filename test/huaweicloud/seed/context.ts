import type { z } from 'zod';
import { type World, worldSchema } from '../world/world.ts';

export const DAY = 86_400_000;

/** The account, project and zone of every world that is built here, unless overridden. */
export const seeded = {
  domainId: '0acc0000000000000000000000000001',
  accessKey: 'SIMULATEDACCESSKEY01',
  secretKey: 'simulated-secret-key-for-tests-only-0001',
  projectId: '0dcc0000000000000000000000000001',
  region: 'cn-north-4',
  availabilityZone: 'cn-north-4a',
} as const;

/** The world under construction, and the instant that is now in it. */
export interface Context {
  readonly world: World;
  readonly now: Date;
}

/** Parses a part of a world (which fills in the defaults) and appends it. */
export function append({ world }: Context, part: z.input<typeof worldSchema>): void {
  const parsed = worldSchema.parse(part);
  world.pools.push(...parsed.pools);
  world.servers.push(...parsed.servers);
  world.virtualMachines.push(...parsed.virtualMachines);
  world.cceClusters.push(...parsed.cceClusters);
  world.mrsClusters.push(...parsed.mrsClusters);
  world.rdsInstances.push(...parsed.rdsInstances);
  world.vaults.push(...parsed.vaults);
  world.checkpoints.push(...parsed.checkpoints);
  world.backups.push(...parsed.backups);
  world.billingResources.push(...parsed.billingResources);
  world.orders.push(...parsed.orders);
  world.bills.push(...parsed.bills);
}

/** A readable id: a prefix that tells what it is, and the place in its list. */
export const uuid = (prefix: string, list: readonly unknown[]): string =>
  `${prefix.padEnd(8, '0')}-0000-4000-8000-${String(list.length + 1).padStart(12, '0')}`;
