import type { ServerObservation } from '../../inventory/observation.ts';
import type { RequestContext } from '../context.ts';
import { type FoundServer, foundServers, givesServersBack, type Snapshot } from '../snapshot.ts';
import type { PlaceDecision } from './last-look.ts';

/**
 * No client can exclude that a machine appears between the last look and the acceptance. It is looked for at once, and
 * whatever appeared is shouted out: it may still be saved by calling the cloud's support. Never rejects: the order stands.
 */
export async function lookForLateMachines(
  context: RequestContext,
  snapshot: Snapshot,
  { order }: PlaceDecision,
  signal: AbortSignal,
): Promise<void> {
  if (!givesServersBack(snapshot)) return;
  const since = context.clock.elapsed();
  const ordered = foundServers(snapshot).filter(({ name }) => order.servers.includes(name));
  for (const found of ordered) {
    try {
      const { observation } = await context.inventory.look(found.server, since, signal);
      tell(context, snapshot, found, observation);
    } catch (error) {
      context.log.warn({ err: error, server: found.name }, 'the server could not be looked at right after its order');
    }
  }
}

function tell(
  { announce, log }: RequestContext,
  { request }: Snapshot,
  { name }: FoundServer,
  { dependents }: ServerObservation,
): void {
  const event = { type: 'Warning', action: 'Unsubscribe' } as const;
  if (dependents.kind === 'Unreadable') {
    const note = `${name} could not be looked at right after its order: ${dependents.failure.message}`;
    announce(request.metadata, { ...event, reason: 'CannotLookAgain', note });
    return;
  }
  if (dependents.value.machines.length === 0) return;
  const machines = dependents.value.machines.map((machine) => machine.name || machine.id).join(', ');
  const note = `${machines} appeared on ${name} while it was being unsubscribed. Call the support of Huawei Cloud at once.`;
  log.error({ server: name, machines }, 'a virtual machine appeared while its server was being unsubscribed');
  announce(request.metadata, { ...event, reason: 'VirtualMachineAppeared', note });
}
