import { isClosed, rowsSeen, sightsOf, truthOf, unclaimed } from './billing.ts';
import { endOf, isOpen, type Setting, settled, type Work, withEntry, workOn } from './journal.ts';
import { isRecorded } from './server.ts';
import { settle } from './settle.ts';
import type { Order, Sight, World } from './state.ts';
import {
  callOf,
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

/** A pass that only needs its cache: on an older version all that it writes conflicts, but for the release of the finalizer. */
export function passOverCache(world: World, index: number, setting: Setting): WorldStep[] {
  const { views } = leaderOf(world, index);
  return world.requests.flatMap((request, each) => {
    if (views[each] === 'StaleRelease') return release(world, index, each, setting);
    return [
      ...passOver(world, index, each, workOn(request, setting), setting),
      ...finishEmpty(world, index, each, setting),
    ];
  });
}

function passOver(world: World, index: number, each: number, work: Work, setting: Setting): WorldStep[] {
  const who = nameOf(index);
  const request = requestOf(world, each);
  switch (work.do) {
    case 'Release':
      return release(world, index, each, setting);
    case 'Hold': {
      const held = withRequest(world, each, { ...request, finalizer: true }, setting, index);
      return [step(`${who} adds the finalizer to request ${each + 1}`, held)];
    }
    case 'Finish': {
      const ended = withRequest(world, each, { ...request, end: work.end }, setting, index);
      return [step(`${who} writes that request ${each + 1} is ${work.end}`, ended)];
    }
    case 'Settle':
      return readOrders(world, index, { request: each, attempt: work.attempt }, setting);
    case 'Follow':
      return follow(world, index, { request: each, attempt: work.attempt }, setting);
    case 'Rest':
    case 'Place':
      return [];
  }
}

/** `releaseFinalizer`: a patch that tests only the finalizer that it takes away. */
function release(world: World, index: number, each: number, setting: Setting): WorldStep[] {
  const request = requestOf(world, each);
  if (!request.finalizer || !isRecorded(world, each)) return [];
  const stands = request.stands === 'Deleting' ? 'Gone' : request.stands;
  const released = withRequest(world, each, { ...request, finalizer: false, stands }, setting, index);
  return [step(`${nameOf(index)} takes the finalizer off request ${each + 1}`, released)];
}

/** `finishWhenNothingIsLeft`: the row is closed and no call was accepted. */
function finishEmpty(world: World, index: number, each: number, setting: Setting): WorldStep[] {
  const request = requestOf(world, each);
  const isNext = endOf(request.entries, setting.bounds) === undefined && !request.entries.some(isOpen);
  if (request.stands !== 'Live' || request.end !== 'None' || !isNext || !isClosed(world)) return [];
  const ended = withRequest(world, each, { ...request, end: 'Complete' }, setting, index);
  return [step(`${nameOf(index)} finds nothing left to order: request ${each + 1} is Complete`, ended)];
}

interface Call {
  request: number;
  attempt: number;
}

/** `evidence.ts`, its first part: the time, then the orders that no journal names. */
function readOrders(world: World, index: number, call: Call, { bounds }: Setting): WorldStep[] {
  const mine = unclaimed(world);
  const dead = isDead(world, call, bounds.settleWindow);
  return combinations(world.orders, (order, each) => (mine.has(each) ? sightsOf(order, bounds) : ['Unseen'])).map(
    (seen) => {
      const isTrue = world.orders.every((order, each) => !mine.has(each) || seen[each] === truthOf(order));
      const state = withLeader(world, index, { at: 'ReadOrders', ...call, fresh: true, dead, seen });
      return reading(
        `${nameOf(index)} reads the orders to settle call ${callOf(call)}: ${inWords(seen, dead)}`,
        isTrue,
        state,
      );
    },
  );
}

function inWords(seen: readonly Sight[], dead: boolean): string {
  const visible = seen.flatMap((sight, each) => (sight === 'Unseen' ? [] : [`order ${each + 1} is ${sight}`]));
  return `${visible.join(', ') || 'none'}; the window is ${dead ? 'over' : 'not over'}`;
}

function isDead(world: World, { request, attempt }: Call, window: number): boolean {
  const entry = requestOf(world, request).entries[attempt];
  return entry !== undefined && entry.age >= window;
}

/** `evidence.ts`, its second part, the rows and the bill; then `settle.ts`. */
export function readRows(world: World, index: number, { rules, bounds }: Setting): WorldStep[] {
  const leader = leaderOf(world, index);
  const { request, attempt, seen } = leader;
  const dead = rules.timeIsTaken === 'BeforeReading' ? leader.dead : isDead(world, leader, bounds.settleWindow);
  const { entries, statement } = requestOf(world, request);
  const asked = entries[attempt]?.asked === true;
  // The bill can be a day late: nothing may depend on it.
  const bills = seen.some((sight, each) => sight === 'Completed' && world.orders[each]?.about === 'Server')
    ? [false, true]
    : [false];
  return rowsSeen(world, bounds).flatMap((row, each) =>
    bills.map((billed) => {
      const evidence = { seen, row, dead, billed, asked, statement: leader.fresh ? statement : 'None' } as const;
      const next = afterSettlement(world, index, settle(evidence, world, rules));
      const label = `${nameOf(index)} reads the row${billed ? ' and the bill' : ''}: ${row}; ${next.label}`;
      return reading(label, each === 0 && !billed, next.state);
    }),
  );
}

function afterSettlement(world: World, index: number, settlement: ReturnType<typeof settle>) {
  switch (settlement.kind) {
    case 'Waiting':
      return { label: 'Waiting', state: resting(world, index) };
    case 'Stuck':
      return settlement.asks
        ? {
            label: 'Stuck, a person is to be asked',
            state: withLeader(world, index, { at: 'Asking', dead: false, seen: [] }),
          }
        : { label: 'Stuck', state: resting(world, index) };
    case 'NotPlaced':
      return { label: 'not placed', state: withLeader(world, index, { ...done, outcome: 'NotPlaced' }) };
    case 'Accepted': {
      const named = settlement.orders.map((each) => each + 1).join(', ');
      const verdict = { ...done, outcome: 'Accepted', orders: settlement.orders } as const;
      return { label: `it is order ${named}`, state: withLeader(world, index, verdict) };
    }
  }
}

const done = { at: 'Settled', dead: false, seen: [] } as const;

/** That a person is asked from now on: by compare-and-swap on the version that was read. */
export function recordQuestion(world: World, index: number, setting: Setting): WorldStep[] {
  const leader = leaderOf(world, index);
  const request = requestOf(world, leader.request);
  const entry = request.entries[leader.attempt];
  const who = nameOf(index);
  if (!leader.fresh || entry === undefined)
    return [step(`${who} conflict: the question is not written`, resting(world, index))];
  const entries = withEntry(request.entries, leader.attempt, { ...entry, asked: true });
  const written = withRequest(world, leader.request, { ...request, entries }, setting, index);
  return [step(`${who} writes that a person is asked about call ${callOf(leader)}`, resting(written, index))];
}

/** `RecordPlacement`: by compare-and-swap on the version that was read. */
export function recordSettlement(world: World, index: number, setting: Setting): WorldStep[] {
  const leader = leaderOf(world, index);
  const request = requestOf(world, leader.request);
  const who = nameOf(index);
  const blind = !setting.rules.settlementOnReadVersion && request.stands !== 'Gone';
  if (!leader.fresh && !blind) return [step(`${who} conflict: the settlement is not written`, resting(world, index))];
  const state = leader.outcome === 'Accepted' ? 'Accepted' : 'NotPlaced';
  const entries = withEntry(request.entries, leader.attempt, settled(state, leader.orders));
  const written = withRequest(world, leader.request, { ...request, entries }, setting, index);
  return [step(`${who} writes that call ${callOf(leader)} is ${state}`, resting(written, index))];
}

/** `follow`: an accepted order to its end, and the row with it. An old answer only delays it, so none is looked at. */
function follow(world: World, index: number, call: Call, setting: Setting): WorldStep[] {
  const request = requestOf(world, call.request);
  const entry = request.entries[call.attempt];
  const orders = entry?.orders.flatMap((each) => world.orders[each] ?? []) ?? [];
  const result = resultOf(orders, isClosed(world));
  if (entry === undefined || result === undefined) return [];
  const entries = withEntry(request.entries, call.attempt, { ...entry, result });
  const written = withRequest(world, call.request, { ...request, entries }, setting, index);
  return [step(`${nameOf(index)} writes that the order of call ${callOf(call)} is ${result}`, written)];
}

function resultOf(orders: readonly Order[], closed: boolean): 'Completed' | 'Cancelled' | undefined {
  if (orders.length === 0 || orders.some(({ state }) => state === 'Processing')) return undefined;
  if (orders.some(({ state }) => state === 'Cancelled')) return 'Cancelled';
  return closed ? 'Completed' : undefined;
}

/** Every way to choose one of the options of each item. */
function combinations(orders: readonly Order[], options: (order: Order, index: number) => readonly Sight[]): Sight[][] {
  return orders.reduce<Sight[][]>(
    (chosen, order, index) => chosen.flatMap((before) => options(order, index).map((sight) => [...before, sight])),
    [[]],
  );
}
