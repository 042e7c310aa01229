import { isLost, type Setting } from './journal.ts';
import type { Request, Statement, World } from './state.ts';
import { callOf, fault, requestOf, step, type WorldStep, withRequest } from './world.ts';

/** What people do with the requests. */
export function peopleSteps(world: World, setting: Setting): WorldStep[] {
  return world.requests.flatMap((request, index) => {
    if (request.stands === 'Gone') return [];
    return [
      ...approvals(world, request, index, setting),
      ...deletions(world, request, index, setting),
      ...statements(world, request, index, setting),
    ];
  });
}

function approvals(world: World, request: Request, index: number, setting: Setting): WorldStep[] {
  if (request.end !== 'None' || request.stands !== 'Live' || !setting.bounds.suspension) return [];
  const changed = withRequest(world, index, { ...request, approved: !request.approved }, setting);
  return request.approved
    ? [fault(`a person suspends request ${index + 1}`, changed)]
    : [step(`a person approves request ${index + 1}`, changed)];
}

function deletions(world: World, request: Request, index: number, setting: Setting): WorldStep[] {
  if (!setting.bounds.deletion) return [];
  const forced = { ...request, stands: 'Gone', finalizer: false } as const;
  const force = fault(`a person lets request ${index + 1} go by force`, withRequest(world, index, forced, setting));
  if (request.stands === 'Deleting') return setting.rules.noForcedRelease ? [] : [force];
  const stands = request.finalizer ? 'Deleting' : 'Gone';
  return [fault(`a person deletes request ${index + 1}`, withRequest(world, index, { ...request, stands }, setting))];
}

/** Once a person was asked about a call, they say what the ledger of the cloud says. Before that they may, too. */
function statements(world: World, request: Request, index: number, setting: Setting): WorldStep[] {
  const attempt = request.entries.findIndex(isLost);
  const entry = request.entries[attempt];
  if (entry === undefined) return [];
  const call = callOf({ request: index, attempt });
  const stating = (statement: Statement) => withRequest(world, index, { ...request, statement }, setting);
  if (request.statement === 'NoOrder' && !entry.asked)
    return [step(`a person takes away what they stated of call ${call}`, stating('None'))];
  if (request.statement !== 'None') return [];
  const own = ownOrder(world, index, attempt);
  if (entry.asked) {
    const statement = own ?? orderInItsPlace(world) ?? 'NoOrder';
    return [step(`a person states of call ${call}: ${inWords(statement)}`, stating(statement))];
  }
  if (!setting.bounds.unasked) return [];
  const early = own ?? 'NoOrder';
  return [fault(`a person states of call ${call}, unasked: ${inWords(early)}`, stating(early))];
}

const inWords = (statement: Statement): string =>
  statement === 'NoOrder' ? 'it has no order' : `it is order ${Number(statement) + 1}`;

function ownOrder({ orders }: World, request: number, attempt: number): number | undefined {
  const own = orders.findIndex((order) => order.request === request && order.attempt === attempt);
  return own === -1 ? undefined : own;
}

/** Of a call that has none a person may name the order by which somebody else has unsubscribed the server. */
function orderInItsPlace({ orders }: World): number | undefined {
  const other = orders.findIndex(
    ({ request, about, state }) => request === undefined && about === 'Server' && state !== 'Cancelled',
  );
  return other === -1 ? undefined : other;
}

/** `claimFor`: the one writer of the server's status gives it to the oldest request, and keeps it there until that has ended. */
export function claimSteps(world: World): WorldStep[] {
  if (world.requests.length === 1) return [];
  const isOver = ({ end, stands }: Request): boolean => end !== 'None' || stands === 'Gone';
  const holder = world.claim === undefined ? undefined : requestOf(world, world.claim);
  const next = world.requests.findIndex((request) => !isOver(request) && request.stands === 'Live');
  const kept = holder !== undefined && !isOver(holder);
  const claim = kept ? world.claim : next === -1 ? undefined : next;
  const unsubscribed =
    world.unsubscribed || world.requests.some(({ entries }) => entries.some(({ result }) => result === 'Completed'));
  if (claim === world.claim && unsubscribed === world.unsubscribed) return [];
  const label = claim === undefined ? 'nobody has the server' : `request ${claim + 1} has the server`;
  const known = unsubscribed ? ', and that it was unsubscribed' : '';
  return [step(`the server's controller writes that ${label}${known}`, { ...world, claim, unsubscribed })];
}
