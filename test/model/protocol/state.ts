import type { Reader, Writer } from '../bytes.ts';
import type { Bounds } from './rules.ts';

/** What a person last wrote about a call that is stuck: nothing, that no order was made, or that this one is its order. */
export type Statement = 'None' | 'NoOrder' | number;

/** A journal entry, as in `status.placements[]`. */
export interface Entry {
  readonly state: (typeof entryStates)[number];
  /** Ticks since the date of the signature that it records, up to the largest that matters; 0 once the call is settled. */
  readonly age: number;
  /** The orders that it names, by their place in the ledger of the cloud. */
  readonly orders: readonly number[];
  readonly result: (typeof results)[number];
  /** Whether a person was asked what became of it. */
  readonly asked: boolean;
}

const entryStates = ['Intended', 'Unknown', 'Accepted', 'Rejected', 'NotSent', 'NotPlaced'] as const;
const results = ['None', 'Completed', 'Cancelled'] as const;

/** An UnsubscriptionRequest in the API server. Entry `n` of the journal is attempt `n + 1`. */
export interface Request {
  readonly stands: (typeof standings)[number];
  /** Approved and not suspended: a person lets it go on. */
  readonly approved: boolean;
  readonly finalizer: boolean;
  readonly entries: readonly Entry[];
  readonly statement: Statement;
  readonly end: (typeof ends)[number];
}

const standings = ['Live', 'Deleting', 'Gone'] as const;
const ends = ['None', 'Complete', 'Failed'] as const;

/** Where a leader is in a pass; the steps of `placement/`, in their order. */
export const places = [
  'Idle',
  'LookedAtRequest',
  'Cleared',
  'Signed',
  'IntentStands',
  'Sent',
  'Classified',
  'Conflicted',
  'ReadOrders',
  'Asking',
  'Settled',
] as const;

/**
 * What its cache shows of a request: an older version that would have the leader do this, or one that makes no difference. A
 * leader whose cache is behind can do less than one whose cache is not, apart from these: its other writes conflict.
 */
export type View = (typeof views)[number];
const views = ['Current', 'StaleRelease', 'StalePlace'] as const;

/** What an order looks like to somebody who reads. */
export type Sight = (typeof sights)[number];
const sights = ['Unseen', 'Running', 'Completed', 'Cancelled'] as const;

/** A process that believes to lead, and what it believes. Fields that its place has no use for are as in `idle`. */
export interface Leader {
  readonly at: (typeof places)[number];
  readonly views: readonly View[];
  /** The request that it works on, from 0, and the attempt. */
  readonly request: number;
  readonly attempt: number;
  /** Whether the version of the request at hand is still the newest: compare-and-swap would succeed. */
  readonly fresh: boolean;
  /** Ticks since it signed. */
  readonly signature: number;
  /** How often it sent the call that it holds. */
  readonly sent: number;
  readonly answer: (typeof answers)[number];
  readonly outcome: (typeof outcomes)[number];
  /** The order that the answer named, or those that it settled upon. */
  readonly orders: readonly number[];
  /** Whether the window was over when it read. */
  readonly dead: boolean;
  /** The orders as it read them. */
  readonly seen: readonly Sight[];
  /** Whether the version that its intent was written on was approved, for the invariants only. */
  readonly backed: boolean;
  /** The journal as it wrote it; only for one who would write it again without a look at the latest. */
  readonly held: readonly Entry[];
}

const answers = ['None', 'Refused', 'Accepted'] as const;
const outcomes = ['Unknown', 'NotSent', 'Rejected', 'Accepted', 'NotPlaced'] as const;

/** A call on its way to the cloud. */
export interface Flight {
  readonly request: number;
  readonly attempt: number;
  readonly signature: number;
  /** The leader that waits for the answer, if one still does. */
  readonly waiting: number | undefined;
  readonly backed: boolean;
}

/** An order in the ledger of the cloud. */
export interface Order {
  /** The request that it was made for, from 0; undefined for one from the console. */
  readonly request: number | undefined;
  readonly attempt: number;
  /** Whether it is about the server of the model, or about another of the same type. */
  readonly about: (typeof subjects)[number];
  readonly state: (typeof orderStates)[number];
  /** Ticks since it was accepted and since it ended, up to the largest that matters. */
  readonly accepted: number;
  readonly ended: number;
  readonly backed: boolean;
}

const subjects = ['Server', 'OtherServer'] as const;
const orderStates = ['Processing', 'Completed', 'Cancelled'] as const;

/** The last call for the server, as the server's own status remembers it. */
export interface Memory {
  readonly request: number;
  readonly attempt: number;
  readonly state: (typeof memoryStates)[number];
  readonly orders: readonly number[];
  /** Ticks since the date of its signature, while it is open. */
  readonly age: number;
}

const memoryStates = ['Open', 'Completed', 'Over'] as const;

/** Everything there is. */
export interface World {
  readonly requests: readonly Request[];
  readonly leaders: readonly Leader[];
  readonly flights: readonly Flight[];
  readonly orders: readonly Order[];
  /** The request that has the server, from 0. */
  readonly claim: number | undefined;
  readonly memory: Memory | undefined;
}

/** A leader at the beginning of a pass. */
export const idle: Omit<Leader, 'views'> = {
  at: 'Idle',
  request: 0,
  attempt: 0,
  fresh: false,
  signature: 0,
  sent: 0,
  answer: 'None',
  outcome: 'Unknown',
  orders: [],
  dead: false,
  seen: [],
  backed: false,
  held: [],
};

/** Nothing was done. What nobody may suspend is approved from the start. */
export function initialWorld({ leaders, requests, suspension }: Bounds): World {
  const request: Request = {
    stands: 'Live',
    approved: !suspension,
    finalizer: false,
    entries: [],
    statement: 'None',
    end: 'None',
  };
  return {
    requests: Array.from({ length: requests }, () => request),
    leaders: Array.from({ length: leaders }, () => ({
      ...idle,
      views: Array.from({ length: requests }, () => 'Current'),
    })),
    flights: [],
    orders: [],
    claim: requests === 1 ? 0 : undefined,
    memory: undefined,
  };
}

/** As many as any list in a state may have. */
const most = 4;

/** Writes a world as bytes. */
export function writeWorld(world: World, to: Writer): void {
  to.list(world.requests, most, (request) => writeRequest(request, to));
  to.list(world.leaders, most, (leader) => writeLeader(leader, to));
  to.list(world.flights, most, (flight) => writeFlight(flight, to));
  to.list(world.orders, most, (order) => writeOrder(order, to));
  writeOptional(world.claim, to);
  to.list(world.memory === undefined ? [] : [world.memory], 1, (memory) => writeMemory(memory, to));
}

/** Reads a world that `writeWorld` wrote. */
export function readWorld(from: Reader): World {
  return {
    requests: from.list(() => readRequest(from)),
    leaders: from.list(() => readLeader(from)),
    flights: from.list(() => readFlight(from)),
    orders: from.list(() => readOrder(from)),
    claim: readOptional(from),
    memory: from.list(() => readMemory(from))[0],
  };
}

function writeMemory({ request, attempt, state, orders, age }: Memory, to: Writer): void {
  to.count(request);
  to.count(attempt);
  to.name(memoryStates, state);
  writeNumbers(orders, to);
  to.count(age);
}

const readMemory = (from: Reader): Memory => ({
  request: from.count(),
  attempt: from.count(),
  state: from.name(memoryStates),
  orders: from.list(from.count),
  age: from.count(),
});

const writeOptional = (value: number | undefined, to: Writer): void => to.count(value === undefined ? 0 : value + 1);

function readOptional(from: Reader): number | undefined {
  const value = from.count();
  return value === 0 ? undefined : value - 1;
}

const writeNumbers = (values: readonly number[], to: Writer): void => to.list(values, most, to.count);

function writeEntry({ state, age, orders, result, asked }: Entry, to: Writer): void {
  to.name(entryStates, state);
  to.count(age);
  writeNumbers(orders, to);
  to.name(results, result);
  to.flag(asked);
}

const readEntry = (from: Reader): Entry => ({
  state: from.name(entryStates),
  age: from.count(),
  orders: from.list(from.count),
  result: from.name(results),
  asked: from.flag(),
});

function writeRequest({ stands, approved, finalizer, entries, statement, end }: Request, to: Writer): void {
  to.name(standings, stands);
  to.flag(approved);
  to.flag(finalizer);
  to.list(entries, most, (entry) => writeEntry(entry, to));
  to.count(statement === 'None' ? 0 : statement === 'NoOrder' ? 1 : statement + 2);
  to.name(ends, end);
}

function readRequest(from: Reader): Request {
  return {
    stands: from.name(standings),
    approved: from.flag(),
    finalizer: from.flag(),
    entries: from.list(() => readEntry(from)),
    statement: readStatement(from),
    end: from.name(ends),
  };
}

function readStatement(from: Reader): Statement {
  const value = from.count();
  return value === 0 ? 'None' : value === 1 ? 'NoOrder' : value - 2;
}

/** Writes a leader as bytes. */
export function writeLeader(leader: Leader, to: Writer): void {
  to.name(places, leader.at);
  to.list(leader.views, most, (view) => to.name(views, view));
  if (leader.at === 'Idle') return;
  to.count(leader.request);
  to.count(leader.attempt);
  to.flag(leader.fresh);
  to.count(leader.signature);
  to.count(leader.sent);
  to.name(answers, leader.answer);
  to.name(outcomes, leader.outcome);
  writeNumbers(leader.orders, to);
  to.flag(leader.dead);
  to.list(leader.seen, most, (sight) => to.name(sights, sight));
  to.flag(leader.backed);
  to.list(leader.held, most, (entry) => writeEntry(entry, to));
}

function readLeader(from: Reader): Leader {
  const at = from.name(places);
  const viewed = from.list(() => from.name(views));
  if (at === 'Idle') return { ...idle, views: viewed };
  return {
    at,
    views: viewed,
    request: from.count(),
    attempt: from.count(),
    fresh: from.flag(),
    signature: from.count(),
    sent: from.count(),
    answer: from.name(answers),
    outcome: from.name(outcomes),
    orders: from.list(from.count),
    dead: from.flag(),
    seen: from.list(() => from.name(sights)),
    backed: from.flag(),
    held: from.list(() => readEntry(from)),
  };
}

function writeFlight({ request, attempt, signature, waiting, backed }: Flight, to: Writer): void {
  to.count(request);
  to.count(attempt);
  to.count(signature);
  writeOptional(waiting, to);
  to.flag(backed);
}

const readFlight = (from: Reader): Flight => ({
  request: from.count(),
  attempt: from.count(),
  signature: from.count(),
  waiting: readOptional(from),
  backed: from.flag(),
});

function writeOrder({ request, attempt, about, state, accepted, ended, backed }: Order, to: Writer): void {
  writeOptional(request, to);
  to.count(attempt);
  to.name(subjects, about);
  to.name(orderStates, state);
  to.count(accepted);
  to.count(ended);
  to.flag(backed);
}

const readOrder = (from: Reader): Order => ({
  request: readOptional(from),
  attempt: from.count(),
  about: from.name(subjects),
  state: from.name(orderStates),
  accepted: from.count(),
  ended: from.count(),
  backed: from.flag(),
});
