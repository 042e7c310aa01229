import { type DCCServer, isFinished, type Parsed, type UnsubscriptionRequest } from '../api/objects.ts';
import { isOpen } from '../api/unsubscriptionrequest.ts';
import { rangeOf } from '../huaweicloud/cloud-clock.ts';
import type { Freshness, RequestContext } from './context.ts';
import { lookAtServer, type ObserveOptions } from './observe-server.ts';
import { evidenceOf } from './settling/observe-calls.ts';
import type { ServerSnapshot, Snapshot, TimeRange } from './snapshot.ts';
import { unrecordedServers } from './unrecorded-servers.ts';

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
