import { isLost, type Setting } from './journal.ts';
import type { Bounds } from './rules.ts';
import type { Flight, Leader, Order, World } from './state.ts';
import { callOf, fault, step, type WorldStep } from './world.ts';

/** What the cloud and the network do by themselves. */
export function cloudSteps(world: World, setting: Setting): WorldStep[] {
  return [
    ...world.flights.flatMap((flight, index) => arrivals(world, flight, index, setting)),
    ...world.orders.flatMap((order, index) => endings(world, order, index, setting.bounds)),
    ...(setting.bounds.console ? consoleOrders(world) : []),
  ];
}

/**
 * A call arrives whenever it likes, or never. Its signature is all that the gateway goes by; the cloud refuses it for an
 * order of the console that stands in its way, but never protects us from ourselves.
 */
function arrivals(world: World, flight: Flight, index: number, { rules, bounds }: Setting): WorldStep[] {
  const landed = { ...world, flights: world.flights.filter((_, each) => each !== index) };
  const call = callOf(flight);
  const isAlive = !rules.signatureExpires || flight.signature <= bounds.signatureLife + bounds.clockBound;
  const refused = answered(landed, flight, 'Refused');
  const lost = fault(`call ${call} is lost on its way`, landed);
  if (!isAlive) return [step(`the gateway refuses call ${call}: its signature is too old`, refused), lost];
  const refusal = `the cloud refuses call ${call}`;
  if (world.orders.some(standsInTheWay))
    return [step(`${refusal}: somebody else has unsubscribed the server`, refused), lost];
  if (world.orders.length >= mostOrders) throw new Error(`the cloud has more than ${mostOrders} orders`);
  const accepted = step(`the cloud accepts call ${call} as order ${world.orders.length + 1}`, accept(landed, flight));
  return [accepted, fault(refusal, refused), lost];
}

const standsInTheWay = ({ request, about, state }: Order): boolean =>
  request === undefined && about === 'Server' && state !== 'Cancelled';

/** Two of ours and two of the console. No world has more, and none may be left out silently: then not every state was looked at. */
const mostOrders = 4;

function accept(world: World, flight: Flight): World {
  const { request, attempt, backed } = flight;
  const order: Order = { request, attempt, about: 'Server', state: 'Processing', accepted: 0, ended: 0, backed };
  const ordered = { ...world, orders: [...world.orders, order] };
  return answered(ordered, flight, 'Accepted', [world.orders.length]);
}

const answered = (
  world: World,
  { waiting }: Flight,
  answer: 'Accepted' | 'Refused',
  orders: readonly number[] = [],
): World => ({
  ...world,
  leaders: world.leaders.map((leader, index) => (index === waiting ? { ...leader, answer, orders } : leader)),
});

function endings(world: World, order: Order, index: number, { cancellation }: Bounds): WorldStep[] {
  if (order.state !== 'Processing') return [];
  const ended = (state: Order['state']): World => ({
    ...world,
    orders: world.orders.map((each, at) => (at === index ? { ...order, state } : each)),
  });
  const completed = step(`order ${index + 1} completes`, ended('Completed'));
  return cancellation ? [completed, fault(`order ${index + 1} is cancelled`, ended('Cancelled'))] : [completed];
}

/**
 * Once somebody orders something of the same type in the console: this server, if nothing stands in the way, or another. And
 * once more when a person was asked about a call, because nothing happened.
 */
function consoleOrders(world: World): WorldStep[] {
  const asked = world.requests.some(({ entries }) => entries.some((entry) => entry.asked));
  if (world.orders.filter(({ request }) => request === undefined).length >= (asked ? 2 : 1)) return [];
  const isTaken = world.orders.some(({ about, state }) => about === 'Server' && state !== 'Cancelled');
  const subjects: Order['about'][] = isTaken ? ['OtherServer'] : ['Server', 'OtherServer'];
  return subjects.map((about) => {
    const order: Order = {
      request: undefined,
      attempt: 0,
      about,
      state: 'Processing',
      accepted: 0,
      ended: 0,
      backed: false,
    };
    const what = about === 'Server' ? 'the same server' : 'another server';
    const label = `somebody unsubscribes ${what} in the console: order ${world.orders.length + 1}`;
    return fault(label, { ...world, orders: [...world.orders, order] });
  });
}

/** Time passes for everything at once. Ages stop where they matter no more, so that time has no end and the states have one. */
export function tick(world: World, { bounds, rules }: Setting): WorldStep[] {
  const { lag, settleWindow, memoryLasts, signatureLife, clockBound } = bounds;
  const oldest = Math.max(settleWindow, signatureLife + clockBound + 1);
  const older = (age: number, most: number): number => Math.min(age + 1, most);
  const aged: World = {
    ...world,
    requests: world.requests.map((request) => ({
      ...request,
      entries: request.entries.map((entry) =>
        isLost(entry) && request.stands !== 'Gone' ? { ...entry, age: older(entry.age, oldest) } : entry,
      ),
    })),
    leaders: world.leaders.map((leader) =>
      holdsSignature(leader, rules) ? { ...leader, signature: older(leader.signature, oldest) } : leader,
    ),
    flights: world.flights.map((flight) => ({ ...flight, signature: older(flight.signature, oldest) })),
    orders: world.orders.map((order) => ({
      ...order,
      accepted: older(order.accepted, lag),
      ended: order.state === 'Processing' ? 0 : older(order.ended, lag),
    })),
    memory:
      world.memory?.state === 'Open' ? { ...world.memory, age: older(world.memory.age, memoryLasts) } : world.memory,
  };
  return [step('time passes', aged)];
}

/** Whether a leader has a signature that it may still use, or would record. */
function holdsSignature({ at, sent }: Leader, { order }: Setting['rules']): boolean {
  if (at === 'Signed') return true;
  if (at === 'IntentStands') return order !== 'IntendSignSend';
  return at === 'Sent' && (sent > 0 || order === 'SignSendIntend');
}
