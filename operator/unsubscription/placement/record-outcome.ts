import type { UnsubscriptionRequest } from '../../api/objects.ts';
import type { Placement } from '../../api/unsubscriptionrequest.ts';
import { deadline, milliseconds, seconds } from '../../clock.ts';
import { isConflict } from '../../kubernetes/errors.ts';
import type { RequestContext } from '../context.ts';
import type { RecordedIntent } from './intent.ts';
import { withEntry } from './journal.ts';

/** Its own time, which does not end with the pass or at shutdown: what happened must be written. */
const limit = seconds(60);
const pause = milliseconds(250);

/**
 * Writes the outcome of a call into the journal of the latest version of the request, again and again until it is
 * written or the time is over; then the intent that stands there is settled by reading back.
 */
export async function recordOutcome(
  { requests, clock, log }: RequestContext,
  intent: RecordedIntent,
  placement: Placement,
): Promise<UnsubscriptionRequest> {
  const signal = deadline(limit);
  let { request } = intent;
  for (;;) {
    try {
      const placements = withEntry(request.status.placements ?? [], placement);
      return await requests.writeStatus(request, { ...request.status, placements });
    } catch (error) {
      signal.throwIfAborted();
      if (!isConflict(error)) log.warn({ err: error, placement: placement.id }, 'the outcome could not be written yet');
    }
    await clock.sleep(pause, signal);
    request = await latest(request, requests, signal);
  }
}

async function latest(request: UnsubscriptionRequest, requests: RequestContext['requests'], signal: AbortSignal) {
  const { namespace, name, uid } = request.metadata;
  // A read that fails is tried again with the version at hand: writing that one then conflicts.
  const live = await requests.live(namespace, name, signal).catch(() => undefined);
  return live?.kind === 'Readable' && live.object.metadata.uid === uid ? live.object : request;
}
