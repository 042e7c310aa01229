import { rememberedCalls } from '../api/dccserver.ts';
import { placementFinalizer } from '../api/names.ts';
import { forcedRelease, type Metadata, type Parsed, type UnsubscriptionRequest } from '../api/objects.ts';
import { isOpen, type Placement } from '../api/unsubscriptionrequest.ts';
import { minutes, seconds } from '../clock.ts';
import type { ReconcileResult } from '../kubernetes/controller.ts';
import { type ObjectKey, objectKey } from '../kubernetes/objects.ts';
import { audit } from './audit.ts';
import type { RequestContext } from './context.ts';
import { forcedHappening, forceWaitsHappening } from './report/events.ts';

/**
 * How long a release waits for the servers to show its open calls. A process that ended right after the intent did not write them down, and
 * one that has just begun may come to the request first. For ever would be too long: to be let go whatever holds is what the glass is broken for.
 */
const patience = minutes(2);

/** Lets a request go that a person released by force, whatever is under way: they are told before it is gone. Undefined when nobody did. */
export async function releaseByForce(
  context: RequestContext,
  parsed: Parsed<UnsubscriptionRequest>,
): Promise<ReconcileResult | undefined> {
  const { metadata } = parsed.kind === 'Readable' ? parsed.object : parsed;
  const reason = forcedRelease(metadata);
  if (reason === undefined) return undefined;
  if (!metadata.finalizers?.includes(placementFinalizer)) return { kind: 'Done' };
  const journal = parsed.kind === 'Readable' ? (parsed.object.status.placements ?? []) : undefined;
  const unseen = (journal ?? []).filter((call) => !isRemembered(context, metadata, call));
  if (unseen.length > 0 && mayWait(context, metadata, unseen)) return { kind: 'RequeueAfter', after: seconds(1) };
  context.announce(metadata, forcedHappening(journal, reason));
  await context.requests.releaseFinalizer({ metadata });
  context.forcedReleases.delete(keyOf(metadata));
  audit.releasedByForce(context, { metadata }, reason, journal);
  return { kind: 'Done' };
}

const keyOf = ({ namespace, name }: Metadata): ObjectKey => objectKey(namespace, name);

function mayWait(
  { announce, forcedReleases, clock }: RequestContext,
  metadata: Metadata,
  unseen: readonly Placement[],
): boolean {
  const since = forcedReleases.get(keyOf(metadata));
  if (since !== undefined) return clock.elapsed() - since < patience;
  forcedReleases.set(keyOf(metadata), clock.elapsed());
  announce(metadata, forceWaitsHappening(unseen));
  return true;
}

/** Whether all its servers that there are show the call. */
const isRemembered = ({ servers }: RequestContext, { namespace }: Metadata, call: Placement): boolean =>
  !isOpen(call) ||
  call.servers.every((name) => {
    const server = servers.cached(namespace, name);
    if (server?.kind !== 'Readable') return server === undefined;
    return rememberedCalls(server.object.status).some(({ signedAt }) => signedAt === call.signedAt);
  });
