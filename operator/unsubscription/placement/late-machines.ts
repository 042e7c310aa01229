import { sentence } from '../../api/sentence.ts';
import type { ServerObservation } from '../../inventory/observation.ts';
import { audit } from '../audit.ts';
import type { RequestContext } from '../context.ts';
import { foundServers, givesServersBack, type Snapshot } from '../snapshot.ts';
import type { PlaceDecision } from './last-look.ts';

/**
 * No client can exclude that a machine appears between the last look and the acceptance. It is looked for at once, and
 * whatever appeared is shouted out: it may still be saved by calling the cloud's support. Never rejects: the order stands.
 */
export async function lookForLateMachines(
  context: RequestContext,
  snapshot: Snapshot,
  decision: PlaceDecision,
  signal: AbortSignal,
): Promise<void> {
  if (!givesServersBack(snapshot)) return;
  const since = context.clock.elapsed();
  const ordered = foundServers(snapshot).filter(({ name }) => decision.order.servers.includes(name));
  for (const found of ordered) {
    try {
      const { observation } = await context.inventory.look(found.server, { that: 'Began', since }, signal);
      tell(context, snapshot, decision, { server: found.name, ...observation });
    } catch (error) {
      const detail = sentence(error instanceof Error ? error.message : String(error));
      cannotLookAgain(context, snapshot, decision, { server: found.name, detail });
    }
  }
}

function tell(
  context: RequestContext,
  { request }: Snapshot,
  decision: PlaceDecision,
  { server, dependents }: Pick<ServerObservation, 'dependents'> & { server: string },
): void {
  if (dependents.kind === 'Unreadable') {
    cannotLookAgain(context, { request }, decision, { server, detail: dependents.failure.message });
    return;
  }
  if (dependents.value.machines.length === 0) return;
  const machines = dependents.value.machines.map((machine) => machine.name || machine.id);
  const note = `${machines.join(', ')} appeared on ${server} while it was being unsubscribed. Call the support of Huawei Cloud at once.`;
  audit.machinesAppeared(context, request, decision, { server, machines });
  context.announce(request.metadata, { ...warning, reason: 'VirtualMachineAppeared', note });
}

const warning = { type: 'Warning', action: 'Unsubscribe' } as const;

function cannotLookAgain(
  context: RequestContext,
  { request }: Pick<Snapshot, 'request'>,
  decision: PlaceDecision,
  found: { server: string; detail: string },
): void {
  audit.cannotLookAgain(context, request, decision, found);
  const note = `${found.server} could not be looked at right after its order: ${found.detail}`;
  context.announce(request.metadata, { ...warning, reason: 'CannotLookAgain', note });
}
