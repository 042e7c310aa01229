import type { Account } from '../world/account.ts';
import type { Backup, Vault } from '../world/backups.ts';
import type { BillingResource } from '../world/billing.ts';
import type { Order } from '../world/orders.ts';
import type { PhysicalServer } from '../world/servers.ts';
import type { VirtualMachine } from '../world/virtual-machines.ts';
import type { World } from '../world/world.ts';
import { ControlProblem } from './command.ts';

/** Finds the one entry with this id or name, or says which ones there are. */
function findOne<Entry>(
  entries: readonly Entry[],
  keysOf: (entry: Entry) => readonly string[],
  wanted: string,
  what: string,
  field: string,
): Entry {
  const found = entries.filter((entry) => keysOf(entry).includes(wanted));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const known = entries.map((entry) => keysOf(entry).at(-1)).slice(0, 20);
  if (found.length > 1) {
    throw new ControlProblem(field, `${found.length} ${what}s are called "${wanted}"`, 'Give the id instead.');
  }
  const nextStep = known.length === 0 ? `There is no ${what}: make one first.` : `Choose one of: ${known.join(', ')}.`;
  throw new ControlProblem(field, `no ${what} is called "${wanted}"`, nextStep);
}

export const findMachine = (world: World, wanted: string, field = 'vm'): VirtualMachine =>
  findOne(world.virtualMachines, ({ id, name }) => [id, name], wanted, 'virtual machine', field);

/** A physical server that has not been released. */
export const findServer = (world: World, wanted: string, field = 'server'): PhysicalServer =>
  findOne(
    world.servers.filter(({ state }) => state !== 'released'),
    ({ resourceId, name }) => [resourceId, name],
    wanted,
    'physical server',
    field,
  );

/** A yearly/monthly resource, primary or secondary, also a closed one. */
export const findResource = (world: World, wanted: string, field = 'resource'): BillingResource =>
  findOne(
    world.billingResources,
    ({ resourceId, resourceName }) => [resourceId, resourceName],
    wanted,
    'resource',
    field,
  );

export const findVault = (world: World, wanted: string, field = 'vault'): Vault =>
  findOne(world.vaults, ({ id, name }) => [id, name], wanted, 'vault', field);

export const findBackup = (world: World, wanted: string, field = 'backup'): Backup =>
  findOne(world.backups, ({ id, name }) => [id, name], wanted, 'backup', field);

export const findOrder = (world: World, wanted: string, field = 'order'): Order =>
  findOne(world.orders, ({ orderId }) => [orderId], wanted, 'order', field);

/** The named account, or the only one there is. */
export function findAccount(world: World, wanted: string | undefined): Account {
  const [only] = world.accounts;
  if (wanted === undefined && only !== undefined && world.accounts.length === 1) return only;
  return findOne(world.accounts, ({ domainId, name }) => [domainId, name], wanted ?? '', 'account', 'account');
}

/** Says that something is in no state for a command. */
export const wrongState = (field: string, fault: string, nextStep: string): never => {
  throw new ControlProblem(field, fault, nextStep);
};
