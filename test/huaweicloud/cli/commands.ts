import type { ControlClient } from '../control-client.ts';
import { faultEffectSchema, faultSchema } from '../faults.ts';
import type { World } from '../world/world.ts';
import { table } from './table.ts';

/** The options of the command line, all as text; a switch is "true". */
export type Flags = Readonly<Record<string, string | undefined>>;

/** A command that talks to a running simulator. Its answer is printed. */
export interface CliCommand {
  readonly words: string;
  readonly parameters: readonly string[];
  readonly flags?: readonly string[];
  readonly summary: string;
  readonly run: (cloud: ControlClient, parameters: readonly string[], flags: Flags) => Promise<string>;
}

const serverName = (world: World, serverId: string | null): string =>
  world.servers.find(({ resourceId }) => resourceId === serverId)?.name ?? 'shared host';

/** The effects that the command line can give; "answer" needs a body. */
const kinds = faultEffectSchema.options.map(({ shape }) => shape.kind.value).filter((kind) => kind !== 'answer');

/** Every command but `serve`. */
export const cliCommands: readonly CliCommand[] = [
  {
    words: 'vm list',
    parameters: [],
    summary: 'every virtual machine and the server it is on',
    run: async (cloud) => {
      const world = await cloud.world();
      return table(
        world.virtualMachines.map(({ name, service, status, serverId, id }) => ({
          name,
          service,
          status,
          server: serverName(world, serverId),
          id,
        })),
      );
    },
  },
  {
    words: 'vm create',
    parameters: ['NAME', 'SERVER'],
    summary: 'make a virtual machine on a server',
    run: async (cloud, [name = '', server = '']) => `made ${(await cloud.createVm({ name, server })).id}`,
  },
  {
    words: 'vm delete',
    parameters: ['VM'],
    flags: ['now'],
    summary: 'delete a virtual machine; --now skips the time that it takes',
    run: async (cloud, [vm = ''], { now }) => {
      const { name } = await cloud.deleteVm(vm, { immediately: now !== undefined });
      return now === undefined ? `${name} is being deleted` : `${name} is gone`;
    },
  },
  {
    words: 'vm migrate',
    parameters: ['VM', 'SERVER'],
    summary: 'move a virtual machine to another server',
    run: async (cloud, [vm = '', to = '']) => `${(await cloud.migrateVm(vm, to)).name} is moving to ${to}`,
  },
  {
    words: 'server list',
    parameters: [],
    summary: 'every physical server, its virtual machines and its subscription',
    run: async (cloud) => {
      const world = await cloud.world();
      return table(
        world.servers.map(({ name, hostType, state, resourceId }) => ({
          name,
          type: hostType,
          state,
          frozen: world.billingResources.some((row) => row.resourceId === resourceId && row.frozen) ? 'yes' : 'no',
          vms: world.virtualMachines.filter(({ serverId }) => serverId === resourceId).length,
          id: resourceId,
        })),
      );
    },
  },
  {
    words: 'server freeze',
    parameters: ['SERVER'],
    summary: 'freeze a server',
    run: async (cloud, [server = '']) => {
      await cloud.freezeServer(server);
      return `${server} is frozen`;
    },
  },
  {
    words: 'server thaw',
    parameters: ['SERVER'],
    summary: 'end the freeze of a server',
    run: async (cloud, [server = '']) => {
      await cloud.thawServer(server);
      return `${server} is in use again`;
    },
  },
  {
    words: 'account freeze',
    parameters: [],
    flags: ['resources'],
    summary: 'freeze the account; --resources freezes its resources too',
    run: async (cloud, _, { resources }) => {
      await cloud.freezeAccount({ scope: resources === undefined ? 'account' : 'accountAndResources' });
      return 'the account is frozen';
    },
  },
  {
    words: 'account thaw',
    parameters: [],
    summary: 'end the freeze of the account',
    run: async (cloud) => {
      await cloud.thawAccount();
      return 'the account is no longer frozen';
    },
  },
  {
    words: 'backup make',
    parameters: ['VM'],
    summary: 'back a virtual machine up, now',
    run: async (cloud, [vm = '']) => `made ${(await cloud.makeBackup(vm)).name}`,
  },
  {
    words: 'refund approve',
    parameters: ['ORDER'],
    summary: 'approve a large refund, as Huawei would',
    run: async (cloud, [order = '']) => `${(await cloud.approveRefund(order)).orderId} is approved`,
  },
  {
    words: 'fault add',
    parameters: ['OPERATION', 'KIND'],
    flags: ['when', 'times', 'skip', 'milliseconds', 'lag', 'status', 'code'],
    summary: `make calls of an operation fail (such as billing.unsubscribe, ecs.* or *); KIND is one of\n      ${kinds.join(', ')}`,
    run: addFault,
  },
  {
    words: 'fault list',
    parameters: [],
    summary: 'the faults in force',
    run: async (cloud) =>
      table(
        (await cloud.faults()).map(({ id, operation, skip, times, effect }) => ({
          id,
          operation,
          effect: JSON.stringify(effect),
          skip,
          times: times ?? 'until cleared',
        })),
      ),
  },
  {
    words: 'fault clear',
    parameters: [],
    flags: ['id'],
    summary: 'clear all faults, or the one with --id',
    run: async (cloud, _, { id }) => `cleared ${(await cloud.clearFaults(id)).cleared}`,
  },
  {
    words: 'ledger',
    parameters: [],
    summary: 'every unsubscription that was accepted or refused',
    run: async (cloud) => {
      const { accepted, refused } = await cloud.ledger();
      const orders = accepted.map(({ time, orderId, resourceIds, vmsDestroyed }) => ({
        time,
        order: orderId,
        resources: resourceIds.join(' '),
        'vms destroyed': vmsDestroyed.length,
      }));
      const refusals = refused.map(({ time, code, resourceIds }) => ({ time, code, resources: resourceIds.join(' ') }));
      return `Accepted\n${table(orders)}\n\nRefused\n${table(refusals)}`;
    },
  },
  {
    words: 'calls',
    parameters: [],
    summary: 'calls by operation and by how they ended',
    run: async (cloud) =>
      table(
        Object.entries(await cloud.calls()).flatMap(([operation, endings]) =>
          Object.entries(endings).map(([ending, count]) => ({ operation, ending, count })),
        ),
      ),
  },
  {
    words: 'world',
    parameters: [],
    summary: 'everything, as JSON; serve --world FILE starts from such a file',
    run: async (cloud) => JSON.stringify(await cloud.world(), null, 2),
  },
];

async function addFault(cloud: ControlClient, [operation, kind]: readonly string[], flags: Flags): Promise<string> {
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const { when, code } = flags;
  const effect = Object.entries({
    kind,
    when,
    code,
    milliseconds: number(flags['milliseconds']),
    lagMilliseconds: number(flags['lag']),
    status: number(flags['status']),
  }).filter(([, value]) => value !== undefined);
  const { skip, times } = { skip: number(flags['skip']), times: number(flags['times']) };
  const added = await cloud.addFault(faultSchema.parse({ operation, skip, times, effect: Object.fromEntries(effect) }));
  return `added ${added.id}`;
}
