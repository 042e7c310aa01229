import { z } from 'zod';
import { type Account, accountSchema, credentialSourcesSchema, projectSchema } from './account.ts';
import { backupSchema, checkpointSchema, vaultSchema } from './backups.ts';
import { billingResourceSchema, billSchema } from './billing.ts';
import { ledgerSchema } from './ledger.ts';
import { orderSchema } from './orders.ts';
import { cceClusterSchema, mrsClusterSchema, rdsInstanceSchema } from './platform-services.ts';
import { physicalServerSchema, poolSchema } from './servers.ts';
import { virtualMachineSchema } from './virtual-machines.ts';

/**
 * Everything that exists in the simulated cloud, as plain data: it can be written to a file, read from one, and copied
 * whole for stale reads. What happens over time is data too (an instant at which it happens), see `settle`.
 */
export const worldSchema = z.strictObject({
  /** Counts what needed a unique id. */
  sequence: z.int().default(0),
  accounts: z.array(accountSchema).default([]),
  projects: z.array(projectSchema).default([]),
  pools: z.array(poolSchema).default([]),
  servers: z.array(physicalServerSchema).default([]),
  virtualMachines: z.array(virtualMachineSchema).default([]),
  cceClusters: z.array(cceClusterSchema).default([]),
  mrsClusters: z.array(mrsClusterSchema).default([]),
  rdsInstances: z.array(rdsInstanceSchema).default([]),
  vaults: z.array(vaultSchema).default([]),
  checkpoints: z.array(checkpointSchema).default([]),
  backups: z.array(backupSchema).default([]),
  billingResources: z.array(billingResourceSchema).default([]),
  orders: z.array(orderSchema).default([]),
  bills: z.array(billSchema).default([]),
  ledger: ledgerSchema.prefault({}),
  credentialSources: credentialSourcesSchema.prefault({}),
});

export type World = z.infer<typeof worldSchema>;
/** A world as one writes it by hand: defaults may be left out. */
export type WorldInput = z.input<typeof worldSchema>;

/** A new id in the shape of a UUID, unique in its world and the same in every run. */
export function nextId(world: World): string {
  world.sequence += 1;
  return `5ee00000-0000-4000-8000-${world.sequence.toString(16).padStart(12, '0')}`;
}

/** The account with this domain id; it must exist, since ids come from the world itself. */
export function accountOf(world: World, domainId: string): Account {
  const account = world.accounts.find((candidate) => candidate.domainId === domainId);
  if (account === undefined) throw new Error(`no account has the domain id ${domainId}`);
  return account;
}
