import { z } from 'zod';
import { aWorld, type WorldBuilder } from '../huaweicloud/seed.ts';

const name = z.string().min(1);
const hour = 3_600_000;

const server = z.strictObject({
  name,
  hostType: z.enum(['DCC', 'DeH']).optional(),
  portfolio: name.optional(),
  autoPlacement: z.boolean().optional(),
  /** How it was bought: 36000.00 for a year, a hundred days ago, when left out. */
  paid: z.string().optional(),
  years: z.int().optional(),
  daysAgo: z.int().optional(),
  autoRenewal: z.boolean().default(false),
});

const machine = z.strictObject({
  name,
  on: name,
  service: z.enum(['ECS', 'CCE', 'MRS', 'RDS']).default('ECS'),
  /** A backup of an hour ago, or one that differs from it; none when left out. */
  backup: z
    .union([
      z.literal(true),
      z.strictObject({ hoursAgo: z.int().optional(), restoreMode: z.enum(['na', 'snapshot', 'backup']).optional() }),
    ])
    .optional(),
  /** As many machines, called name-1, name-2 and so on. */
  count: z.int().min(2).optional(),
});

/** What is there in the beginning. Backups are in the vault `vault-01`. */
export const worldSchema = z.strictObject({
  account: z
    .strictObject({ site: z.enum(['china', 'international', 'europe']).optional(), enabled: z.boolean().optional() })
    .default({}),
  recycleBin: z.boolean().default(false),
  servers: z.array(server).min(1),
  machines: z.array(machine).default([]),
  secondaries: z.array(z.strictObject({ name, of: name })).default([]),
  renewals: z.array(z.strictObject({ of: name })).default([]),
});
export type WorldInFile = z.output<typeof worldSchema>;

export function worldOf({ account, recycleBin, servers, machines, secondaries, renewals }: WorldInFile): WorldBuilder {
  const { site = 'china', enabled = true } = account;
  const world = aWorld(new Date(), { site, enabled }, { recycleBin }).withVault('vault-01');
  for (const one of servers) addServer(world, one);
  for (const one of machines.flatMap(eachOf)) addMachine(world, one);
  for (const { name: disk, of } of secondaries) world.withSecondary(disk, of);
  for (const { of } of renewals) world.withRenewal(of);
  return world;
}

function addServer(world: WorldBuilder, { name: host, hostType, portfolio, ...rest }: z.output<typeof server>): void {
  const { autoPlacement, paid, years, daysAgo, autoRenewal } = rest;
  world.withServer(
    {
      name: host,
      ...(hostType === undefined ? {} : { hostType }),
      ...(portfolio === undefined ? {} : { portfolio }),
      ...(autoPlacement === undefined ? {} : { autoPlacement }),
    },
    {
      ...(paid === undefined ? {} : { paid }),
      ...(years === undefined ? {} : { years }),
      ...(daysAgo === undefined ? {} : { daysAgo }),
    },
    autoRenewal ? { expirePolicy: 3 } : {},
  );
}

type Machine = z.output<typeof machine>;

const eachOf = (one: Machine): Machine[] =>
  one.count === undefined
    ? [one]
    : Array.from({ length: one.count }, (_, index) => ({ ...one, name: `${one.name}-${index + 1}` }));

function addMachine(world: WorldBuilder, { name: vm, on, service, backup }: Machine): void {
  switch (service) {
    case 'ECS':
      world.withVm({ name: vm }, on);
      break;
    case 'CCE':
      world.withCceNode(vm, on);
      break;
    case 'MRS':
      world.withMrsNode(vm, on);
      break;
    case 'RDS':
      world.withRdsInstance(vm, on);
      break;
  }
  if (backup === undefined) return;
  const { hoursAgo = 1, restoreMode = 'backup' } = backup === true ? {} : backup;
  world.withBackup(vm, { createdAt: new Date(Date.now() - hoursAgo * hour).toISOString(), restoreMode });
}
