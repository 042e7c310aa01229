import type { RememberedCall } from '../api/dccserver.ts';
import type { DCCServer, UnsubscriptionRequest } from '../api/objects.ts';
import { isForAPart, mayTakeAway, unfollowedCalls } from '../inventory/abandoned-calls.ts';
import type { ServerObservation } from './snapshot.ts';

/**
 * The calls that a server remembers of other requests, without a known end. Renewals may be cancelled once more at any time, and what no
 * longer hangs on the server is not ordered again. A call for a disk that is still there counts for renewals, too: the server remembers one
 * call for a part of it, so theirs would make it forget this one.
 */
export function callsInTheWay(
  server: DCCServer,
  request: UnsubscriptionRequest,
  observation: Pick<ServerObservation, 'subscription'>,
): RememberedCall[] {
  // Whoever else has the server follows its calls, and keeps this request from ordering.
  if (server.status.claim?.uid !== request.metadata.uid) return [];
  const isInTheWay = (call: RememberedCall) =>
    isForAPart(call) ? mayTakeAway(call, server, observation) : request.spec.scope !== 'RenewalsOnly';
  return unfollowedCalls(server, [request]).filter(isInTheWay);
}
