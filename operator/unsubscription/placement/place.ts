import type { UnsubscriptionRequest } from '../../api/objects.ts';
import type { Placement } from '../../api/unsubscriptionrequest.ts';
import type { RequestContext } from '../context.ts';
import type { Snapshot } from '../snapshot.ts';
import { recordIntent } from './intent.ts';
import { isFresh, type LastLook, lastLook, type PlaceDecision } from './last-look.ts';
import { lookForLateMachines } from './late-machines.ts';
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
  const fresh = isFresh(look.cleared.began, context.clock);
  const placement = fresh ? await send(intent, context.callTimeout) : notSent(intent.placement);
  context.log.info({ request: intent.request.metadata.name, placement }, 'the outcome of a call');
  const request = await recordOutcome(context, intent, placement);
  if (placement.state === 'Accepted' || placement.state === 'Unknown')
    await lookForLateMachines(context, snapshot, decision, signal);
  return { kind: 'Attempted', request };
}

/** The entry of a call that never left, because what the last look had seen was too old when it was about to. */
const notSent = (placement: Placement): Placement => ({
  ...placement,
  state: 'NotSent',
  detail: 'The last look was too old when the call was about to be sent: the process was held up.',
});
