import { type Announcer, standingState, stateHappening } from '../api/happenings.ts';
import { drainFinalizer } from '../api/names.ts';
import { type DCCServer, forcedRelease, type Metadata, type UnsubscriptionRequest } from '../api/objects.ts';
import { unreadableStatus } from '../api/unreadable.ts';
import { type Clock, type Milliseconds, milliseconds, seconds } from '../clock.ts';
import type { ReconcileResult } from '../kubernetes/controller.ts';
import { type Parsed, type ParsedObjects, readable } from '../kubernetes/parsed-objects.ts';
import type { Inventory } from './inventory.ts';
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
  clock: Clock;
  pollInterval: Milliseconds;
  /** How far apart the two looks are that must agree before a server is let go. */
  lookAgainAfter: Milliseconds;
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
  const server = await held(context, parsed.object);
  const since = milliseconds(context.clock.elapsed() - context.pollInterval / 2);
  const pass = await lookAt(context, server, since, signal);
  const status = reportServer(pass);
  const written = await context.servers.writeStatus(server, status);
  const happened = stateHappening(server.status.conditions, status.conditions, badStates);
  for (const happening of happened) context.announce(server.metadata, happening);
  for (const state of standingState(status.conditions, badStates)) context.remind(server.metadata, state);
  if (server.metadata.deletionTimestamp !== undefined && mayRelease({ ...pass, server: written })) {
    // What was seen meanwhile is reported by the next pass, which this reading is young enough for.
    if (!(await isStillReleasable(context, written, signal))) return { kind: 'RequeueAfter', after: seconds(1) };
    await context.servers.releaseFinalizer(written);
    return { kind: 'Done' };
  }
  return { kind: 'RequeueAfter', after: context.pollInterval };
}

/** A second look, afresh and some seconds later: what a source left out of one answer shows in the other. */
async function isStillReleasable(context: ServerContext, server: DCCServer, signal: AbortSignal): Promise<boolean> {
  await context.clock.sleep(context.lookAgainAfter, signal);
  return mayRelease(await lookAt(context, server, context.clock.elapsed(), signal));
}

/** Gives whether a person had it let go, whatever holds it. */
async function releaseByForce(context: ServerContext, parsed: Parsed<DCCServer>): Promise<boolean> {
  const { metadata } = parsed.kind === 'Readable' ? parsed.object : parsed;
  const reason = forcedRelease(metadata);
  if (reason === undefined) return false;
  if (metadata.finalizers?.includes(drainFinalizer)) {
    const note = `Let go by force: ${reason}. What held it was not cleared.`;
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

async function lookAt(
  context: ServerContext,
  server: DCCServer,
  since: Milliseconds,
  signal: AbortSignal,
): Promise<ServerPass> {
  const { observation, judgeBackup } = await context.inventory.look(server, since, signal);
  return { server, observation, judgeBackup, ...(await concerning(context, server, signal)) };
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
