import { holdsOf } from '../../api/objects.ts';
import { isSelected } from '../../kubernetes/scope.ts';
import type { RequestContext } from '../context.ts';
import type { Written } from './intent.ts';
import type { Seen, SeenServer } from './last-look.ts';

/**
 * Why the order must not leave; undefined when all servers of the request that are still to be ordered are as the last look saw them. From the intent
 * on none of the order is let go, but writing it takes its time, in which one that was deleted may be: whoever makes it anew, under whatever name, would
 * not know of the call. What is there now and not being deleted stays until the call has ended. Nor did anybody approve what a spec states by now, and
 * the intent was compared with the request alone.
 */
export async function whyNotHeld(
  context: Pick<RequestContext, 'servers' | 'scope'>,
  intent: Pick<Written, 'request' | 'placement'>,
  { servers }: Pick<Seen, 'servers'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { namespace } = intent.request.metadata;
  const names = new Set([...intent.placement.servers, ...servers.keys()]);
  const found = await Promise.all(
    [...names].map((name) => problemOf(context, { namespace, name, seen: servers.get(name) }, signal)),
  );
  return found.find((problem) => problem !== undefined);
}

async function problemOf(
  { servers, scope }: Pick<RequestContext, 'servers' | 'scope'>,
  { namespace, name, seen }: { namespace: string; name: string; seen: SeenServer | undefined },
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const live = await servers.live(namespace, name, signal);
    if (live === undefined) return `DCCServer ${name} was deleted while the intent was written.`;
    if (live.kind === 'Unreadable') return `DCCServer ${name} cannot be understood since the intent was written.`;
    const { metadata } = live.object;
    if (metadata.uid !== seen?.uid) return `DCCServer ${name} was made anew while the intent was written.`;
    if (metadata.deletionTimestamp !== undefined)
      return `DCCServer ${name} is being deleted since the intent was written.`;
    if (metadata.generation !== seen.generation)
      return `The spec of DCCServer ${name} was changed while the intent was written.`;
    if (!isSelected(scope, metadata))
      return `DCCServer ${name} has been left to another installation by its labels since the intent was written.`;
    return holdsOf(metadata).length > 0 ? `DCCServer ${name} is held back since the intent was written.` : undefined;
  } catch {
    // An intent without an outcome would be looked for in the cloud, though nothing was sent.
    return `DCCServer ${name} could not be read once more when the call was about to be sent.`;
  }
}
