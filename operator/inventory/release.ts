import { annotateCommand } from '../api/annotate-command.ts';
import { mayTakeEffect, type RememberedCall } from '../api/dccserver.ts';
import { forceReleaseAnnotation } from '../api/names.ts';
import type { DCCServer, UnsubscriptionRequest } from '../api/objects.ts';
import { anyOrderOf } from '../api/sentence.ts';
import { isOpen } from '../api/unsubscriptionrequest.ts';
import { unfollowedCalls } from './abandoned-calls.ts';
import { drainedCondition, inWords, ledgerCondition } from './drain-conditions.ts';
import type { ReadFailure } from './observation.ts';
import type { ServerPass } from './pass.ts';

/** Whether the drain finalizer of a server that is being deleted may go. Pure; what cannot be read keeps it. */
export const mayRelease = (pass: ServerPass): boolean => holdsOn(pass).length === 0;

/**
 * All that keeps a server which is being deleted, in words: an order that is or may be open, also of a request that is gone, then what is on it, then the
 * ledger, which would be lost with it and let a server of the same name start with a clean one. The last two count no more
 * once it was unsubscribed; the ledger also not when its subscription has ended in another way. Pure.
 */
export function holdsOn(pass: ServerPass): string[] {
  return [...unreadableClaim(pass), ...openOrders(pass), ...abandonedCalls(pass), ...drain(pass), ...unsafeData(pass)];
}

function unreadableClaim({ server, unreadableRequests }: ServerPass): string[] {
  const { claim } = server.status;
  if (claim === undefined || !unreadableRequests.has(claim.uid)) return [];
  return [`The request ${claim.name}, which claims the server, cannot be understood and may have ordered: correct it.`];
}

function openOrders({ server, namingRequests }: ServerPass): string[] {
  const open = namingRequests.filter((request) => hasOpenOrder(request, server)).map(({ metadata }) => metadata.name);
  return open.sort().map((name) => `An order of the request ${name} is open: wait until it has ended.`);
}

const hasOpenOrder = ({ status }: UnsubscriptionRequest, { metadata }: DCCServer): boolean =>
  (status.placements ?? []).some((call) => isOpen(call) && call.servers.includes(metadata.name));

/** One made anew for the same resource would not know of them, and let the next request order what they may take away yet. */
function abandonedCalls(pass: ServerPass): string[] {
  const { account } = pass.observation;
  const calls = unfollowedCalls(pass.server, pass.namingRequests);
  if (calls.length > 0 && account.kind === 'Unreadable') return [unknownOrders(account.failure, pass)];
  const open = calls.filter((call) => mayHaveAnOrder(call, pass));
  if (open.length === 0) return abandonedOrders(pass);
  return open.map(
    ({ request }) =>
      `A call of the request ${request}, which nobody follows, may still take effect: the server is held for an hour from the call on, and while the account has its order open.`,
  );
}

function mayHaveAnOrder(call: RememberedCall, { observation: { account }, callsDeadAfter }: ServerPass): boolean {
  if (account.kind === 'Unreadable' || account.value.cloudTime === undefined) return true;
  const { openOrders, cloudTime } = account.value;
  return mayTakeEffect(call, cloudTime, callsDeadAfter) || openOrders.some(({ orderId }) => orderId === call.orderId);
}

/** Calls are dead by now, their orders are not: one without a known id may be open for days, and rows may lag behind one that is completed. */
function abandonedOrders(pass: ServerPass): string[] {
  const { abandonedOrders: found } = pass;
  if (found.kind === 'Unreadable') return [unknownOrders(found.failure, pass)];
  const orders = anyOrderOf(found.value);
  if (orders === undefined) return [];
  const seen = `${orders} may be that of a call whose request is gone, and what that call was for is still there.`;
  return [
    `${seen} Look in Billing Center > My Orders. If it is, wait until it is cancelled, or the billing centre shows its end; if not, let the server go by force: ${byForce(pass)}.`,
  ];
}

const unknownOrders = (failure: ReadFailure, pass: ServerPass): string =>
  `It is not known whether an order of a call that nobody follows may still take something away: ${inWords(failure)} If it can never be: ${byForce(pass)}.`;

const byForce = ({ server: { metadata } }: ServerPass): string =>
  annotateCommand('dccs', metadata, forceReleaseAnnotation, '<reason>');

function drain({ server, observation }: ServerPass): string[] {
  if (isUnsubscribed(server)) return [];
  const drained = drainedCondition(observation.dependents);
  return drained.status === 'True' ? [] : [drained.message];
}

function unsafeData({ server, observation: { subscription, departed } }: ServerPass): string[] {
  const hasEnded = subscription.kind === 'Read' && subscription.value.status === 'Closed';
  if (hasEnded || isUnsubscribed(server)) return [];
  const safe = ledgerCondition(server, server.status, departed);
  if (safe.status === 'True') return [];
  const remedy =
    'If its loss is acceptable, exclude the machine with the reason, or set spec.backup.requirement to Waived.';
  return [`${safe.message} ${remedy}`];
}

const isUnsubscribed = ({ status }: DCCServer): boolean => status.unsubscription?.state === 'Completed';
