import type { Settings } from '../settings.ts';
import { settleOrders } from '../unsubscription/complete.ts';
import { settleBackups } from './backups.ts';
import { settleVirtualMachines } from './virtual-machines.ts';
import type { World } from './world.ts';

/**
 * Lets everything happen that is due by `now`: deletions, migrations, backups, orders. It runs before each call is
 * answered, so the cloud needs no timers and does the same under a virtual clock. Returns whether anything changed.
 */
export function settle(world: World, now: Date, settings: Settings): boolean {
  // Virtual machines first: one that left before an order completed is not destroyed by it.
  const machines = settleVirtualMachines(world, now, settings.recycleBinRetention);
  const backups = settleBackups(world, now);
  const orders = settleOrders(world, now, settings);
  return machines || backups || orders;
}
