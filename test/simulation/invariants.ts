import { isDeepStrictEqual } from 'node:util';
import { forceReleaseAnnotation } from '../../operator/api/names.ts';
import { isOpen, type Placement } from '../../operator/api/unsubscriptionrequest.ts';
import { minutes } from '../../operator/clock.ts';
import type { StoredObject, WatchLine } from './api-server.ts';
import { type Glance, isFor, type LedgerOrder, type SentCall } from './cloud.ts';
import { unfinished, violationsOfCompleted, violationsOfFailed, violationsOfLeftOver } from './ends.ts';
import { violationsOfDeparture, watchLiveReads } from './live-reads.ts';
import { lastLookAt, violationsOfLooks } from './looks.ts';
import { haltConfigMap, hasEnded, journalOf, requestsPlural } from './objects.ts';
import type { Fail } from './verdict.ts';
import {
  callKey,
  type Intent,
  oursIn,
  type Span,
  violationsOfIntent,
  violationsOfOrder,
  violationsOfQuestion,
  violationsOfServer,
  violationsOfTime,
  violationsOfWord,
  violationsOfWrite,
  type Watched,
} from './violations.ts';

/** What must hold in every world, watched from outside, where everything is known. */
interface Invariants {
  /** To be called when the machine room has calmed down. */
  calm(): void;
  /** For how long no journal has changed, in milliseconds. */
  quietFor(): number;
  /** To be called when people have only helped for long, and give up now what is left: all that can finish must have. */
  checkLeftOver(): void;
  /** To be called at the end, when the journals and the ledger must say the same and nothing may be left undone. */
  check(): void;
  /** How the calls ended, in the words of the journals. */
  counts(): Record<string, number>;
}

export function watchInvariants(watched: Watched, fail: Fail): Invariants {
  const { schedule, server, cloud } = watched;
  const intents: Intent[] = [];
  const lastWords = new Map<string, Placement>();
  const halted: Span[] = [];
  const reads = watchLiveReads(server, schedule);
  const glances: Glance[] = [];
  const namedSince = new Map<string, number>();
  /** Calls that were open when their request was let go by force. */
  const abandoned = new Set<string>();
  let isGlassBroken = false;
  let isCalm = false;
  let changedAt = 0;

  /** Every process has had the time to hear all news. */
  const isUndisturbed = () => {
    const since = schedule.now - minutes(2);
    return isCalm && [...watched.hosts.values()].every((host) => host.ranSince(since) === schedule.now - since);
  };
  const noteOutcome = (entry: Placement, request: StoredObject) => {
    const intent = intents.find((one) => callKey(one.request, one.entry) === callKey(request, entry));
    if (intent !== undefined && entry.state !== 'Intended') intent.outcomeAt ??= schedule.now;
  };
  const onEntry = (entry: Placement, known: Placement | undefined, request: StoredObject) => {
    lastWords.set(callKey(request, entry), entry);
    for (const { orderId } of entry.orders ?? []) if (!namedSince.has(orderId)) namedSince.set(orderId, schedule.now);
    const isAsked = entry.askedAt !== undefined && known?.askedAt === undefined;
    if (isAsked && isUndisturbed()) fail(violationsOfQuestion(entry, request, watched, namedSince));
    if (known !== undefined) return noteOutcome(entry, request);
    const looked = { reads: reads.of(entry.holder ?? '', requestsPlural, request.metadata.name), glances };
    const lookedAt = lastLookAt({ entry }, looked);
    const moments = { at: schedule.now, lookedAt, departure: undefined, outcomeAt: undefined };
    const intent: Intent = { entry, request, ...moments };
    intents.push(intent);
    fail(violationsOfIntent(intent, watched, halted));
    fail(violationsOfLooks(intent, looked, namedSince));
  };
  const onGone = (request: StoredObject) => {
    const open = journalOf(request).filter(isOpen);
    const isForced = request.metadata.annotations?.[forceReleaseAnnotation] !== undefined;
    if (open.length > 0 && !isForced) fail([`${request.metadata.name} is gone with an open call`]);
    isGlassBroken ||= isForced;
    for (const entry of open) abandoned.add(callKey(request, entry));
  };
  const onJournal = ({ object, type }: WatchLine, before: StoredObject | undefined) => {
    const [old, now] = [before === undefined ? [] : journalOf(before), journalOf(object)];
    if (!isDeepStrictEqual(old, now)) changedAt = schedule.now;
    for (const entry of now)
      onEntry(
        entry,
        old.find(({ id }) => id === entry.id),
        object,
      );
    const lost = old.filter(({ id }) => !now.some((entry) => entry.id === id));
    fail(lost.map(({ id }) => `the entry ${id} of ${object.metadata.name} is gone from its journal`));
    if (type === 'DELETED') onGone(object);
  };
  server.onWrite((line, before) => {
    if (line.object.metadata.name === haltConfigMap) noteHalt(halted, line.type, schedule.now);
    if (line.object.kind === 'UnsubscriptionRequest') {
      onJournal(line, before);
      fail(violationsOfFailed(line.object));
    }
    if (line.object.kind === 'DCCServer') fail(violationsOfServer(line.object, watched));
  });
  server.onAsk((asked) => {
    if (asked.method !== 'GET') fail(violationsOfWrite(asked, watched));
  });
  cloud.onGlance((glance) => {
    glances.push(glance);
    const { process, resourceId, against, machines, foreignOrders } = glance;
    const seen = [...against, ...machines, ...foreignOrders.map((orderId) => `${orderId} is open`)].join(', ');
    schedule.tell(process, () => `looks at ${resourceId}: ${seen || 'nothing is against an order'}`);
  });
  cloud.onDepart((call) => {
    const intent = intents.find(({ entry }) => isSent(entry, call));
    if (intent === undefined) return;
    intent.departure ??= { at: schedule.now, leader: watched.leadership.holder };
    fail([...violationsOfDeparture(intent, reads), ...violationsOfTime(intent, watched)]);
  });
  cloud.onAccept((order) => {
    if (order.signedAt !== undefined) fail(violationsOfOrder(order, intents, watched, abandoned));
  });

  return {
    calm: () => {
      isCalm = true;
    },
    quietFor: () => schedule.now - changedAt,
    checkLeftOver: () => fail(violationsOfLeftOver(watched, isGlassBroken)),
    check: () => {
      const followed = [...lastWords].filter(([key]) => !abandoned.has(key));
      fail(followed.flatMap(([key, entry]) => violationsOfWord(key, entry, watched)));
      fail(violationsOfCompleted(watched));
      const named = new Set([...lastWords.values()].flatMap(({ orders = [] }) => orders.map(({ orderId }) => orderId)));
      const isAbandoned = (order: LedgerOrder) =>
        intents.some(({ entry, request }) => isFor(order, entry) && abandoned.has(callKey(request, entry)));
      const unnamed = oursIn(cloud).filter((order) => !named.has(order.orderId) && !isAbandoned(order));
      fail(unnamed.map(({ orderId }) => `${orderId} stands in no journal`));
      fail(server.list(requestsPlural).flatMap((request) => (hasEnded(request) ? [] : [unfinished(request)])));
    },
    counts: () => {
      const ours = oursIn(cloud);
      const found: Record<string, number> = {
        'worlds in which a call was made': Math.min(1, intents.length),
        orders: ours.length,
        'orders for several servers': ours.filter(({ resourceIds }) => resourceIds.length > 1).length,
        'orders refused in part': ours.filter(({ refused }) => refused.length > 0).length,
        'calls let go by force': abandoned.size,
        ...deathsIn(intents, watched.hosts),
      };
      for (const entry of lastWords.values()) {
        const words = `calls: ${wordsFor(entry)}`;
        found[words] = (found[words] ?? 0) + 1;
      }
      return found;
    },
  };
}

/** How often a process died right in the middle of an order. */
function deathsIn(intents: readonly Intent[], hosts: Watched['hosts']): Record<string, number> {
  const deaths = { 'processes killed between intent and call': 0, 'processes killed between call and outcome': 0 };
  for (const { entry, at, departure, outcomeAt = Number.POSITIVE_INFINITY } of intents) {
    const diedAt = hosts.get(entry.holder ?? '')?.diedAt;
    if (diedAt === undefined || diedAt < at || diedAt > outcomeAt) continue;
    deaths[`processes killed between ${departure === undefined ? 'intent and call' : 'call and outcome'}`] += 1;
  }
  return deaths;
}

const isSent = ({ signedAt, holder, resourceIds }: Placement, call: SentCall): boolean =>
  signedAt === call.signedAt && holder === call.process && resourceIds.join() === call.resourceIds.join();

function noteHalt(halted: Span[], type: WatchLine['type'], now: number): void {
  if (type === 'ADDED') halted.push({ from: now, until: Number.POSITIVE_INFINITY });
  if (type === 'DELETED') for (const span of halted) span.until = Math.min(span.until, now);
}

/** By the beginning of the detail: `settle.ts` tells there how it knows. */
function wordsFor({ state, detail = '', result, failed = [] }: Placement): string {
  const how = ['The outcome was not known', 'A person stated'].find((beginning) => detail.startsWith(beginning));
  const part = failed.some(({ code }) => code === 'Stated') ? 'a refused part stated' : undefined;
  return [state, result, how, part].filter((word) => word !== undefined).join(', ');
}
