import { fitUnsubscriptionRequestStatus, type UnsubscriptionRequest } from '../../api/objects.ts';
import type { Placement } from '../../api/unsubscriptionrequest.ts';
import { deadline, milliseconds, seconds } from '../../clock.ts';
import { isConflict, isInvalid } from '../../kubernetes/errors.ts';
import { audit } from '../audit.ts';
import type { RequestContext } from '../context.ts';
import type { Written } from './intent.ts';
import { assertKept, withEntry } from './journal.ts';

/** Its own time, which does not end with the pass or at shutdown: what happened must be written. */
const limit = seconds(60);
const pause = milliseconds(250);

/**
 * Writes the outcome of a call into the journal of the latest version of the request, again and again until it is
 * written or the time is over (then it rejects); then the intent that stands there is settled by reading back. When there
 * is no such request any more, the log is all that keeps the outcome.
 */
export async function recordOutcome(
  context: Pick<RequestContext, 'requests' | 'clock' | 'log'>,
  { request }: Pick<Written, 'request'>,
  placement: Placement,
): Promise<UnsubscriptionRequest> {
  const { requests, clock } = context;
  const signal = deadline(clock, limit);
  const tell = teller(context.log, placement);
  let latest: UnsubscriptionRequest | undefined = request;
  while (latest !== undefined) {
    try {
      const journal: readonly Placement[] = latest.status.placements ?? [];
      const known = journal.find(({ id }) => id === placement.id);
      // A process that was held up does not undo that a person was asked meanwhile.
      const askedAt = known?.askedAt;
      if (isSettledBetter(known, placement)) {
        audit.outcomeStood(context, request, placement, known);
        return latest;
      }
      const placements = withEntry(journal, askedAt === undefined ? placement : { ...placement, askedAt });
      const written = await requests.writeStatus(latest, { ...latest.status, placements });
      audit.outcomeWritten(context, request, placement);
      tellIfCut(context.log, placements, written);
      return written;
    } catch (error) {
      signal.throwIfAborted();
      tell(error);
    }
    await clock.sleep(pause, signal);
    latest = await latestOf(latest, requests, signal);
  }
  audit.requestGone(context, request, placement);
  return request;
}

/** Without the fields that came after the first definitions a call is only judged more carefully, so what is left of the outcome stands. */
function tellIfCut(
  log: RequestContext['log'],
  placements: readonly Placement[],
  { status }: UnsubscriptionRequest,
): void {
  try {
    assertKept(status.placements, fitUnsubscriptionRequestStatus({ placements: [...placements] }).placements ?? []);
  } catch (error) {
    log.error({ err: error }, 'the API server did not keep the outcome of a call as it was written');
  }
}

/**
 * Whether somebody who leads by now has read back what became of the call: that is newer than the answer of a process that was
 * held up. Only an acceptance is certain beyond what was read, and whose order it names.
 */
function isSettledBetter(known: Placement | undefined, placement: Placement): known is Placement {
  switch (known?.state) {
    case undefined:
    case 'Intended':
    case 'Unknown':
      return false;
    case 'Accepted':
      return placement.state !== 'Accepted' || idsIn(known) === idsIn(placement);
    case 'Rejected':
    case 'NotSent':
    case 'NotPlaced':
      return placement.state !== 'Accepted';
  }
}

const idsIn = ({ orders = [] }: Placement): string =>
  orders
    .map(({ orderId }) => orderId)
    .sort()
    .join();

/** Logs why the outcome is not written yet, each reason once; a refusal does not pass by itself. */
function teller(log: RequestContext['log'], placement: Placement): (error: unknown) => void {
  const told = new Set<string>();
  return (error) => {
    const reason = String(error);
    if (isConflict(error) || told.has(reason)) return;
    told.add(reason);
    if (isInvalid(error)) log.error({ err: error, placement }, 'the API server refuses the outcome of a call');
    else log.warn({ err: error, placement }, 'the outcome of a call could not be written yet');
  };
}

/** The request as it stands now; undefined when it is gone, or another one has its name. */
async function latestOf(
  request: UnsubscriptionRequest,
  requests: RequestContext['requests'],
  signal: AbortSignal,
): Promise<UnsubscriptionRequest | undefined> {
  const { namespace, name, uid } = request.metadata;
  try {
    const live = await requests.live(namespace, name, signal);
    if (live?.kind === 'Unreadable' && live.metadata.uid === uid) return request;
    return live?.kind === 'Readable' && live.object.metadata.uid === uid ? live.object : undefined;
  } catch {
    // Tried again with the version at hand: writing that one conflicts when there is a newer one.
    return request;
  }
}
