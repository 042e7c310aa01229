import { isDeepStrictEqual } from 'node:util';
import type { DCCServerStatus } from '../../operator/api/dccserver.ts';
import { holdPrefix } from '../../operator/api/names.ts';
import type { Placement } from '../../operator/api/unsubscriptionrequest.ts';
import { minutes, seconds } from '../../operator/clock.ts';
import { resourceIdOf } from '../builders/dccserver.ts';
import type { ApiServer, Asked, StoredObject } from './api-server.ts';
import { type Cloud, callsDeadAfter, clockBound, isFor, type LedgerOrder, settleWindow } from './cloud.ts';
import type { Host } from './host.ts';
import type { Leadership } from './leadership.ts';
import { journalOf, requestsPlural, serversPlural, specOf, statusOf } from './objects.ts';
import type { ApprovedPlans } from './people/known.ts';
import type { Schedule } from './schedule.ts';

export interface Watched {
  readonly schedule: Schedule;
  readonly server: ApiServer;
  readonly cloud: Cloud;
  readonly leadership: Leadership;
  readonly approved: ApprovedPlans;
  readonly hosts: ReadonlyMap<string, Host>;
  /** Whether all servers were bought as one portfolio. */
  readonly isPortfolio: boolean;
}

/** An intent as it was written: the entry, and the request with which it came to stand in the API server. */
export interface Intent {
  readonly entry: Placement;
  readonly request: StoredObject;
  readonly at: number;
  /** When the second look began, with reading the request. */
  readonly lookedAt: number;
  /** When the call left, and who led then. */
  departure: { readonly at: number; readonly leader: string | undefined } | undefined;
  /** When its journal first said what became of it. */
  outcomeAt: number | undefined;
}

export interface Span {
  readonly from: number;
  until: number;
}

/** How old a look may be when the order leaves, by a clock that may go a little slow. */
const lookValidFor = seconds(60.1);
/** The switch is read right before the intent is written: how long a running process takes from the one to the other. */
const haltSeenWithin = seconds(3);

export const oursIn = ({ ledger }: Cloud): LedgerOrder[] => ledger.filter(({ signedAt }) => signedAt !== undefined);

/** Nothing is intended that is not approved as it was shown, or that a person holds back. */
export function violationsOfIntent(
  { entry, request, at }: Intent,
  watched: Watched,
  halted: readonly Span[],
): string[] {
  const { approved, hosts } = watched;
  const { metadata } = request;
  const host = hosts.get(entry.holder ?? '');
  const { approvedPlan, suspend } = specOf(request);
  const { plan } = statusOf(request);
  const planned = plan?.orders[Number(entry.id.split('.')[0]) - 1];
  const isHeld = Object.keys(metadata.annotations ?? {}).some((key) => key.startsWith(holdPrefix));
  const wasHalted = halted.some(
    ({ from, until }) => host !== undefined && host.ranSince(from) > haltSeenWithin && at <= until,
  );
  const checks: readonly (readonly [boolean, string])[] = [
    [approvedPlan !== entry.plan || plan?.id !== entry.plan, 'is of a plan that nobody approved'],
    [approved.get(entry.plan) !== JSON.stringify(plan?.orders), 'is of other orders than were approved'],
    [planned?.resourceIds.join() !== entry.resourceIds.join(), 'is not in its plan'],
    [isPart(entry, watched), 'is for a part of a portfolio'],
    [suspend === true, 'was written while its request was suspended'],
    [metadata.deletionTimestamp !== undefined, 'was written while its request was being deleted'],
    [isHeld, 'was written while its request was held'],
    [!metadata.finalizers?.length, 'was written without the finalizer'],
    [wasHalted, 'was written while the operator was halted'],
  ];
  return checks.flatMap(([isSo, violation]) =>
    isSo ? [`the intent ${entry.id} of ${metadata.name} ${violation}`] : [],
  );
}

/** Nothing is intended before the time that its request names, and nothing leaves after. */
export function violationsOfTime({ entry, request, at }: Intent, { cloud, schedule }: Watched): string[] {
  const { notBefore = '', deadline = '' } = specOf(request);
  const isEarly = cloud.wallClock(at) < new Date(notBefore);
  const isLate = cloud.wallClock(schedule.now) >= new Date(deadline);
  const call = `call ${entry.id} of ${request.metadata.name}`;
  return [
    ...(isEarly ? [`${call} was intended before ${notBefore}`] : []),
    ...(isLate ? [`${call} left at ${deadline} or later`] : []),
  ];
}

/** Some of the servers of a portfolio, and not all there are: what belongs to it, the objects of its servers say. */
function isPart({ resourceIds }: Placement, { isPortfolio, cloud, server }: Watched): boolean {
  const before = cloud.wallClock().getTime() - lookValidFor;
  const known = server
    .list(serversPlural)
    .filter(({ metadata: { creationTimestamp = '' } }) => new Date(creationTimestamp).getTime() < before);
  const isKnown = known.length === cloud.resources.length;
  const named = cloud.resources.filter((id) => resourceIds.includes(id));
  return isPortfolio && isKnown && named.length > 0 && named.length < cloud.resources.length;
}

/** Who has lost the lease writes nothing any more, but what became of its call. */
export function violationsOfWrite({ process, method, path, body }: Asked, { server, leadership }: Watched): string[] {
  const { holder } = leadership;
  if (holder === undefined || holder === process) return [];
  const [, plural = '', name = ''] = /\/([^/]+)\/([^/]+)(?:\/status)?$/.exec(path) ?? [];
  if (plural !== requestsPlural && plural !== serversPlural) return [];
  const isOutcome = method === 'PUT' && differsByJournal(body as StoredObject, server.get(plural, name));
  return isOutcome ? [] : [`${process} writes ${plural}/${name} while ${holder} leads`];
}

/** What is not of the latest version is refused, whatever it is. */
function differsByJournal(written: StoredObject, stored: StoredObject | undefined): boolean {
  if (stored?.metadata.resourceVersion !== written.metadata.resourceVersion) return true;
  const [now, then] = [written, stored].map(({ status }) => ({ ...(status as object), placements: undefined }));
  return isDeepStrictEqual(now, then);
}

/** What the cloud accepts was intended before, was sent by who led then, is the only one, and is for an empty server. */
export function violationsOfOrder(
  order: LedgerOrder,
  intents: readonly Intent[],
  { cloud }: Watched,
  abandoned: ReadonlySet<string>,
): string[] {
  const { orderId, acceptedAt } = order;
  const intent = intents.find(({ entry }) => isFor(order, entry));
  if (intent === undefined) return [`${orderId} was accepted without an intent`];
  const { holder } = intent.entry;
  const leader = intent.departure?.leader ?? holder;
  const before = oursIn(cloud).find(
    (other) =>
      other !== order &&
      isSameThing(order, other, intents, abandoned, cloud) &&
      (other.ends === 'Completed' || other.endsAt > acceptedAt),
  );
  const isLookOld = (intent.departure?.at ?? intent.at) - intent.lookedAt > lookValidFor;
  return [
    ...(isLookOld ? [`${orderId} left longer than a minute after the last look`] : []),
    ...(leader === holder ? [] : [`${orderId} was sent by ${holder} while ${leader} led`]),
    ...(before === undefined ? [] : [`${orderId} was accepted for what ${before.orderId} is for already`]),
    ...(order.givesBack ? machinesUnseen(intent, cloud) : []).map(
      ({ id, resourceId }) => `${orderId} left while ${id} was on ${resourceId} for long`,
    ),
  ];
}

/**
 * Whether two orders take the same away. Of its renewals one request may rid a server after another, but not while an order of one
 * that was let go by force may still take effect.
 */
function isSameThing(
  order: LedgerOrder,
  other: LedgerOrder,
  intents: readonly Intent[],
  abandoned: ReadonlySet<string>,
  { wallClock }: Cloud,
): boolean {
  if (order.givesBack !== other.givesBack || !other.resourceIds.some((id) => order.resourceIds.includes(id)))
    return false;
  const [intent, before] = [order, other].map((one) => intents.find(({ entry }) => isFor(one, entry)));
  const isAbandoned = before !== undefined && abandoned.has(callKey(before.request, before.entry));
  const deadAt = new Date(other.signedAt ?? 0).getTime() + callsDeadAfter;
  const isRemembered = isAbandoned && wallClock(order.acceptedAt).getTime() <= deadAt;
  return order.givesBack || intent?.request.metadata.uid === before?.request.metadata.uid || isRemembered;
}

/** A call in all journals that there ever were. */
export const callKey = ({ metadata: { uid } }: StoredObject, { id }: Placement): string => `${uid} ${id}`;

/** The machines that the last look must have seen. */
function machinesUnseen({ entry, at, lookedAt, departure }: Intent, cloud: Cloud) {
  const leftAt = departure?.at ?? at;
  return cloud.machines.filter(
    ({ resourceId, from, until }) =>
      entry.resourceIds.includes(resourceId) && from < lookedAt - cloud.machinesLag && until > leftAt,
  );
}

/** The last word of a journal on a call, against the ledger. */
export function violationsOfWord(key: string, entry: Placement, { cloud, schedule }: Watched): string[] {
  const { ledger } = cloud;
  const call = `call ${entry.id} of ${key.split(' ')[0]} (${entry.state})`;
  const made = ledger.find((order) => isFor(order, entry));
  const denied = entry.state !== 'Accepted' && made !== undefined ? [`${call} was accepted as ${made.orderId}`] : [];
  const wrong = (entry.orders ?? []).flatMap(({ orderId, refund }) => {
    const named = ledger.find((order) => order.orderId === orderId);
    // What never took effect cannot be told from what somebody ordered in the console instead, of just the same or more, at its time: decision 7.
    const isInstead =
      made === undefined &&
      named !== undefined &&
      entry.resourceIds.every((id) => named.resourceIds.includes(id)) &&
      isOfItsTime(named, entry, cloud);
    if (named === undefined || !(isFor(named, entry) || isInstead))
      return [`${call} names ${orderId}, which is for others`];
    // What the order is not for, a lost answer does not say; somebody in the console may have given it back since. Of renewals no row tells.
    const refused = entry.resourceIds.filter((id) => !named.resourceIds.includes(id));
    const isHidden = refused.some(
      (id) => !entry.failed?.some(({ resourceId }) => resourceId === id) && !cloud.isGone(id, schedule.now),
    );
    if (entry.result === 'Completed' && isHidden && named.givesBack)
      return [`${call} is Completed, and a part of it was refused`];
    if (entry.result === 'Completed' && refund === undefined && named.givesBack)
      return [`${call} is Completed, and does not say what came back`];
    const isWrong = entry.result !== undefined && entry.result !== named.ends;
    return isWrong ? [`${call} says ${entry.result} of ${orderId}, which is ${named.ends}`] : [];
  });
  return [...denied, ...wrong];
}

/** Whether an order was accepted while that of a call may have been. */
function isOfItsTime(order: LedgerOrder, { signedAt }: Placement, { createTime }: Cloud): boolean {
  const after = createTime(order).getTime() - new Date(signedAt).getTime();
  return after >= -clockBound && after <= settleWindow;
}

/** A server says that it was unsubscribed only once it is gone: from then on its machines count no more. */
export function violationsOfServer({ metadata, status }: StoredObject, { cloud, schedule }: Watched): string[] {
  const { unsubscription } = (status ?? {}) as DCCServerStatus;
  if (unsubscription?.state !== 'Completed' || cloud.isGone(resourceIdOf(metadata.name), schedule.now)) return [];
  return [`${metadata.name} says that it was unsubscribed, and is still there`];
}

/** A person is asked about a lost call only where an order could be its, or where what became of the resource explains nothing. */
export function violationsOfQuestion(
  entry: Placement,
  request: StoredObject,
  { cloud, schedule, server }: Watched,
  namedSince: ReadonlyMap<string, number>,
): string[] {
  if (entry.resourceIds.some((id) => cloud.isGone(id, schedule.now))) return [];
  const signed = new Date(entry.signedAt).getTime();
  const named = new Set(
    server
      .list(requestsPlural)
      .flatMap(journalOf)
      .flatMap(({ orders = [] }) => orders.map(({ orderId }) => orderId))
      .filter((orderId) => (namedSince.get(orderId) ?? schedule.now) < schedule.now - minutes(1)),
  );
  const possible = cloud.ledger.filter(
    (order) => !named.has(order.orderId) && Math.abs(cloud.createTime(order).getTime() - signed) <= settleWindow,
  );
  return possible.length > 0
    ? []
    : [`somebody was asked for the order of call ${entry.id} of ${request.metadata.name}, and there is none`];
}
