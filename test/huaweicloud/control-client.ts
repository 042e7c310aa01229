import { z } from 'zod';
import { deadline, type Milliseconds, seconds, systemClock } from '../../operator/clock.ts';
import { type Fault, type FaultInput, faultSchema } from './faults.ts';
import { type Ledger, ledgerSchema } from './world/ledger.ts';
import { type World, worldSchema } from './world/world.ts';

const machineResult = z.object({
  id: z.string(),
  name: z.string(),
  serverId: z.string().nullable(),
  status: z.string(),
});
const backupResult = z.object({ id: z.string(), name: z.string(), resourceId: z.string(), status: z.string() });
const orderResult = z.object({ orderId: z.string(), type: z.int(), status: z.int() });
const callsResult = z.record(z.string(), z.record(z.string(), z.int()));
const faultResult: z.ZodType<Fault> = faultSchema.extend({ id: z.string(), times: z.int().optional() });
const problemSchema = z.object({ error: z.object({ field: z.string(), fault: z.string(), nextStep: z.string() }) });
const anything = z.unknown();

/** A command that the simulated cloud could not do; the message says which field, why, and what to do. */
export class ControlError extends Error {
  readonly field: string;
  constructor(field: string, fault: string, nextStep: string) {
    super(`${field}: ${fault}. ${nextStep}`);
    this.name = 'ControlError';
    this.field = field;
  }
}

export type ControlClient = ReturnType<typeof controlClient>;

/**
 * The hands that change a running simulated cloud. Virtual machines, servers, vaults and backups go by id or by name.
 * Every call has a deadline (10 s by default) and throws a ControlError when the cloud cannot do it.
 */
export function controlClient(url: string, timeout: Milliseconds = seconds(10)) {
  async function send<Schema extends z.ZodType>(command: string, input: object, result: Schema) {
    const response = await fetch(new URL(`/_control/${command}`, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
      signal: deadline(systemClock, timeout),
    });
    const body: unknown = await response.json();
    if (response.ok) return result.parse(body);
    const problem = problemSchema.safeParse(body);
    if (!problem.success) throw new Error(`the simulated cloud failed: ${JSON.stringify(body)}`);
    const { field, fault, nextStep } = problem.data.error;
    throw new ControlError(field, fault, nextStep);
  }

  return {
    createVm: (vm: { name: string; server: string; id?: string; service?: string; enterpriseProjectId?: string }) =>
      send('vm/create', vm, machineResult),
    /** Takes effect after the configured deletion time, or at once. */
    deleteVm: (vm: string, options: { immediately?: boolean } = {}) =>
      send('vm/delete', { vm, ...options }, machineResult),
    migrateVm: (vm: string, to: string) => send('vm/migrate', { vm, to }, machineResult),
    /** Removes a VM from the recycle bin. */
    purgeVm: (vm: string) => send('vm/purge', { vm }, machineResult),

    freezeServer: (server: string) => send('server/freeze', { server }, anything),
    thawServer: (server: string) => send('server/thaw', { server }, anything),
    freezeAccount: (options: { account?: string; scope?: 'account' | 'accountAndResources' } = {}) =>
      send('account/freeze', options, anything),
    thawAccount: (options: { account?: string } = {}) => send('account/thaw', options, anything),
    /** A disabled one can only be looked at. */
    enableAccount: (enabled: boolean, options: { account?: string } = {}) =>
      send('account/enable', { enabled, ...options }, anything),
    /** Lets the subscription of a resource end in a year from now, also one that had ended; no order is made of it. */
    renew: (resource: string) => send('resource/renew', { resource }, anything),
    /** Sets the arrears, as "120.00"; "0.00" clears them. */
    setDebt: (amount: string, options: { account?: string } = {}) =>
      send('account/debt', { amount, ...options }, anything),

    makeBackup: (
      vm: string,
      options: {
        vault?: string;
        takesMilliseconds?: number;
        restoreMode?: 'na' | 'snapshot' | 'backup';
        expiresAt?: string;
      } = {},
    ) => send('backup/make', { vm, ...options }, backupResult),
    expireBackup: (backup: string) => send('backup/expire', { backup }, backupResult),
    deleteBackup: (backup: string) => send('backup/delete', { backup }, backupResult),
    freezeVault: (vault: string) => send('vault/freeze', { vault }, anything),
    thawVault: (vault: string) => send('vault/thaw', { vault }, anything),

    approveRefund: (order: string) => send('refund/approve', { order }, orderResult),
    rejectRefund: (order: string) => send('refund/reject', { order }, orderResult),
    /** An order on the resource that waits for payment. */
    createUnpaidOrder: (resource: string) => send('order/unpaid', { resource }, orderResult),
    /** Another transaction on the resource; it runs until `finishOrder`. */
    startTransaction: (resource: string) => send('transaction/start', { resource }, orderResult),
    finishOrder: (order: string) => send('order/finish', { order }, orderResult),
    /** What a person does in the console, by the same rules as the API. */
    unsubscribeInConsole: (resources: readonly string[], type: 1 | 2 = 1) =>
      send('console/unsubscribe', { resources, type }, orderResult),

    addFault: (fault: FaultInput): Promise<Fault> => send('fault/add', fault, faultResult),
    clearFaults: (id?: string) => send('fault/clear', { id }, z.object({ cleared: z.int() })),
    faults: (): Promise<Fault[]> => send('faults', {}, z.array(faultResult)),

    ledger: (): Promise<Ledger> => send('ledger', {}, ledgerSchema),
    /** Calls by operation and by status, "reset" or "silence". */
    calls: () => send('calls', {}, callsResult),
    world: (): Promise<World> => send('world', {}, worldSchema),
  };
}
