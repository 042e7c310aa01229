import type { RequestContext } from '../context.ts';
import type { Written } from './intent.ts';
import type { Seen } from './last-look.ts';

/**
 * Why a server of the order may be let go, or is gone; undefined when all are held. From the intent on none is let go, but writing it takes
 * its time, in which one that was deleted may be: whoever makes it anew, under whatever name, would not know of the call. What is there now
 * and not being deleted stays until the call has ended.
 */
export async function goneServer(
  context: Pick<RequestContext, 'servers'>,
  intent: Pick<Written, 'request' | 'placement'>,
  { serverUids }: Pick<Seen, 'serverUids'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { namespace } = intent.request.metadata;
  const found = await Promise.all(
    intent.placement.servers.map((name) => problemOf(context, { namespace, name, uid: serverUids.get(name) }, signal)),
  );
  return found.find((problem) => problem !== undefined);
}

async function problemOf(
  { servers }: Pick<RequestContext, 'servers'>,
  { namespace, name, uid }: { namespace: string; name: string; uid: string | undefined },
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const live = await servers.live(namespace, name, signal);
    if (live === undefined) return `DCCServer ${name} was deleted while the intent was written.`;
    if (live.kind === 'Unreadable') return `DCCServer ${name} cannot be understood since the intent was written.`;
    const { metadata } = live.object;
    if (metadata.uid !== uid) return `DCCServer ${name} was made anew while the intent was written.`;
    return metadata.deletionTimestamp && `DCCServer ${name} is being deleted since the intent was written.`;
  } catch {
    // An intent without an outcome would be looked for in the cloud, though nothing was sent.
    return `DCCServer ${name} could not be read once more when the call was about to be sent.`;
  }
}
