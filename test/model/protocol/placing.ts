import { isClosed, rowsSeen, sightsOf, truthOf, unclaimed } from './billing.ts';
import { isLost, type Setting, settled, withEntry, workOn } from './journal.ts';
import { isAbandoned, isUnsettled } from './server.ts';
import type { Entry, Leader, Sight, World } from './state.ts';
import {
  callOf,
  fault,
  leaderOf,
  nameOf,
  reading,
  requestOf,
  resting,
  step,
  type WorldStep,
  withLeader,
  withRequest,
} from './world.ts';

/** `lastLook`, its first part: the live read of the request. It goes on only when it is to place. */
export function lookAtRequest(world: World, index: number, setting: Setting): WorldStep[] {
  const { views } = leaderOf(world, index);
  return world.requests.flatMap((request, each) => {
    const work = workOn(request, setting);
    const { lastLook } = setting.rules;
    const isCached = views[each] === 'StalePlace';
    const old = isCached && lastLook !== 'Live' && request.stands !== 'Gone';
    if (work.do !== 'Place' && !old) return [];
    const place: Partial<Leader> = {
      at: 'LookedAtRequest',
      request: each,
      attempt: request.entries.length,
      fresh: !(old && lastLook === 'Cached'),
    };
    if (request.entries.length >= setting.bounds.attempts) return [];
    const how = old ? 'takes request' : 'last look: reads request';
    return step(
      `${nameOf(index)} ${how} ${each + 1}${old ? ' from its cache' : ' live'}`,
      withLeader(world, index, place),
    );
  });
}

/** `lastLook`, its second part: the server and the cloud. Cleared when both show nothing against the order. */
export function lookAtCloud(world: World, index: number, { rules, bounds }: Setting): WorldStep[] {
  const { request } = leaderOf(world, index);
  const cleared = withLeader(world, index, { at: 'Cleared' });
  const who = nameOf(index);
  const blocked = step(`${who} last look: the order is blocked`, resting(world, index));
  if (!hasServer(world, request, { rules, bounds })) return [blocked];
  const label = `${who} last look: the server and the cloud show nothing against it`;
  if (!rules.lastLookReadsCloud) return [step(label, cleared)];
  const { memory } = world;
  const abandoned = isAbandoned(memory, request) ? memory.orders : [];
  const others = [...unclaimed(world), ...abandoned].flatMap((each) => world.orders[each] ?? []);
  const endedForbids = isAbandoned(memory, request) && rules.endedOrderForbids;
  const allows = (sight: Sight): boolean => sight !== 'Running' && !(endedForbids && sight === 'Completed');
  const isFree = !isClosed(world) && others.every((order) => allows(truthOf(order)));
  if (isFree) return [step(label, cleared)];
  const mayLookFree =
    rowsSeen(world, bounds).includes('InUse') && others.every((order) => sightsOf(order, bounds).some(allows));
  return mayLookFree ? [blocked, reading(label, false, cleared)] : [blocked];
}

/** By what the server's own status says. */
function hasServer(world: World, request: number, { rules, bounds }: Setting): boolean {
  if (rules.claim && world.claim !== request) return false;
  if (rules.recordForbidsOrder && world.memory?.state === 'Completed') return false;
  return !rules.memoryForbidsOrder || !isUnsettled(world, request, bounds);
}

/** What follows the last look, in the order of the rules: `signUnsubscription`, `recordIntent`, `send`. */
export function afterLastLook(world: World, index: number, setting: Setting): WorldStep[] {
  const { at } = leaderOf(world, index);
  const { order } = setting.rules;
  if (order === 'IntendSignSend') {
    if (at === 'Cleared') return recordIntent(world, index, setting);
    return at === 'IntentStands' ? sign(world, index) : send(world, index, setting);
  }
  if (at === 'Cleared') return sign(world, index);
  return at === 'Signed' && order === 'SignIntendSend'
    ? recordIntent(world, index, setting)
    : send(world, index, setting);
}

function sign(world: World, index: number): WorldStep[] {
  const label = `${nameOf(index)} signs call ${callOf(leaderOf(world, index))}`;
  return [step(label, withLeader(world, index, { at: 'Signed', signature: 0 }))];
}

/** `recordIntent`: by compare-and-swap, with the date of the signature. */
function recordIntent(world: World, index: number, setting: Setting): WorldStep[] {
  const leader = leaderOf(world, index);
  const request = requestOf(world, leader.request);
  const who = nameOf(index);
  const conflict = step(`${who} conflict: the intent is not written`, resting(world, index));
  if (request.stands === 'Gone') return [conflict];
  if (setting.rules.intentOnClearedVersion && !leader.fresh) return [conflict];
  const entry: Entry = { ...settled('Intended'), age: leader.signature };
  const entries = withEntry(request.entries, leader.attempt, entry);
  const written = withRequest(world, leader.request, { ...request, entries }, setting, index);
  const held = setting.rules.outcomeAfterConflict === 'Overwrites' ? entries : [];
  const next = withLeader(written, index, { at: 'IntentStands', backed: request.approved, held });
  return [step(`${who} writes the intent of call ${callOf(leader)}`, next)];
}

/** `send`: it leaves once, or certainly not at all. */
function send(world: World, index: number, { rules }: Setting): WorldStep[] {
  const leader = leaderOf(world, index);
  const { request, attempt, signature, backed } = leader;
  const who = nameOf(index);
  if (world.flights.length >= mostFlights) throw new Error(`more than ${mostFlights} calls are under way`);
  const flights = [...world.flights, { request, attempt, signature, waiting: index, backed }];
  const sent = withLeader({ ...world, flights }, index, {
    ...forgotten(leader, rules),
    at: 'Sent',
    answer: 'None',
    orders: [],
  });
  // A second time only where the rules are broken.
  if (leader.sent > 0) return [step(`${who} sends call ${callOf(leader)} again`, sent)];
  const notSent = withLeader(world, index, { ...forgotten(leader, rules), at: 'Classified', outcome: rules.unsentIs });
  return [
    step(`${who} sends call ${callOf(leader)}`, sent),
    fault(`${who} gets no connection for call ${callOf(leader)}: it certainly did not leave`, notSent),
  ];
}

/** What it needs no more once the call is sent, if it sends it once. */
function forgotten({ sent, signature, backed }: Leader, { sendOnce, order }: Setting['rules']): Partial<Leader> {
  if (!sendOnce) return { sent: sent + 1 };
  return order === 'SignSendIntend' ? { signature, backed } : { signature: 0, backed: false };
}

/** No world has more under way at a time, and none may be left out silently: then not every state was looked at. */
const mostFlights = 3;

/** The answer, classified by what is certain; or none. */
export function awaitAnswer(world: World, index: number, { rules }: Setting): WorldStep[] {
  const leader = leaderOf(world, index);
  const { answer, sent, orders } = leader;
  const who = nameOf(index);
  const call = callOf(leader);
  const waitsNoMore = {
    ...world,
    flights: world.flights.map((flight) => (flight.waiting === index ? { ...flight, waiting: undefined } : flight)),
  };
  const classified = (outcome: Leader['outcome'], named: readonly number[] = []) =>
    withLeader(waitsNoMore, index, { at: 'Classified', outcome, orders: named, answer: 'None' });
  const again =
    rules.sendOnce || sent > 1 ? [] : [fault(`${who} waits in vain`, sendAgain(waitsNoMore, index, rules.order))];
  const none = { label: `${who} gets no answer to call ${call}`, state: classified(rules.lostAnswerIs) };
  switch (answer) {
    case 'None':
      return [{ ...none, fault: false }, ...again];
    case 'Accepted':
      return [
        step(`${who} is told that call ${call} was accepted`, classified('Accepted', orders)),
        { ...none, fault: true },
        ...again,
      ];
    case 'Refused':
      return [
        step(`${who} is told that call ${call} was refused`, classified('Rejected')),
        { ...none, fault: true },
        ...again,
      ];
  }
}

const sendAgain = (world: World, index: number, order: Setting['rules']['order']): World =>
  withLeader(world, index, { at: order === 'SignIntendSend' ? 'IntentStands' : 'Signed', answer: 'None', orders: [] });

/** `recordOutcome`: by compare-and-swap, after a conflict on the latest version; what was settled meanwhile stays. */
export function recordOutcome(world: World, index: number, setting: Setting): WorldStep[] {
  const leader = leaderOf(world, index);
  const { outcomeAfterConflict, givesWayToSettled } = setting.rules;
  const request = requestOf(world, leader.request);
  const who = nameOf(index);
  const call = callOf(leader);
  const ended = resting(world, index);
  if (request.stands === 'Gone')
    return [step(`${who} only logs the outcome of call ${call}: the request is gone`, ended)];
  const known = request.entries[leader.attempt];
  const overwrites = outcomeAfterConflict === 'Overwrites' && !leader.fresh;
  if (!leader.fresh && !overwrites) {
    const label = `${who} conflict: the outcome of call ${call} is not written`;
    if (outcomeAfterConflict === 'SameVersionAgain') return [step(label, world)];
    const next = outcomeAfterConflict === 'GivenUp' ? ended : withLeader(world, index, { at: 'Conflicted' });
    return [step(label, next)];
  }
  const label = `${who} writes ${leader.outcome} as the outcome of call ${call}`;
  const entry: Entry = {
    ...settled(leader.outcome, leader.orders),
    age: leader.outcome === 'Unknown' ? (known?.age ?? leader.signature) : 0,
    asked: leader.outcome === 'Unknown' && setting.rules.outcomeKeepsQuestion && known?.asked === true,
  };
  if (overwrites) {
    const old = { ...request, entries: withEntry(leader.held, leader.attempt, entry), end: 'None' } as const;
    return [
      step(
        `${label} over whatever stands there`,
        resting(withRequest(world, leader.request, old, setting, index), index),
      ),
    ];
  }
  if (givesWayToSettled && known !== undefined && isSettledBetter(known, leader.outcome)) {
    return [step(`${who} leaves call ${call} as another has settled it`, ended)];
  }
  const entries = withEntry(request.entries, leader.attempt, entry);
  return [step(label, resting(withRequest(world, leader.request, { ...request, entries }, setting, index), index))];
}

/** As in `record-outcome.ts`: only an acceptance is certain beyond what was read. */
const isSettledBetter = (known: Entry, outcome: Leader['outcome']): boolean =>
  !isLost(known) && (known.state === 'Accepted' || outcome !== 'Accepted');

/** The latest version, read live after a conflict. */
export const readLatest = (world: World, index: number): WorldStep[] => [
  step(
    `${nameOf(index)} reads the latest version of the request`,
    withLeader(world, index, { at: 'Classified', fresh: true }),
  ),
];
