import { z } from 'zod';
import {
  beginDeletion,
  beginMigration,
  destroyVirtualMachine,
  type VirtualMachine,
  virtualMachineSchema,
} from '../world/virtual-machines.ts';
import { nextId } from '../world/world.ts';
import { type Command, command } from './command.ts';
import { findMachine, findServer, wrongState } from './finders.ts';

const vm = z.string().min(1).describe('id or name of a virtual machine');
const shown = ({ id, name, serverId, status }: VirtualMachine) => ({ id, name, serverId, status });

/** Virtual machines: made, deleted, migrated, purged from the recycle bin. */
export const machineCommands: readonly Command[] = [
  command(
    'vm/create',
    z.strictObject({
      name: z.string().min(1),
      server: z.string().min(1),
      id: z.string().min(1).optional(),
      service: virtualMachineSchema.shape.service,
      enterpriseProjectId: virtualMachineSchema.shape.enterpriseProjectId,
    }),
    ({ world, now }, input) => {
      const server = findServer(world, input.server);
      const id = input.id ?? nextId(world);
      if (world.virtualMachines.some((machine) => machine.id === id)) {
        wrongState('id', `a virtual machine with the id ${id} exists`, 'Give another id, or none.');
      }
      const machine = virtualMachineSchema.parse({
        id,
        name: input.name,
        projectId: server.projectId,
        availabilityZone: server.availabilityZone,
        serverId: server.resourceId,
        service: input.service,
        listedByEcs: input.service !== 'RDS',
        enterpriseProjectId: input.enterpriseProjectId,
        createdAt: now.toISOString(),
      });
      world.virtualMachines.push(machine);
      return shown(machine);
    },
  ),
  command(
    'vm/delete',
    z.strictObject({ vm, immediately: z.boolean().default(false) }),
    ({ world, now, settings }, input) => {
      const machine = findMachine(world, input.vm);
      const project = world.projects.find(({ id }) => id === machine.projectId);
      if (input.immediately) destroyVirtualMachine(world, machine.id);
      else beginDeletion(machine, now, settings.vmDeletion, project?.recycleBin ?? false);
      return shown(machine);
    },
  ),
  command(
    'vm/migrate',
    z.strictObject({ vm, to: z.string().min(1).describe('id or name of the target server') }),
    ({ world, now, settings }, input) => {
      const machine = findMachine(world, input.vm);
      const target = findServer(world, input.to, 'to');
      if (machine.serverId === target.resourceId) {
        wrongState('to', `${machine.name} is already on ${target.name}`, 'Choose another server.');
      }
      beginMigration(machine, target.resourceId, now, settings.vmMigration);
      return shown(machine);
    },
  ),
  command('vm/purge', z.strictObject({ vm }), ({ world }, input) => {
    const machine = findMachine(world, input.vm);
    if (machine.recycleBin === null) {
      wrongState('vm', `${machine.name} is not in the recycle bin`, 'Delete it with vm/delete.');
    }
    destroyVirtualMachine(world, machine.id);
    return shown(machine);
  }),
];
