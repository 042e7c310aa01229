import type { Placement } from '../../../operator/api/unsubscriptionrequest.ts';
import type { Asked, StoredObject } from '../api-server.ts';
import { journalOf, requestsPlural } from '../objects.ts';
import { orderAgain, orderWhatIsMissing } from './console.ts';
import { stops } from './holding-up.ts';
import type { Known } from './known.ts';
import { forceAndStartOver, replace } from './starting-over.ts';

const pathOfRequest = new RegExp(`/${requestsPlural}/([^/]+)$`);

const lost = (journal: readonly Placement[]) => journal.filter(({ state }) => state === 'Unknown');
const ended = (journal: readonly Placement[]) => journal.filter(({ result }) => result !== undefined);

/** From now on people see what the operator and the cloud do, and do something about it. */
export function watchForOccasions(known: Known): void {
  const { server, cloud } = known;
  cloud.onAccept((order) => orderAgain(known, order));
  server.onAsk((asked) => onAsk(known, asked));
  server.onWrite(({ object }, before) => {
    if (object.kind === 'UnsubscriptionRequest') onReport(known, object, before);
  });
}

function onAsk({ schedule, server, meddle }: Known, { method, path }: Asked): void {
  // A last look begins.
  const [, name] = pathOfRequest.exec(path) ?? [];
  if (method === 'GET' && name !== undefined && schedule.chance(0.5)) meddle(server.get(requestsPlural, name));
}

function onReport(known: Known, request: StoredObject, before: StoredObject | undefined): void {
  const { schedule, breaksGlass, isImpatient, isResting, meddle, shortly } = known;
  const [then, now] = [before === undefined ? [] : journalOf(before), journalOf(request)];
  // When one order has come to its end, the next is about to leave.
  const [hasCalled, hasHeard] = [now.length > then.length, ended(now).length > ended(then).length];
  known.hasSeenCall ||= hasCalled;
  if (hasCalled || hasHeard) meddle(request);
  if (hasCalled && known.takesOccasion()) stopAtOnce(known, request);
  const [hasLost] = lost(now).slice(lost(then).length);
  if (hasLost !== undefined) orderWhatIsMissing(known, hasLost);
  // Who is told that something was given back, and sees it in the console still, applies the request anew.
  if (isImpatient && !isResting && hasHeard && schedule.chance(0.7)) shortly(() => replace(known, request));
  if (breaksGlass && hasCalled && schedule.chance(0.3)) shortly(() => forceAndStartOver(known, request));
}

/** Between the intent and its call: that is milliseconds, or what the API server takes. */
function stopAtOnce(known: Known, request: StoredObject): void {
  const { schedule } = known;
  if (!schedule.chance(0.3)) return;
  schedule.after(schedule.between(0, schedule.pick([10, 500]) ?? 0), () => schedule.pick(stops)?.(known, request));
}
