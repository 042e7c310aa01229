import { z } from 'zod';
import type { ControlClient } from '../huaweicloud/control-client.ts';
import { faultSchema } from '../huaweicloud/faults.ts';

interface CloudCommand {
  readonly schema: z.ZodType;
  /** The input as it stands in the file, with its placeholders filled in. */
  readonly run: (control: ControlClient, input: unknown) => Promise<unknown>;
}

function command<Schema extends z.ZodType>(
  schema: Schema,
  run: (control: ControlClient, input: z.output<Schema>) => Promise<unknown>,
): CloudCommand {
  return { schema, run: (control, input) => run(control, schema.parse(input)) };
}

const name = z.string().min(1);
const service = z.enum(['ECS', 'CCE', 'MRS', 'RDS']).optional();
const backup = z.strictObject({ vm: name, restoreMode: z.enum(['na', 'snapshot', 'backup']).optional() });

/** What the world does, by the names of the control client (`test/huaweicloud/control-client.ts`). */
const commands: Readonly<Record<string, CloudCommand>> = {
  createVm: command(z.strictObject({ name, server: name, id: name.optional(), service }), ({ createVm }, vm) =>
    createVm(withoutUndefined(vm)),
  ),
  deleteVm: command(name, ({ deleteVm }, vm) => deleteVm(vm)),
  /** All virtual machines that there are, at once. */
  deleteAllVms: command(z.literal('now'), async (control) => {
    const { virtualMachines } = await control.world();
    for (const { id } of virtualMachines) await control.deleteVm(id, { immediately: true });
  }),
  migrateVm: command(z.strictObject({ vm: name, to: name }), ({ migrateVm }, { vm, to }) => migrateVm(vm, to)),
  purgeVm: command(name, ({ purgeVm }, vm) => purgeVm(vm)),
  freezeServer: command(name, ({ freezeServer }, server) => freezeServer(server)),
  thawServer: command(name, ({ thawServer }, server) => thawServer(server)),
  renew: command(name, ({ renew }, resource) => renew(resource)),
  freezeAccount: command(z.enum(['account', 'accountAndResources']), ({ freezeAccount }, scope) =>
    freezeAccount({ scope }),
  ),
  thawAccount: command(z.literal('all'), ({ thawAccount }) => thawAccount()),
  enableAccount: command(z.boolean(), ({ enableAccount }, enabled) => enableAccount(enabled)),
  setDebt: command(z.string(), ({ setDebt }, amount) => setDebt(amount)),
  makeBackup: command(backup, ({ makeBackup }, { vm, ...options }) => makeBackup(vm, withoutUndefined(options))),
  deleteBackup: command(name, ({ deleteBackup }, one) => deleteBackup(one)),
  freezeVault: command(name, ({ freezeVault }, vault) => freezeVault(vault)),
  thawVault: command(name, ({ thawVault }, vault) => thawVault(vault)),
  approveRefund: command(name, ({ approveRefund }, order) => approveRefund(order)),
  createUnpaidOrder: command(name, ({ createUnpaidOrder }, resource) => createUnpaidOrder(resource)),
  startTransaction: command(name, ({ startTransaction }, resource) => startTransaction(resource)),
  finishOrder: command(name, ({ finishOrder }, order) => finishOrder(order)),
  unsubscribeInConsole: command(name, ({ unsubscribeInConsole }, resource) => unsubscribeInConsole([resource])),
  addFault: command(faultSchema, ({ addFault }, fault) => addFault(fault)),
  clearFaults: command(z.literal('all'), ({ clearFaults }) => clearFaults()),
};

/** One command and its input. */
export const cloudCommandSchema = z
  .strictObject(Object.fromEntries(Object.entries(commands).map(([key, { schema }]) => [key, schema.optional()])))
  .refine(
    (value) => Object.values(value).filter((one) => one !== undefined).length === 1,
    'a step gives one command to the cloud',
  );

export async function runCloudCommand(control: ControlClient, input: object): Promise<void> {
  for (const [key, value] of Object.entries(input)) {
    if (value !== undefined) await commands[key]?.run(control, value);
  }
}

type Defined<Value> = { [Key in keyof Value]?: Exclude<Value[Key], undefined> };

/** The control client tells a field that is left out from one that is undefined only by its type. */
function withoutUndefined<Value extends object>(value: Value): Value & Defined<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Value;
}
