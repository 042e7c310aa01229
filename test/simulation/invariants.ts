import { holdPrefix } from '../../operator/api/names.ts';
import { isOpen, type Placement } from '../../operator/api/unsubscriptionrequest.ts';
import { seconds } from '../../operator/clock.ts';
import type { ApiServer, StoredObject, WatchLine } from './api-server.ts';
import { type Cloud, type LedgerOrder, longestLag, longestProcessing } from './cloud.ts';
import type { Leadership } from './leadership.ts';
import { type ApprovedPlans, haltConfigMap, hasEnded, requestsPlural, specOf, statusOf } from './people.ts';
import type { Schedule } from './schedule.ts';

/** What must hold in every world, watched from outside, where everything is known. */
export interface Invariants {
  /** What did not hold, and when. */
  readonly violations: readonly string[];
  /** To be called at the end, when the journals and the ledger must say the same and nothing may be left undone. */
  check(): void;
  /** How the calls ended, in the words of the journals. */
  counts(): Record<string, number>;
}

export interface Watched {
  readonly schedule: Schedule;
  readonly server: ApiServer;
  readonly cloud: Cloud;
  readonly leadership: Leadership;
  readonly approved: ApprovedPlans;
}

/** An intent as it was written: the entry, and the request with which it came to stand in the API server. */
interface Intent {
  readonly entry: Placement;
  readonly request: StoredObject;
  readonly at: number;
}

interface Span {
  readonly from: number;
  until: number;
}

/** A look is good for a minute, a call takes ten seconds and the cloud some of its own; what it shows may be old. */
const unseenFor = seconds(60) + seconds(10) + longestProcessing + longestLag;
/** The switch is read right before the intent is written. */
const haltSeenWithin = seconds(10);
/** What a process has sent when it loses the lease comes when it comes. */
const underWayFor = seconds(30);

const isFor = (order: LedgerOrder, { signedAt, resourceIds }: Placement): boolean =>
  order.signedAt === signedAt && order.resourceIds.join() === resourceIds.join();

export function watchInvariants(watched: Watched): Invariants {
  const { schedule, server, cloud } = watched;
  const violations: string[] = [];
  const intents: Intent[] = [];
  const lastWords = new Map<string, Placement>();
  const halted: Span[] = [];
  const fail = (faults: readonly string[]): void => {
    for (const fault of faults) violations.push(`${(schedule.now / 1_000).toFixed(3)} s: ${fault}`);
  };

  const onJournal = ({ object, type }: WatchLine, before: StoredObject | undefined) => {
    const [old, now] = [before === undefined ? [] : journalOf(before), journalOf(object)];
    for (const entry of now) {
      lastWords.set(`${object.metadata.uid} ${entry.id}`, entry);
      if (old.some(({ id }) => id === entry.id)) continue;
      const intent = { entry, request: object, at: schedule.now };
      intents.push(intent);
      fail(faultsOfIntent(intent, watched.approved, halted));
    }
    const lost = old.filter(({ id }) => !now.some((entry) => entry.id === id));
    fail(lost.map(({ id }) => `the entry ${id} of ${object.metadata.name} is gone from its journal`));
    if (type === 'DELETED' && now.some(isOpen)) fail([`${object.metadata.name} is gone with an open call`]);
  };
  server.onWrite((line, before) => {
    if (line.object.metadata.name === haltConfigMap) noteHalt(halted, line.type, schedule.now);
    if (line.object.kind === 'UnsubscriptionRequest') onJournal(line, before);
  });
  cloud.onAccept((order) => {
    if (order.signedAt !== undefined) fail(faultsOfOrder(order, intents, watched));
  });

  return {
    violations,
    check: () => {
      fail([...lastWords].flatMap(([key, entry]) => faultsOfWord(key, entry, cloud.ledger)));
      const named = new Set([...lastWords.values()].flatMap(({ orders = [] }) => orders.map(({ orderId }) => orderId)));
      const unnamed = oursIn(cloud).filter(({ orderId }) => !named.has(orderId));
      fail(unnamed.map(({ orderId }) => `${orderId} stands in no journal`));
      fail(server.list(requestsPlural).flatMap((request) => (hasEnded(request) ? [] : [unfinished(request)])));
    },
    counts: () => {
      const found: Record<string, number> = { orders: oursIn(cloud).length };
      for (const entry of lastWords.values()) {
        const words = `calls: ${wordsFor(entry)}`;
        found[words] = (found[words] ?? 0) + 1;
      }
      return found;
    },
  };
}

const journalOf = (request: StoredObject): readonly Placement[] => statusOf(request).placements ?? [];

const oursIn = ({ ledger }: Cloud): LedgerOrder[] => ledger.filter(({ signedAt }) => signedAt !== undefined);

function noteHalt(halted: Span[], type: WatchLine['type'], now: number): void {
  if (type === 'ADDED') halted.push({ from: now, until: Number.POSITIVE_INFINITY });
  if (type === 'DELETED') for (const span of halted) span.until = Math.min(span.until, now);
}

/** Nothing is intended that is not approved as it was shown, or that a person holds back. */
function faultsOfIntent({ entry, request, at }: Intent, approved: ApprovedPlans, halted: readonly Span[]): string[] {
  const { metadata } = request;
  const { approvedPlan, suspend } = specOf(request);
  const { plan } = statusOf(request);
  const planned = plan?.orders[Number(entry.id.split('.')[0]) - 1];
  const isHeld = Object.keys(metadata.annotations ?? {}).some((key) => key.startsWith(holdPrefix));
  const wasHalted = halted.some(({ from, until }) => from < at - haltSeenWithin && at <= until);
  const faults: readonly (readonly [boolean, string])[] = [
    [approvedPlan !== entry.plan || plan?.id !== entry.plan, 'is of a plan that nobody approved'],
    [approved.get(entry.plan) !== JSON.stringify(plan?.orders), 'is of other orders than were approved'],
    [planned?.resourceIds.join() !== entry.resourceIds.join(), 'is not in its plan'],
    [suspend === true, 'was written while its request was suspended'],
    [metadata.deletionTimestamp !== undefined, 'was written while its request was being deleted'],
    [isHeld, 'was written while its request was held'],
    [!metadata.finalizers?.length, 'was written without the finalizer'],
    [wasHalted, 'was written while the operator was halted'],
  ];
  return faults.flatMap(([isSo, fault]) => (isSo ? [`the intent ${entry.id} of ${metadata.name} ${fault}`] : []));
}

/** What the cloud accepts was intended before, by who leads, once for each resource, and for an empty server. */
function faultsOfOrder(
  order: LedgerOrder,
  intents: readonly Intent[],
  { cloud, leadership, schedule }: Watched,
): string[] {
  const { orderId, resourceIds, acceptedAt } = order;
  const intent = intents.find(({ entry }) => isFor(order, entry));
  if (intent === undefined) return [`${orderId} was accepted without an intent`];
  const { holder } = leadership;
  const isLate = schedule.now - intent.at > underWayFor;
  const isUsurped = holder !== undefined && holder !== intent.entry.holder && !isLate;
  const first = oursIn(cloud).find(
    (other) =>
      other !== order &&
      other.resourceIds.some((id) => resourceIds.includes(id)) &&
      (other.ends === 'Completed' || other.endsAt > acceptedAt),
  );
  const left = cloud.machines.filter(
    ({ resourceId, from, until }) =>
      resourceIds.includes(resourceId) && from < acceptedAt - unseenFor && until > acceptedAt,
  );
  return [
    ...(isUsurped ? [`${orderId} is of ${intent.entry.holder} while ${holder} leads`] : []),
    ...(first === undefined ? [] : [`${orderId} was accepted for what ${first.orderId} is for already`]),
    ...left.map(({ id, resourceId }) => `${orderId} was accepted while ${id} was on ${resourceId} for long`),
  ];
}

/** The last word of a journal on a call, against the ledger. */
function faultsOfWord(key: string, entry: Placement, ledger: readonly LedgerOrder[]): string[] {
  const call = `call ${entry.id} of ${key.split(' ')[0]} (${entry.state})`;
  const made = ledger.find((order) => isFor(order, entry));
  const denied = entry.state !== 'Accepted' && made !== undefined ? [`${call} was accepted as ${made.orderId}`] : [];
  const wrong = (entry.orders ?? []).flatMap(({ orderId }) => {
    const named = ledger.find((order) => order.orderId === orderId);
    if (named?.resourceIds.join() !== entry.resourceIds.join())
      return [`${call} names ${orderId}, which is for others`];
    const isWrong = entry.result !== undefined && entry.result !== named.ends;
    return isWrong ? [`${call} says ${entry.result} of ${orderId}, which is ${named.ends}`] : [];
  });
  return [...denied, ...wrong];
}

function unfinished(request: StoredObject): string {
  const ready = statusOf(request).conditions?.find(({ type }) => type === 'Ready');
  return `${request.metadata.name} has not come to its end: ${ready?.message}`;
}

/** By the beginning of the detail: `settle.ts` tells there how it knows. */
function wordsFor({ state, detail = '', result }: Placement): string {
  const how = ['The answer was lost', 'A person stated'].find((beginning) => detail.startsWith(beginning));
  return [state, result, how].filter((word) => word !== undefined).join(', ');
}
