import { type Announcer, standingState, stateHappening } from '../api/happenings.ts';
import { drainFinalizer } from '../api/names.ts';
import { type DCCServer, forcedRelease, type Metadata, type UnsubscriptionRequest } from '../api/objects.ts';
import { sentence } from '../api/sentence.ts';
import { unreadableStatus } from '../api/unreadable.ts';
import { type Clock, type Milliseconds, milliseconds } from '../clock.ts';
import type { ReconcileResult } from '../kubernetes/controller.ts';
import { type Parsed, type ParsedObjects, readable } from '../kubernetes/parsed-objects.ts';
import type { Polls } from '../polls.ts';
import { unfollowedCalls } from './abandoned-calls.ts';
import { abandonedOrdersOf } from './abandoned-orders.ts';
import type { Accounts } from './accounts.ts';
import { partialUnsubscriptionOf, unsubscriptionOf } from './calls.ts';
import type { FirstLooks } from './first-looks.ts';
import type { Inventory } from './inventory.ts';
import type { CallWindow } from './made-when.ts';
import type { ServerPass } from './pass.ts';
import { mayRelease } from './release.ts';
import { reportServer } from './report.ts';

/** All that the controller of DCCServers works with. */
export interface ServerContext extends Announcer {
  /** The only writer of their status is this controller. */
  servers: ParsedObjects<DCCServer>;
  /** The requests that name a server, as last heard of. */
  requestsNaming(server: Metadata): readonly Parsed<UnsubscriptionRequest>[];
  /** A request as it stands now, also one that is left to another operator; undefined when there is none. */
  liveRequest(namespace: string, name: string, signal: AbortSignal): Promise<Parsed<UnsubscriptionRequest> | undefined>;
  /** Says so on a server that its labels leave to other operators from now on. */
  tellIfLeft(namespace: string, name: string, signal: AbortSignal): Promise<void>;
  /** Uids of requests of a namespace that cannot be understood: any of them may concern any server. */
  unreadableRequests(namespace: string): ReadonlySet<string>;
  inventory: Inventory;
  accounts: Accounts;
  /** Which orders may be those of a call that nobody follows. */
  callWindow: CallWindow;
  /** After which time such a call is dead. */
  callsDeadAfter: Milliseconds;
  clock: Clock;
  polls: Polls;
  /** Two looks that are some seconds apart must agree before a server is let go. */
  firstLooks: FirstLooks;
}

/** States that people should look at. */
const badStates = ['CannotRead', 'Unreadable'];

/** One pass over one server: look at it, write what was seen, let a drained one go. */
export async function reconcileServer(
  context: ServerContext,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const parsed = context.servers.cached(namespace, name);
  if (parsed === undefined) {
    context.firstLooks.forget(namespace, name);
    await context.tellIfLeft(namespace, name, signal);
    return { kind: 'Done' };
  }
  const forced = await releaseByForce(context, parsed);
  if (forced) return { kind: 'Done' };
  if (parsed.kind === 'Unreadable') {
    const { problem } = parsed;
    await context.servers.writeRawStatus(namespace, name, (raw) => unreadableStatus(raw, problem, context.clock.now()));
    return { kind: 'Done' };
  }
  const server = await withNewCall(context, await held(context, parsed.object));
  const next = nextLook(context, server);
  const pass = await lookAt(context, server, next, signal);
  const status = reportServer(pass);
  const written = await context.servers.writeStatus(server, status);
  const happened = stateHappening(server.status.conditions, status.conditions, badStates);
  for (const happening of happened) context.announce(server.metadata, happening);
  for (const state of standingState(status.conditions, badStates)) context.remind(server.metadata, state);
  if (server.metadata.deletionTimestamp !== undefined)
    return letGo(context, { ...pass, server: written }, next.isSecond);
  return { kind: 'RequeueAfter', after: context.polls.until(pass.observation.nextPollAt) };
}

interface NextLook {
  readonly since: Milliseconds;
  readonly isSecond: boolean;
}

/**
 * From when on the reading of a pass may have ended, or begun when it is the second look. The second look before a server is let
 * go asks for the moment from which it may begin, not for now: servers that are deleted together share its reading as they did the
 * first.
 */
function nextLook({ clock, polls, firstLooks }: ServerContext, server: DCCServer): NextLook {
  const now = clock.elapsed();
  const fresh = milliseconds(now - polls.interval / 2);
  const secondFrom = firstLooks.secondFrom(server);
  const isSecond = secondFrom !== undefined && secondFrom <= now;
  return { isSecond, since: isSecond ? milliseconds(Math.max(secondFrom, fresh)) : fresh };
}

/** Lets a deleted server go when this look and one before it found it free; no pass waits for the second. */
async function letGo(context: ServerContext, pass: ServerPass, isSecond: boolean): Promise<ReconcileResult> {
  const { servers, firstLooks, clock, polls } = context;
  const { server, observation } = pass;
  const { namespace, name } = server.metadata;
  if (!mayRelease(pass)) {
    firstLooks.forget(namespace, name);
    return { kind: 'RequeueAfter', after: polls.until(observation.nextPollAt) };
  }
  if (isSecond) {
    await servers.releaseFinalizer(server);
    firstLooks.forget(namespace, name);
    return { kind: 'Done' };
  }
  const secondFrom = firstLooks.note(server, observation.readBy);
  return { kind: 'RequeueAfter', after: milliseconds(Math.max(0, secondFrom - clock.elapsed())) };
}

/** Gives whether a person had it let go, whatever holds it. */
async function releaseByForce(context: ServerContext, parsed: Parsed<DCCServer>): Promise<boolean> {
  const { metadata } = parsed.kind === 'Readable' ? parsed.object : parsed;
  const reason = forcedRelease(metadata);
  if (reason === undefined) return false;
  if (metadata.finalizers?.includes(drainFinalizer)) {
    const note = `Let go by force: ${sentence(reason)} What held it was not cleared.`;
    context.announce(metadata, { type: 'Warning', reason: 'ForceReleased', action: 'Release', note });
    await context.servers.releaseFinalizer({ metadata });
  }
  return true;
}

/** The finalizer comes before everything else: a server is never known without being held. */
async function held(context: ServerContext, server: DCCServer): Promise<DCCServer> {
  const { finalizers, deletionTimestamp } = server.metadata;
  if (deletionTimestamp !== undefined || finalizers?.includes(drainFinalizer)) return server;
  return context.servers.holdFinalizer(server);
}

/**
 * A call that the server does not know yet is written down before the cloud is asked for anything. The intent wakes this pass, and
 * the cloud may not answer for minutes: meanwhile the request could be let go by force, and the call be forgotten with it.
 */
async function withNewCall(context: ServerContext, server: DCCServer): Promise<DCCServer> {
  // Of one that was never observed nothing is written before its conditions.
  if (server.status.observedGeneration === undefined) return server;
  const requests = readable(context.requestsNaming(server.metadata));
  const unsubscription = unsubscriptionOf(server, requests);
  const partialUnsubscription = partialUnsubscriptionOf(server, requests);
  const isKnown =
    unsubscription?.signedAt === server.status.unsubscription?.signedAt &&
    partialUnsubscription?.signedAt === server.status.partialUnsubscription?.signedAt;
  if (isKnown) return server;
  const written = await context.servers.writeStatus(server, {
    ...server.status,
    unsubscription,
    partialUnsubscription,
  });
  // An API server with older definitions drops fields that it does not know: then the server would remember nothing.
  if (partialUnsubscription !== undefined && written.status.partialUnsubscription === undefined)
    throw new Error(
      'The API server did not keep status.partialUnsubscription. Install the CustomResourceDefinitions of this version of the operator.',
    );
  return written;
}

async function lookAt(
  context: ServerContext,
  server: DCCServer,
  { since, isSecond }: NextLook,
  signal: AbortSignal,
): Promise<ServerPass> {
  const that = isSecond ? 'Began' : 'Ended';
  const { observation, judgeBackup } = await context.inventory.look(server, { that, since }, signal);
  const requests = await concerning(context, server, signal);
  const abandonedOrders = await ordersThatHold(context, server, { observation, ...requests }, signal);
  const { callsDeadAfter } = context;
  return { server, observation, judgeBackup, ...requests, callsDeadAfter, abandonedOrders };
}

/** Looked for when the server is about to be forgotten: in every pass it would cost too much. */
function ordersThatHold(
  context: ServerContext,
  server: DCCServer,
  { observation, namingRequests }: Pick<ServerPass, 'observation' | 'namingRequests'>,
  signal: AbortSignal,
): Promise<ServerPass['abandonedOrders']> {
  const calls = server.metadata.deletionTimestamp === undefined ? [] : unfollowedCalls(server, namingRequests);
  return abandonedOrdersOf(context, server, calls, observation, signal);
}

/**
 * The requests that concern a server. The one that claims it is among them also when the cache lacks it: its label may have
 * left it to another operator while its order is open, and a claim ends only with its request.
 */
async function concerning(
  context: ServerContext,
  { metadata, status: { claim } }: DCCServer,
  signal: AbortSignal,
): Promise<Pick<ServerPass, 'namingRequests' | 'unreadableRequests'>> {
  const { namespace } = metadata;
  const namingRequests = readable(context.requestsNaming(metadata));
  const unreadableRequests = context.unreadableRequests(namespace);
  const isKnown = ({ uid }: { uid: string }) =>
    unreadableRequests.has(uid) || namingRequests.some((request) => request.metadata.uid === uid);
  if (claim === undefined || isKnown(claim)) return { namingRequests, unreadableRequests };
  const live = await context.liveRequest(namespace, claim.name, signal);
  if (live?.kind === 'Unreadable' && live.metadata.uid === claim.uid) {
    return { namingRequests, unreadableRequests: new Set([...unreadableRequests, claim.uid]) };
  }
  const holder = live?.kind === 'Readable' && live.object.metadata.uid === claim.uid ? [live.object] : [];
  return { namingRequests: [...namingRequests, ...holder], unreadableRequests };
}
