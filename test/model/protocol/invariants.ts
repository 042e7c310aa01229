import { isClosed } from './billing.ts';
import { isOpen, type Setting } from './journal.ts';
import type { Entry, Order, Request, World } from './state.ts';

/** What must never be. The first that is, in words. */
export function violationOf(world: World, setting: Setting): string | undefined {
  return orderedTwice(world) ?? orderedWithoutApproval(world) ?? endedTooEarly(world, setting) ?? contradiction(world);
}

/** An order that was cancelled has changed nothing, so another may follow it. */
function orderedTwice({ orders }: World): string | undefined {
  const standing = orders.filter((order) => order.request !== undefined && order.state !== 'Cancelled');
  return standing.length > 1 ? 'two orders of ours stand for one server' : undefined;
}

function orderedWithoutApproval({ orders }: World): string | undefined {
  const isOurs = orders.some((order) => order.request !== undefined && !order.backed);
  return isOurs ? 'there is an order of ours whose intent no approved version of its request holds' : undefined;
}

function endedTooEarly({ requests }: World, { bounds }: Setting): string | undefined {
  const isOver = ({ end, stands }: Request) => end !== 'None' || (stands === 'Gone' && !bounds.force);
  const ended = requests.some((request) => isOver(request) && request.entries.some(isOpen));
  return ended ? 'a request has ended with a call that is open' : undefined;
}

function contradiction(world: World): string | undefined {
  for (const [request, { entries, end }] of world.requests.entries()) {
    for (const [attempt, entry] of entries.entries()) {
      const own = world.orders.findIndex((order) => order.request === request && order.attempt === attempt);
      const what = contradictionOf(entry, own, world);
      if (what !== undefined) return `the journal contradicts the ledger: ${what}`;
    }
    if (end === 'Complete' && !isClosed(world)) return 'a request is Complete, and the server was never given back';
  }
  return undefined;
}

/** @param own the place of the call's own order in the ledger; -1 when it has none. */
function contradictionOf({ state, orders, result }: Entry, own: number, world: World): string | undefined {
  switch (state) {
    case 'Intended':
    case 'Unknown':
      return undefined;
    case 'Rejected':
    case 'NotSent':
    case 'NotPlaced':
      return own === -1 ? undefined : `${state} is a call that was accepted`;
    case 'Accepted':
      break;
  }
  const named = orders.flatMap((each) => world.orders[each] ?? []);
  const stands = own !== -1 && world.orders[own]?.state !== 'Cancelled';
  if (own !== -1 && !orders.includes(own)) return 'a call that was accepted names the order of somebody else';
  if (named.some(isForeign)) return 'a call names an order about another server';
  if (result === 'Completed' && !isClosed(world)) return 'a call is Completed, and the server was never given back';
  return result === 'Cancelled' && stands ? 'a call is Cancelled whose order stands' : undefined;
}

const isForeign = ({ about }: Order): boolean => about === 'OtherServer';
