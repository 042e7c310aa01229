import { type DCCServerStatus, endIsKnown, type RememberedCall, rememberedCalls } from '../api/dccserver.ts';
import type { DCCServer, UnsubscriptionRequest } from '../api/objects.ts';
import type { ServerObservation } from './observation.ts';
import { isGone } from './row-state.ts';

/** The calls that a server remembers without a known end, but for those in the journals of these requests, which follow them. Pure. */
export function unfollowedCalls({ status }: DCCServer, requests: readonly UnsubscriptionRequest[]): RememberedCall[] {
  const journals = requests.flatMap((request) => request.status.placements ?? []);
  const followed = new Set(journals.map(({ signedAt }) => signedAt));
  return rememberedCalls(status).filter((call) => !endIsKnown(call) && !followed.has(call.signedAt ?? ''));
}

/**
 * Whether something is still there that an order of the call would take away, as far as can be read: the server, or a secondary resource. Not when it was
 * for renewals, which may be cancelled again.
 */
export function mayTakeAway(
  call: RememberedCall,
  { spec }: DCCServer,
  { subscription }: Pick<ServerObservation, 'subscription'>,
): boolean {
  const row = subscription.kind === 'Read' ? subscription.value : undefined;
  if (!isForAPart(call)) return !isGone(row?.status);
  const isLeft = (id: string) => row === undefined || row.secondaries.some(({ resourceId }) => resourceId === id);
  return call.resourceIds.some((id) => id !== spec.resourceId && isLeft(id));
}

export const isForAPart = (call: RememberedCall): call is NonNullable<DCCServerStatus['partialUnsubscription']> =>
  'resourceIds' in call;
