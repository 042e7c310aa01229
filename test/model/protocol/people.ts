import { isLost, type Setting } from './journal.ts';
import { remembers } from './server.ts';
import type { Request, Statement, World } from './state.ts';
import { callOf, fault, step, type WorldStep, withRequest } from './world.ts';

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
  const { deletion, force } = setting.bounds;
  if (!deletion && !(force && index === 0)) return [];
  if (request.stands === 'Deleting') return releasesByForce(world, request, index, setting);
  const stands = request.finalizer ? 'Deleting' : 'Gone';
  return [fault(`a person deletes request ${index + 1}`, withRequest(world, index, { ...request, stands }, setting))];
}

/** Who breaks the glass looks first whether the server knows of the call. */
function releasesByForce(world: World, request: Request, index: number, setting: Setting): WorldStep[] {
  const { bounds, rules } = setting;
  const { length } = request.entries;
  const isKnown = length === 0 || remembers(world, index, length - 1);
  if (!bounds.force || index > 0 || (rules.looksBeforeForce && !isKnown)) return [];
  const gone = { ...request, stands: 'Gone', finalizer: false } as const;
  return [fault(`a person lets request ${index + 1} go by force`, withRequest(world, index, gone, setting))];
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
