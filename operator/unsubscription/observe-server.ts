import type { DCCServer, Metadata, Parsed, UnsubscriptionRequest } from '../api/objects.ts';
import type { Milliseconds } from '../clock.ts';
import { abandonedOrdersOf } from '../inventory/abandoned-orders.ts';
import { isSelected } from '../kubernetes/scope.ts';
import { callsInTheWay } from './calls-in-the-way.ts';
import type { Freshness, RequestContext } from './context.ts';
import { isOrdered, secondariesLeft } from './plan.ts';
import type { FoundServer, ServerObservation, ServerSnapshot } from './snapshot.ts';

export interface ObserveOptions {
  /** When, by `clock.elapsed`, the reading of the cloud may have begun at the earliest, or with cached servers have ended. */
  since: Milliseconds;
  /** `Live` reads the servers past the cache too. */
  servers: Freshness;
  /** Names of the servers whose twins are listed past the cache: each list goes through all servers there are. */
  twins?: readonly string[] | undefined;
}

/** Reads all that a pass over a request looks at of one of its servers. */
export async function lookAtServer(
  context: RequestContext,
  request: UnsubscriptionRequest,
  name: string,
  options: ObserveOptions,
  signal: AbortSignal,
): Promise<ServerSnapshot> {
  if (isOrdered(request, name)) return { kind: 'Ordered', name };
  const { scope, inventory } = context;
  const parsed = await readServer(context, request.metadata.namespace, name, options.servers, signal);
  if (parsed === undefined) return { kind: 'Missing', name };
  if (!isSelected(scope, metadataOf(parsed)))
    return { kind: 'NotSelected', name, selector: scope.selector?.text ?? '' };
  if (parsed.kind === 'Unreadable') return { kind: 'Unreadable', name, problem: parsed.problem };
  // A poll makes do with a reading that takes longer than the time between two of them.
  const that = options.servers === 'Live' ? 'Began' : 'Ended';
  const { observation } = await inventory.look(parsed.object, { that, since: options.since }, signal);
  const server = options.servers === 'Live' ? await unchanged(parsed.object, context, signal) : parsed.object;
  if (server === undefined) return { kind: 'Unreadable', name, problem: 'It changed while it was looked at.' };
  const [duplicateOf, paid, abandonedOrders] = await Promise.all([
    twinOf(server, context, options.twins?.includes(name) ? 'Live' : 'Cached', signal),
    paidFor(server, observation, context, signal),
    abandonedFor(server, request, observation, context, signal),
  ]);
  const openElsewhere = openElsewhereFor(server, request, observation, context);
  return { kind: 'Found', name, server, observation, duplicateOf, openElsewhere, paid, abandonedOrders };
}

/** The claim keeps apart the requests for one DCCServer; one made anew under another name, or in another namespace, has a claim of its own. */
function openElsewhereFor(
  server: DCCServer,
  { spec, metadata: { uid } }: UnsubscriptionRequest,
  { subscription }: ServerObservation,
  { cluster }: RequestContext,
): FoundServer['openElsewhere'] {
  const isSeparate = spec.secondaryResources === 'Separately' && subscription.kind === 'Read';
  const secondaries = isSeparate ? secondariesLeft(server, subscription.value) : [];
  for (const { resourceId } of [server.spec, ...secondaries]) {
    const open = cluster.openElsewhere(resourceId, uid);
    if (open !== undefined) return open;
  }
  return undefined;
}

function abandonedFor(
  server: DCCServer,
  request: UnsubscriptionRequest,
  observation: ServerObservation,
  { accounts, cluster, clockBound, terms }: RequestContext,
  signal: AbortSignal,
): Promise<FoundServer['abandonedOrders']> {
  const calls = callsInTheWay(server, request, observation);
  const callWindow = { window: terms.settleWindow, clockBound, claimedOrders: cluster.claimedOrders };
  return abandonedOrdersOf({ accounts, callWindow }, server, calls, observation, signal);
}

/** Not asked for while no table says what of it would come back. */
async function paidFor(
  server: DCCServer,
  { subscription }: ServerObservation,
  { accounts, payments, refundRates }: RequestContext,
  signal: AbortSignal,
): Promise<FoundServer['paid']> {
  if (refundRates === undefined) return { kind: 'Read', value: [] };
  if (subscription.kind === 'Unreadable') return subscription;
  const account = await accounts.accountOf(server, signal);
  if (account.kind === 'Unreadable') return account;
  return payments.of(account.value, server.spec.resourceId, subscription.value, signal);
}

/** A server that the cache lacks is looked for live where it may be one that the selector leaves to others. */
async function readServer(
  { servers, scope }: RequestContext,
  namespace: string,
  name: string,
  freshness: Freshness,
  signal: AbortSignal,
): Promise<Parsed<DCCServer> | undefined> {
  if (freshness === 'Live') return servers.live(namespace, name, signal);
  const cached = servers.cached(namespace, name);
  return cached === undefined && scope.selector !== undefined ? servers.live(namespace, name, signal) : cached;
}

const metadataOf = (parsed: Parsed<DCCServer>): Metadata =>
  parsed.kind === 'Readable' ? parsed.object.metadata : parsed.metadata;

/** The server as it stands after the look; undefined when what the look went by has changed meanwhile. */
async function unchanged(
  before: DCCServer,
  { servers, scope }: RequestContext,
  signal: AbortSignal,
): Promise<DCCServer | undefined> {
  const { namespace, name, uid, generation } = before.metadata;
  const after = await servers.live(namespace, name, signal);
  if (after?.kind !== 'Readable') return undefined;
  const { metadata } = after.object;
  // Labels are not counted by the generation.
  const isSame = metadata.uid === uid && metadata.generation === generation && isSelected(scope, metadata);
  return isSame ? after.object : undefined;
}

async function twinOf(
  { spec, metadata: { uid } }: DCCServer,
  { cluster }: RequestContext,
  freshness: Freshness,
  signal: AbortSignal,
): Promise<FoundServer['duplicateOf']> {
  const all = await cluster.serversWith(spec.resourceId, freshness, signal);
  if (all.kind === 'Unreadable') return all;
  const twin = all.value.find(({ metadata }) => metadata.uid !== uid);
  return { kind: 'Read', value: twin && `${twin.metadata.namespace}/${twin.metadata.name}` };
}
