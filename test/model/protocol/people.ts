import { isClosed, truthOf, unclaimed } from './billing.ts';
import { isLost, type Setting } from './journal.ts';
import { settle } from './settle.ts';
import type { Request, Statement, World } from './state.ts';
import { fault, requestOf, step, type WorldStep, withRequest } from './world.ts';

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

/** Of a call that is stuck a person says what the ledger of the cloud says. */
function statements(world: World, request: Request, index: number, setting: Setting): WorldStep[] {
  const attempt = request.entries.findIndex(isLost);
  const entry = request.entries[attempt];
  if (entry === undefined || request.statement !== 'None') return [];
  const dead = entry.age >= setting.bounds.settleWindow;
  if (setting.rules.statesWhenStuck && !isStuck(world, dead, setting)) return [];
  const statement = truthAbout(world, index, attempt);
  const what = statement === 'NoOrder' ? 'it has no order' : `it is order ${Number(statement) + 1}`;
  const stated = withRequest(world, index, { ...request, statement }, setting);
  return [step(`a person states of call ${index + 1}.${attempt + 1}: ${what}`, stated)];
}

function isStuck(world: World, dead: boolean, { rules }: Setting): boolean {
  const mine = unclaimed(world);
  const seen = world.orders.map((order, each) => (mine.has(each) ? truthOf(order) : 'Unseen'));
  const row = isClosed(world) ? 'Closed' : 'InUse';
  return settle({ seen, row, dead, billed: false, statement: 'None' }, world, rules).kind === 'Stuck';
}

function truthAbout(world: World, request: number, attempt: number): Statement {
  const own = world.orders.findIndex((order) => order.request === request && order.attempt === attempt);
  if (own !== -1) return own;
  const others = world.orders.findIndex(
    ({ request: of, about, state }) => of === undefined && about === 'Server' && state !== 'Cancelled',
  );
  return others === -1 ? 'NoOrder' : others;
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
