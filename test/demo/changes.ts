import { labelOf } from '../../operator/api/dccserver.ts';
import type { DCCServer, UnsubscriptionRequest } from '../../operator/api/objects.ts';
import type { BlockerStatus, Placement, Plan } from '../../operator/api/unsubscriptionrequest.ts';
import type { Style } from './text.ts';
import { messageOf, requestIn, serverIn, stateOf, styleOf, type View } from './view.ts';

/** Something that changed, as a person wants to read it. */
export interface Change {
  /** Name of the object. */
  readonly subject: string;
  readonly text: string;
  readonly style?: Style | undefined;
  /** The live table shows it as well, so it need not be told beside it. */
  readonly inTable?: boolean | undefined;
}

/** All that is worth telling between two moments. Pure. */
export function changes(before: View, after: View): Change[] {
  return [
    ...after.servers.flatMap((server) => serverChanges(serverIn(before, server.metadata.name), server)),
    ...after.requests.flatMap((request) => requestChanges(requestIn(before, request.metadata.name), request)),
    ...gone(before.servers, after.servers, 'its finalizer was released: the object is gone'),
    ...gone(before.requests, after.requests, 'the object is gone'),
  ];
}

type Named = Pick<DCCServer, 'metadata'>;

const gone = (before: readonly Named[], after: readonly Named[], text: string): Change[] =>
  before
    .filter(({ metadata }) => after.every((other) => other.metadata.name !== metadata.name))
    .map(({ metadata }) => ({ subject: metadata.name, text }));

function serverChanges(before: DCCServer | undefined, after: DCCServer): Change[] {
  const subject = after.metadata.name;
  const { departed = [] } = after.status;
  const known = new Set(before?.status.departed?.filter(({ fate }) => fate !== 'Unknown').map(({ id }) => id));
  const texts = [
    changed(before && subscriptionWords(before), subscriptionWords(after)),
    changed(before && machineWords(before), machineWords(after)),
    ...departed.filter(({ id, fate }) => fate !== 'Unknown' && !known.has(id)).map(fateWords),
  ];
  const told = texts.flatMap((text) => (text === undefined ? [] : [{ subject, text }]));
  return [...told, ...stateChange(before, after)];
}

const subscriptionWords = ({ status: { subscription } }: DCCServer): string | undefined =>
  subscription && `the subscription is ${subscription.status}`;

const changed = (before: string | undefined, after: string | undefined) => (before === after ? undefined : after);

function machineWords({ status: { virtualMachines } }: DCCServer): string | undefined {
  if (virtualMachines === undefined) return undefined;
  const names = virtualMachines.remaining.map(labelOf);
  return names.length === 0 ? 'no virtual machine is on it' : `on it: ${names.join(', ')}`;
}

type Departed = NonNullable<DCCServer['status']['departed']>[number];

function fateWords(machine: Departed): string {
  const label = labelOf(machine);
  if (machine.fate === 'Migrated') return `ledger: ${label} left and is alive on another server`;
  if (machine.backup === undefined) return `ledger: ${label} was deleted without a usable backup`;
  return `ledger: ${label} was deleted; its data is in the backup of ${machine.backup.createdAt}`;
}

function requestChanges(before: UnsubscriptionRequest | undefined, after: UnsubscriptionRequest): Change[] {
  const subject = after.metadata.name;
  const tell = (text: string, style?: Style): Change => ({ subject, text, style });
  const { plan, placements = [] } = after.status;
  const blockers = blockerChanges(lasting(before), lasting(after));
  return [
    ...(plan !== undefined && plan.id !== before?.status.plan?.id ? [tell(planWords(plan))] : []),
    ...placements.flatMap((call) => callWords(before?.status.placements ?? [], call).map((words) => tell(words))),
    ...blockers.cleared.map((text) => tell(text, 'dim')),
    ...stateChange(before, after),
    ...blockers.added.map((text): Change => ({ ...tell(text, 'yellow'), inTable: true })),
  ];
}

function stateChange(before: DCCServer | UnsubscriptionRequest | undefined, after: DCCServer | UnsubscriptionRequest) {
  const [from, to] = [before && stateOf(before), stateOf(after)];
  if (to === undefined || from === to) return [];
  const message = saysItself.has(to) ? '' : `  ${messageOf(after)}`;
  const text = `${from === undefined ? '' : `${from} -> `}${to}${message}`;
  return [{ subject: after.metadata.name, text, style: styleOf(to) }];
}

/** States that need no message: what a blocked request waits for is told blocker by blocker. */
const saysItself: ReadonlySet<string> = new Set(['Observed', 'Blocked']);

function planWords({ id, orders }: Plan): string {
  const calls = orders.map(
    ({ servers, resourceIds }) => `unsubscribe ${servers.join(', ')} (${resourceIds.join(', ')})`,
  );
  return `${id} is ${calls.length} ${calls.length === 1 ? 'order' : 'orders'}: ${calls.join('; ')}`;
}

function callWords(journal: readonly Placement[], call: Placement): string[] {
  const before = journal.find(({ id }) => id === call.id);
  const told = before?.state === call.state ? [] : [`journal: call ${call.id} is ${call.state}${outcomeWords(call)}`];
  for (const order of call.orders ?? []) {
    const { orderId, state, refund, fee = '0.00', currency = '' } = order;
    const old = before?.orders?.find((known) => known.orderId === orderId);
    const refunded = refund !== undefined && old?.refund === undefined;
    const words = refunded ? `, and refunds ${refund} ${currency} after a handling fee of ${fee} ${currency}` : '';
    if (refunded || (old !== undefined && old.state !== state)) told.push(`order ${orderId} is ${state}${words}`);
  }
  return told;
}

function outcomeWords({ orders = [], detail = '' }: Placement): string {
  const order = orders.length === 0 ? '' : `: order ${orders.map(({ orderId }) => orderId).join(', ')}`;
  return `${order}${detail === '' ? '' : `. ${detail}`}`;
}

/** What the operator waits for from itself; its next look, moments later, settles it. */
const passing: ReadonlySet<string> = new Set(['NotClaimed', 'FateUnknown']);

const lasting = (request: UnsubscriptionRequest | undefined): BlockerStatus[] =>
  (request?.status.blockers ?? []).filter(({ reason }) => !passing.has(reason));

function blockerChanges(before: readonly BlockerStatus[], after: readonly BlockerStatus[]) {
  const isIn = (list: readonly BlockerStatus[]) => (one: BlockerStatus) => list.some((other) => isSame(one, other));
  return {
    cleared: before.filter((one) => !isIn(after)(one)).map(({ message }) => `  no longer: ${message}`),
    added: after.filter((one) => !isIn(before)(one)).map(({ message, remedy }) => `  blocked: ${message} -> ${remedy}`),
  };
}

const isSame = (one: BlockerStatus, other: BlockerStatus): boolean =>
  one.reason === other.reason && one.server === other.server && one.message === other.message;
