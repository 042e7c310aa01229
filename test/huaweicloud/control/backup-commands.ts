import { z } from 'zod';
import { type Backup, backupSchema, checkpointSchema } from '../world/backups.ts';
import { nextId, type World } from '../world/world.ts';
import { type Command, command } from './command.ts';
import { findBackup, findMachine, findVault } from './finders.ts';

const vault = z.string().min(1).describe('id or name of a vault');
const backup = z.string().min(1).describe('id or name of a backup');
const shown = ({ id, name, resourceId, status }: Backup) => ({ id, name, resourceId, status });

const makeInput = z.strictObject({
  vm: z.string().min(1).describe('id or name of a virtual machine'),
  vault: vault.optional(),
  /** How long it is `protecting` before it is available. */
  takesMilliseconds: z.int().min(0).default(0),
  restoreMode: backupSchema.shape.restoreMode,
  expiresAt: z.iso.datetime().nullable().default(null),
});

/** Backups and vaults. */
export const backupCommands: readonly Command[] = [
  command('backup/make', makeInput, ({ world, now }, input) => shown(makeBackup(world, now, input))),
  command('backup/expire', z.strictObject({ backup }), ({ world, now }, input) => {
    const found = findBackup(world, input.backup);
    found.expiredAt = now.toISOString();
    return shown(found);
  }),
  command('backup/delete', z.strictObject({ backup }), ({ world }, input) => {
    const found = findBackup(world, input.backup);
    world.backups = world.backups.filter((candidate) => candidate !== found);
    return shown(found);
  }),
  command('vault/freeze', z.strictObject({ vault, scene: z.string().default('ARREAR') }), ({ world }, input) => {
    const found = findVault(world, input.vault);
    found.billingStatus = 'frozen';
    found.frozenScene = input.scene;
    return { id: found.id, status: found.billingStatus };
  }),
  command('vault/thaw', z.strictObject({ vault }), ({ world }, input) => {
    const found = findVault(world, input.vault);
    found.billingStatus = 'available';
    found.frozenScene = '';
    return { id: found.id, status: found.billingStatus };
  }),
];

function makeBackup(world: World, now: Date, input: z.output<typeof makeInput>): Backup {
  const machine = findMachine(world, input.vm);
  const target = findVault(world, input.vault ?? world.vaults[0]?.name ?? 'default');
  const createdAt = now.toISOString();
  const status = input.takesMilliseconds > 0 ? 'protecting' : 'available';
  const origin = { projectId: machine.projectId, vaultId: target.id, createdAt, status } as const;
  const checkpoint = checkpointSchema.parse({ id: nextId(world), ...origin });
  const made = backupSchema.parse({
    ...origin,
    id: nextId(world),
    name: `${machine.name}-${createdAt.slice(0, 19)}`,
    checkpointId: checkpoint.id,
    resourceId: machine.id,
    resourceName: machine.name,
    resourceAz: machine.availabilityZone,
    availableAt: status === 'protecting' ? new Date(now.getTime() + input.takesMilliseconds).toISOString() : null,
    restoreMode: input.restoreMode,
    expiredAt: input.expiresAt,
    enterpriseProjectId: target.enterpriseProjectId,
  });
  if (!target.resourceIds.includes(machine.id)) target.resourceIds.push(machine.id);
  world.checkpoints.push(checkpoint);
  world.backups.push(made);
  return made;
}
