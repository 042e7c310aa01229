import type { UnsubscriptionRequest } from '../../api/objects.ts';
import type { RequestContext } from '../context.ts';
import { foundServers, givesServersBack, type Snapshot } from '../snapshot.ts';
import { recordIntent } from './intent.ts';
import { type LastLook, lastLook, type PlaceDecision } from './last-look.ts';
import { recordOutcome } from './record-outcome.ts';
import { send } from './send.ts';

/** An order was attempted, and the journal says how; or the last look showed that it must not be. */
export type PlaceResult =
  | { kind: 'Attempted'; request: UnsubscriptionRequest }
  | Exclude<LastLook, { kind: 'Cleared' }>;

/** Places one order: a last look at everything, the intent written, one call, its outcome written. */
export async function place(
  context: RequestContext,
  snapshot: Snapshot,
  decision: PlaceDecision,
  signal: AbortSignal,
): Promise<PlaceResult> {
  const look = await lastLook(context, snapshot, decision, signal);
  if (look.kind !== 'Cleared') return look;
  const intent = await recordIntent(context, look.cleared, signal);
  const placement = await send(intent, context.callTimeout);
  context.log.info({ request: intent.request.metadata.name, placement }, 'an order was sent');
  const request = await recordOutcome(context, intent, placement);
  if (placement.state === 'Accepted') await lookForLateMachines(context, snapshot, decision, signal);
  return { kind: 'Attempted', request };
}

/**
 * No client can exclude that a machine appears between the last look and the acceptance. It is looked for at once, and
 * whatever appeared is shouted out: it may still be saved by calling the cloud's support.
 */
async function lookForLateMachines(
  { inventory, clock, announce, log }: RequestContext,
  snapshot: Snapshot,
  { order }: PlaceDecision,
  signal: AbortSignal,
): Promise<void> {
  if (!givesServersBack(snapshot)) return;
  const since = clock.elapsed();
  for (const { name, server } of foundServers(snapshot).filter((found) => order.servers.includes(found.name))) {
    const { observation } = await inventory.look(server, since, signal);
    const machines = observation.dependents.kind === 'Read' ? observation.dependents.value.machines : [];
    if (machines.length === 0) continue;
    const names = machines.map((machine) => machine.name).join(', ');
    const note = `${names} appeared on ${name} while it was being unsubscribed. Call the support of Huawei Cloud at once.`;
    log.error({ server: name, machines: names }, 'a virtual machine appeared while its server was being unsubscribed');
    announce(snapshot.request.metadata, {
      type: 'Warning',
      reason: 'VirtualMachineAppeared',
      action: 'Unsubscribe',
      note,
    });
  }
}
