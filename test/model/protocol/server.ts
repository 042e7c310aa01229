import { isLost, isOpen } from './journal.ts';
import type { Bounds } from './rules.ts';
import type { Entry, Memory, Request, World } from './state.ts';
import { callOf, requestOf, step, type WorldStep } from './world.ts';

/**
 * The one writer of the server's status. `claimFor`: it gives the server to the oldest request, and keeps it there until that has
 * ended. `calls.ts`: it writes down the last call of that request, and keeps what it knows when the request is gone.
 */
export function serverSteps(world: World, bounds: Bounds): WorldStep[] {
  if (world.requests.length === 1) return [];
  const claim = claimFor(world);
  const memory = memoryOf(world, bounds);
  if (claim === world.claim && isSame(memory, world.memory)) return [];
  const label = claim === undefined ? 'nobody has the server' : `request ${claim + 1} has the server`;
  const known = memory === undefined ? '' : `, and that call ${callOf(memory)} is ${memory.state}`;
  return [step(`the server's controller writes that ${label}${known}`, { ...world, claim, memory })];
}

function claimFor(world: World): number | undefined {
  const holder = world.claim === undefined ? undefined : requestOf(world, world.claim);
  if (holder !== undefined && !isOver(holder)) return world.claim;
  const next = world.requests.findIndex((request) => !isOver(request) && request.stands === 'Live');
  return next === -1 ? undefined : next;
}

const isOver = ({ end, stands }: Request): boolean => end !== 'None' || stands === 'Gone';

/** What the server knows after a pass: the last call of the request that has it. */
function memoryOf(world: World, bounds: Bounds): Memory | undefined {
  if (world.claim === undefined) return world.memory;
  const request = requestOf(world, world.claim);
  const attempt = request.entries.length - 1;
  const entry = request.entries[attempt];
  if (request.stands === 'Gone' || entry === undefined) return world.memory;
  const known = remembers(world, world.claim, attempt) ? world.memory : undefined;
  const state = stateOf(entry);
  const age = state === 'Open' ? (known?.age ?? ageOf(entry, world, bounds)) : 0;
  return { request: world.claim, attempt, state, orders: entry.orders, age };
}

function stateOf(entry: Entry): Memory['state'] {
  if (isOpen(entry)) return 'Open';
  return entry.result === 'Completed' ? 'Completed' : 'Over';
}

/** Of a call that was accepted the model does not keep it: it is as old as it can be. */
function ageOf(entry: Entry, { orders }: World, { signatureLife, clockBound, memoryLasts }: Bounds): number {
  if (isLost(entry)) return Math.min(entry.age, memoryLasts);
  const accepted = Math.max(...entry.orders.map((each) => orders[each]?.accepted ?? 0));
  return Math.min(signatureLife + clockBound + accepted, memoryLasts);
}

const isSame = (one: Memory | undefined, other: Memory | undefined): boolean =>
  one?.request === other?.request &&
  one?.attempt === other?.attempt &&
  one?.state === other?.state &&
  one?.orders.join() === other?.orders.join();

/** Whether the server knows of a call. */
export const remembers = ({ memory }: World, request: number, attempt: number): boolean =>
  memory?.request === request && memory.attempt === attempt;

/** Whether the server remembers an open call that is not of this request: its own was let go by force. */
export const isAbandoned = (memory: Memory | undefined, request: number): memory is Memory =>
  memory !== undefined && memory.request !== request && memory.state === 'Open';

/** `mayTakeEffect`: whether another request has to wait for a call that was let go by force. */
export const isUnsettled = ({ memory }: World, request: number, { memoryLasts }: Bounds): boolean =>
  isAbandoned(memory, request) && memory.age < memoryLasts;

/** Whether the server shows what became of a request that has it: only then is it released. */
export function isRecorded(world: World, index: number): boolean {
  const { entries } = requestOf(world, index);
  const attempt = entries.length - 1;
  const last = entries[attempt];
  if (world.requests.length === 1 || world.claim !== index || last === undefined) return true;
  return remembers(world, index, attempt) && world.memory?.state === stateOf(last);
}
