import { type DCCServer, isFinished, type Metadata, type Parsed, type UnsubscriptionRequest } from '../api/objects.ts';
import { isOpen } from '../api/unsubscriptionrequest.ts';
import type { Milliseconds } from '../clock.ts';
import { rangeOf } from '../huaweicloud/cloud-clock.ts';
import { abandonedOrdersOf } from '../inventory/abandoned-orders.ts';
import { partialUnsubscriptionOf, secondariesGivenBackOf, unsubscriptionOf } from '../inventory/calls.ts';
import { isSelected } from '../kubernetes/scope.ts';
import { callsInTheWay } from './calls-in-the-way.ts';
import type { Freshness, RequestContext } from './context.ts';
import { progressOf } from './placement/journal.ts';
import { secondariesLeft } from './plan.ts';
import { evidenceOf } from './settling/observe-calls.ts';
import type { FoundServer, ServerObservation, ServerSnapshot, Snapshot, TimeRange } from './snapshot.ts';

interface ObserveOptions {
  /** When, by `clock.elapsed`, the reading of the cloud may have begun at the earliest, or with cached servers have ended. */
  since: Milliseconds;
  /** `Live` reads the servers past the cache too. */
  servers: Freshness;
  /** Names of the servers whose twins are listed past the cache: each list goes through all servers there are. */
  twins?: readonly string[] | undefined;
}

/** Reads everything that one pass over a request looks at. A request that has ended needs nothing of it. */
export async function observe(
  context: RequestContext,
  request: UnsubscriptionRequest,
  options: ObserveOptions,
  signal: AbortSignal,
): Promise<Snapshot> {
  const ended = isFinished(request);
  const open = ended ? [] : (request.status.placements ?? []).filter(isOpen);
  const [servers, evidence, halt] = await Promise.all([
    ended
      ? []
      : Promise.all(request.spec.servers.map(({ name }) => lookAtServer(context, request, name, options, signal))),
    Promise.all(open.map(async (entry) => [entry.id, await evidenceOf(context, request, entry, signal)] as const)),
    ended ? notHalted : context.haltSwitch.read(options.since, signal),
  ]);
  const cloudTime = await cloudTimeOf(context, servers, signal);
  return {
    takenAt: context.clock.now(),
    cloudTime,
    halt,
    refundRates: context.refundRates,
    exceeded: ended ? undefined : exceededBudget(context, request, cloudTime),
    claimedOrders: context.cluster.claimedOrders(),
    mode: context.mode,
    callsDeadAfter: context.callsDeadAfter,
    seesAllNamespaces: context.scope.namespaces.length === 0,
    request,
    servers,
    portfolios: await portfoliosOf(context, request, servers, options.servers, signal),
    evidence: new Map(evidence),
    unrecorded: unrecordedServers(context, request),
  };
}

const notHalted: Snapshot['halt'] = { kind: 'Read', value: undefined };

function exceededBudget(
  { budget }: RequestContext,
  request: UnsubscriptionRequest,
  { earliest }: TimeRange,
): Snapshot['exceeded'] {
  const limit = budget.exceeded(request, earliest);
  return limit === undefined ? undefined : { limit, most: budget.limits[limit] };
}

async function lookAtServer(
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

/** The billing centre's time, when one of the servers' accounts has heard it. */
async function cloudTimeOf(
  { accounts, clock }: RequestContext,
  servers: readonly ServerSnapshot[],
  signal: AbortSignal,
): Promise<TimeRange> {
  for (const entry of servers) {
    const account = entry.kind === 'Found' ? await accounts.accountOf(entry.server, signal) : undefined;
    const range = account?.kind === 'Read' ? rangeOf(account.value.billingTime()) : undefined;
    if (range !== undefined) return range;
  }
  const now = clock.now();
  return { earliest: now, latest: now, isGuess: true };
}

/** Whether every order of the recorded plan that concerns a server was placed, or has failed for good. */
function isOrdered({ status }: UnsubscriptionRequest, name: string): boolean {
  const journal = status.placements ?? [];
  if (journal.length === 0 || status.plan === undefined) return false;
  return status.plan.orders.every(
    ({ servers }, index) => !servers.includes(name) || progressOf(journal, index + 1).kind !== 'Next',
  );
}

/**
 * The servers that a pass over them would still learn something from: how an order ended, or that it was refused and why. One that
 * another request has claimed since has nothing more to learn from this one.
 */
function unrecordedServers({ servers }: RequestContext, request: UnsubscriptionRequest): string[] {
  const { metadata, spec } = request;
  return spec.servers.flatMap(({ name }) => {
    const parsed = servers.cached(metadata.namespace, name);
    if (parsed?.kind !== 'Readable' || parsed.object.status.claim?.uid !== metadata.uid) return [];
    const server = parsed.object;
    const { unsubscription, partialUnsubscription, secondariesGivenBack = [] } = server.status;
    const isKnown =
      isSameCall(unsubscription, unsubscriptionOf(server, [request])) &&
      isSameCall(partialUnsubscription, partialUnsubscriptionOf(server, [request])) &&
      secondariesGivenBackOf(server, [request]).every((id) => secondariesGivenBack.includes(id));
    return isKnown ? [] : [name];
  });
}

type KnownCall = { signedAt?: string | undefined; state: string } | undefined;

const isSameCall = (a: KnownCall, b: KnownCall): boolean => a?.signedAt === b?.signedAt && a?.state === b?.state;

/** Which servers the portfolios of these have. A namespace may hold thousands: they are listed only when one has a portfolio. */
async function portfoliosOf(
  { cluster }: RequestContext,
  { metadata: { namespace } }: UnsubscriptionRequest,
  servers: readonly ServerSnapshot[],
  freshness: Freshness,
  signal: AbortSignal,
): Promise<Map<string, string[]>> {
  const isNeeded = servers.some((entry) => entry.kind === 'Found' && entry.server.spec.portfolio !== undefined);
  return isNeeded ? portfoliosIn(await cluster.serversIn(namespace, freshness, signal)) : new Map();
}

/** The servers of each portfolio; of none while one cannot be understood, because it may belong to any. */
function portfoliosIn(servers: readonly Parsed<DCCServer>[]): Map<string, string[]> {
  const portfolios = new Map<string, string[]>();
  for (const parsed of servers) {
    if (parsed.kind === 'Unreadable') return new Map();
    const { spec, metadata } = parsed.object;
    if (spec.portfolio === undefined) continue;
    portfolios.set(spec.portfolio, [...(portfolios.get(spec.portfolio) ?? []), metadata.name].sort());
  }
  return portfolios;
}
