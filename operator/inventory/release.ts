import type { DCCServer, UnsubscriptionRequest } from '../api/objects.ts';
import { isOpen } from '../api/unsubscriptionrequest.ts';
import type { ServerPass } from './pass.ts';

/**
 * Whether the drain finalizer of a server that is being deleted may go: no virtual machine is left on it, or it was
 * unsubscribed, and no order that concerns it is open. Pure; what cannot be read keeps it.
 */
export function mayRelease(pass: ServerPass): boolean {
  const { server, observation, namingRequests, unreadableRequests } = pass;
  if (unreadableRequests.has(server.status.claim?.uid ?? '')) return false;
  if (namingRequests.some((request) => hasOpenOrder(request, server))) return false;
  if (server.status.unsubscription?.state === 'Completed') return true;
  const { dependents } = observation;
  return (
    dependents.kind === 'Read' && dependents.value.machines.length === 0 && dependents.value.mismatch === undefined
  );
}

const hasOpenOrder = ({ status }: UnsubscriptionRequest, { metadata }: DCCServer): boolean =>
  (status.placements ?? []).some((call) => isOpen(call) && call.servers.includes(metadata.name));
