import { writerInto } from '../bytes.ts';
import type { Model } from '../explore.ts';
import { cloudSteps, tick } from './cloud.ts';
import { passOverCache, readRows, recordQuestion, recordSettlement } from './following.ts';
import { violationOf } from './invariants.ts';
import type { Setting } from './journal.ts';
import { peopleSteps } from './people.ts';
import { afterLastLook, awaitAnswer, lookAtCloud, lookAtRequest, readLatest, recordOutcome } from './placing.ts';
import { serverSteps } from './server.ts';
import { initialWorld, type Leader, places, readWorld, type World, writeLeader, writeWorld } from './state.ts';
import { fault, leaderOf, nameOf, resting, step, type WorldStep } from './world.ts';

/** The placement protocol as a model: leaders, people, one API server, one cloud. */
export function placementModel(setting: Setting): Model<World> {
  return {
    initial: initialWorld(setting.bounds),
    next: (world) => [
      ...world.leaders.flatMap((_, index) => leaderSteps(world, index, setting)),
      ...peopleSteps(world, setting),
      ...serverSteps(world, setting.bounds),
      ...cloudSteps(world, setting),
      ...tick(world, setting),
    ],
    violation: (world) => violationOf(world, setting),
    isEnd,
    canonical,
    write: writeWorld,
    read: readWorld,
  };
}

/** A leader goes on from where it is, hears what its cache lacks, or crashes. It may also do nothing for as long as it likes. */
function leaderSteps(world: World, index: number, setting: Setting): WorldStep[] {
  return [...placeSteps(world, index, setting), ...hear(world, index), ...crash(world, index)];
}

function placeSteps(world: World, index: number, setting: Setting): WorldStep[] {
  switch (leaderOf(world, index).at) {
    case 'Idle':
      return [...lookAtRequest(world, index, setting), ...passOverCache(world, index, setting)];
    case 'LookedAtRequest':
      return lookAtCloud(world, index, setting);
    case 'Cleared':
    case 'Signed':
    case 'IntentStands':
      return afterLastLook(world, index, setting);
    case 'Sent':
      return awaitAnswer(world, index, setting);
    case 'Classified':
      return recordOutcome(world, index, setting);
    case 'Conflicted':
      return readLatest(world, index);
    case 'ReadOrders':
      return readRows(world, index, setting);
    case 'Asking':
      return recordQuestion(world, index, setting);
    case 'Settled':
      return recordSettlement(world, index, setting);
  }
}

function hear(world: World, index: number): WorldStep[] {
  return leaderOf(world, index).views.flatMap((view, request) => {
    if (view === 'Current') return [];
    const leaders = world.leaders.map((leader, each) =>
      each === index
        ? { ...leader, views: leader.views.map((old, seen) => (seen === request ? 'Current' : old)) }
        : leader,
    );
    return step(`${nameOf(index)} hears of the newest version of request ${request + 1}`, { ...world, leaders });
  });
}

/** What it held is gone; what it sent is on its way. Its caches are filled anew. */
function crash(world: World, index: number): WorldStep[] {
  if (leaderOf(world, index).at === 'Idle') return [];
  const flights = world.flights.map((flight) =>
    flight.waiting === index ? { ...flight, waiting: undefined } : flight,
  );
  return [fault(`${nameOf(index)} crashes and starts again`, resting({ ...world, flights }, index))];
}

/** Each request has ended or is gone, nobody is at work, and nothing is on its way. */
function isEnd({ requests, leaders, flights, orders }: World): boolean {
  return (
    requests.every(({ stands, end, finalizer }) => stands === 'Gone' || (end !== 'None' && !finalizer)) &&
    leaders.every(({ at }) => at === 'Idle') &&
    flights.length === 0 &&
    orders.every(({ state }) => state !== 'Processing')
  );
}

/** Leaders differ by their names only: of two the one that is further on goes first. */
function canonical(world: World): World {
  const [first, second, ...more] = world.leaders;
  if (first === undefined || second === undefined || more.length > 0) return world;
  const order = compare(first, second);
  // Of two that are alike the first one waits for the call that was sent first.
  const waiting = world.flights.find((flight) => flight.waiting !== undefined)?.waiting;
  return order < 0 || (order === 0 && waiting === 1) ? exchanged(world) : world;
}

/** Any order will do, as long as two leaders that differ have one. */
function compare(first: Leader, second: Leader): number {
  if (first.at !== second.at) return places.indexOf(first.at) - places.indexOf(second.at);
  const one = bytesOf(first);
  const other = bytesOf(second);
  const index = one.findIndex((byte, at) => byte !== other[at]);
  return index === -1 ? 0 : (one[index] ?? 0) - (other[index] ?? 0);
}

function bytesOf(leader: Leader): Uint8Array {
  const bytes = new Uint8Array(64);
  writeLeader(leader, writerInto(bytes));
  return bytes;
}

const exchanged = (world: World): World => ({
  ...world,
  leaders: world.leaders.toReversed(),
  flights: world.flights.map((flight) =>
    flight.waiting === undefined ? flight : { ...flight, waiting: 1 - flight.waiting },
  ),
});
