import type { z } from 'zod';
import { append, type Context, DAY, seeded, uuid } from './seed/context.ts';
import {
  addBackup,
  addCceNode,
  addMachine,
  addMrsNode,
  addRdsInstance,
  type Backup,
  type Machine,
} from './seed/machines.ts';
import { addRenewal, addSecondary, addServer, type Purchase, type Resource, type Server } from './seed/purchases.ts';
import type { accountSchema, projectSchema } from './world/account.ts';
import { type World, worldSchema } from './world/world.ts';

export { seeded } from './seed/context.ts';

type Account = z.input<typeof accountSchema>;
type Project = z.input<typeof projectSchema>;

/** Adds to a world; every function gives the builder back. */
export interface WorldBuilder {
  /** A physical server with its subscription, purchase order, bill, and pool. */
  withServer(
    server: Partial<Server> & { name: string },
    purchase?: Partial<Purchase>,
    row?: Partial<Resource>,
  ): WorldBuilder;
  /** A secondary resource (such as a disk) of a server. */
  withSecondary(name: string, of: string, row?: Partial<Resource>): WorldBuilder;
  /** A renewal of a server for another year, already paid. */
  withRenewal(server: string, paid?: string): WorldBuilder;
  withVm(machine: Partial<Machine> & { name: string }, on: string): WorldBuilder;
  withVault(name: string, id?: string): WorldBuilder;
  /** A backup of a VM into the first vault, an hour old. */
  withBackup(of: string, backup?: Partial<Backup>): WorldBuilder;
  /** A VM that is a node of a CCE cluster. */
  withCceNode(name: string, on: string, cluster?: string): WorldBuilder;
  /** A VM that is a node of an MRS cluster. */
  withMrsNode(name: string, on: string, enterpriseProjectId?: string): WorldBuilder;
  /** A database instance with one hidden VM. */
  withRdsInstance(name: string, on: string): WorldBuilder;
  build(): World;
}

/** Builds a world step by step; every id is the same in every run. Things are referred to by name. */
export function aWorld(
  now: Date = new Date(),
  account: Partial<Omit<Account, 'domainId'>> = {},
  project: Partial<Omit<Project, 'id'>> = {},
): WorldBuilder {
  const world = worldSchema.parse({
    accounts: [
      {
        domainId: seeded.domainId,
        name: 'simulated-account',
        balance: '1000.00',
        accessKeys: [{ accessKey: seeded.accessKey, secretKey: seeded.secretKey }],
        ...account,
      },
    ],
    projects: [
      { id: seeded.projectId, name: seeded.region, region: seeded.region, domainId: seeded.domainId, ...project },
    ],
  });
  const context: Context = { world, now };
  const builder: WorldBuilder = {
    withServer: (server, purchase, row) => {
      addServer(context, server, { paid: '36000.00', years: 1, daysAgo: 100, ...purchase }, row);
      return builder;
    },
    withSecondary: (name, of, row) => {
      addSecondary(context, name, of, row);
      return builder;
    },
    withRenewal: (server, paid = '36000.00') => {
      addRenewal(context, server, paid);
      return builder;
    },
    withVm: (machine, on) => {
      addMachine(context, machine, on);
      return builder;
    },
    withVault: (name, id = uuid('cb00', world.vaults)) => {
      const createdAt = new Date(now.getTime() - 90 * DAY).toISOString();
      append(context, { vaults: [{ id, name, projectId: seeded.projectId, createdAt }] });
      return builder;
    },
    withBackup: (of, backup) => {
      addBackup(context, of, backup);
      return builder;
    },
    withCceNode: (name, on, cluster = 'cce-1') => {
      addCceNode(context, name, on, cluster);
      return builder;
    },
    withMrsNode: (name, on, enterpriseProjectId = '0') => {
      addMrsNode(context, name, on, enterpriseProjectId);
      return builder;
    },
    withRdsInstance: (name, on) => {
      addRdsInstance(context, name, on);
      return builder;
    },
    build: () => world,
  };
  return builder;
}
