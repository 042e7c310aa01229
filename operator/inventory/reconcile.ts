import type { DCCServerStatus } from '../api/dccserver.ts';
import { type Happening, stateHappening } from '../api/happenings.ts';
import { drainFinalizer } from '../api/names.ts';
import type { DCCServer, Metadata, Parsed, UnsubscriptionRequest } from '../api/objects.ts';
import { type Milliseconds, milliseconds } from '../clock.ts';
import type { ReconcileResult } from '../kubernetes/controller.ts';
import type { Inventory } from './inventory.ts';
import { mayRelease } from './release.ts';
import { reportServer, type ServerPass } from './report.ts';

/** DCCServers as their controller reads and writes them. It is the only writer of their status. */
export interface ServerObjects {
  cached(namespace: string, name: string): Parsed<DCCServer> | undefined;
  /** Writes the status of exactly this version of the server, if it changed; a conflict rejects. */
  writeStatus(server: DCCServer, status: DCCServerStatus): Promise<DCCServer>;
  /** Says on an object that cannot be understood that it cannot, and leaves everything else as it is. */
  reportUnreadable(namespace: string, name: string, problem: string): Promise<void>;
  holdFinalizer(server: DCCServer): Promise<DCCServer>;
  releaseFinalizer(server: DCCServer): Promise<void>;
}

/** All that the controller of DCCServers works with. */
export interface ServerContext {
  servers: ServerObjects;
  /** The requests of a namespace as last heard of. */
  requestsIn(namespace: string): { readable: readonly UnsubscriptionRequest[]; unreadable: ReadonlySet<string> };
  inventory: Inventory;
  pollInterval: Milliseconds;
  /** Tells people what happened to an object. Never rejects. */
  announce(regarding: Metadata, happening: Happening): void;
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
  if (parsed === undefined) return { kind: 'Done' };
  if (parsed.kind === 'Unreadable') {
    await context.servers.reportUnreadable(namespace, name, parsed.problem);
    return { kind: 'Done' };
  }
  const server = await held(context, parsed.object);
  const pass = await lookAt(context, server, signal);
  const status = reportServer(pass);
  const written = await context.servers.writeStatus(server, status);
  const happened = stateHappening(server.status.conditions, status.conditions, badStates);
  for (const happening of happened) context.announce(server.metadata, happening);
  if (server.metadata.deletionTimestamp !== undefined && mayRelease({ ...pass, server: written })) {
    await context.servers.releaseFinalizer(written);
    return { kind: 'Done' };
  }
  return { kind: 'RequeueAfter', after: context.pollInterval };
}

/** The finalizer comes before everything else: a server is never known without being held. */
async function held(context: ServerContext, server: DCCServer): Promise<DCCServer> {
  const { finalizers, deletionTimestamp } = server.metadata;
  if (deletionTimestamp !== undefined || finalizers?.includes(drainFinalizer)) return server;
  return context.servers.holdFinalizer(server);
}

async function lookAt(context: ServerContext, server: DCCServer, signal: AbortSignal): Promise<ServerPass> {
  const maxAge = milliseconds(context.pollInterval / 2);
  const { observation, judgeBackup } = await context.inventory.look(server, maxAge, signal);
  const { readable, unreadable } = context.requestsIn(server.metadata.namespace);
  const namingRequests = readable.filter(({ spec }) => spec.servers.some(({ name }) => name === server.metadata.name));
  return { server, observation, judgeBackup, namingRequests, unreadableRequests: unreadable };
}
