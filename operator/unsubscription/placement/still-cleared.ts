import { holdsOf, type Metadata, type Parsed } from '../../api/objects.ts';
import { isSelected } from '../../kubernetes/scope.ts';
import type { RequestContext } from '../context.ts';
import { isHalted } from '../snapshot.ts';
import type { Written } from './intent.ts';
import type { Seen, SeenServer } from './last-look.ts';

type Context = Pick<RequestContext, 'requests' | 'servers' | 'scope' | 'haltSwitch' | 'clock'>;
type Intent = Pick<Written, 'request' | 'placement'>;

/**
 * Why the order must not leave; undefined when the request, and all its servers that are still to be ordered, are as they were, and nobody has
 * halted the operator. From the intent on none of the order is let go, but writing it takes its time, in which a server that was deleted may
 * be: whoever makes it anew, under whatever name, would not know of the call. What is there now and not being deleted stays until the call has ended. Nor
 * did anybody approve what a spec states by now; and who suspends, deletes or halts in that time sees nothing of an order yet.
 */
export async function whyNoLongerCleared(
  context: Context,
  intent: Intent,
  { servers }: Pick<Seen, 'servers'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const names = new Set([...intent.placement.servers, ...servers.keys()]);
  const found = await Promise.all([
    whyHalted(context, signal),
    problemOfRequest(context, intent, signal),
    ...[...names].map((name) => problemOfServer(context, intent, { name, seen: servers.get(name) }, signal)),
  ]);
  return found.find((problem) => problem !== undefined);
}

async function whyHalted({ haltSwitch, clock }: Context, signal: AbortSignal): Promise<string | undefined> {
  // A pass that has run out of time has an outcome, too.
  const halt = await haltSwitch.read(clock.elapsed(), signal).catch(() => undefined);
  if (halt !== undefined && !isHalted(halt)) return undefined;
  return 'The operator was halted, or it could not be read whether it is, when the call was about to be sent.';
}

function problemOfRequest(
  { requests, scope }: Context,
  { request: { metadata } }: Intent,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { namespace, name } = metadata;
  return changeOf(`UnsubscriptionRequest ${name}`, metadata, scope, () => requests.live(namespace, name, signal));
}

function problemOfServer(
  { servers, scope }: Context,
  { request }: Intent,
  { name, seen }: { name: string; seen: SeenServer | undefined },
  signal: AbortSignal,
): Promise<string | undefined> {
  return changeOf(`DCCServer ${name}`, seen, scope, () => servers.live(request.metadata.namespace, name, signal));
}

async function changeOf(
  what: string,
  seen: SeenServer | undefined,
  scope: RequestContext['scope'],
  read: () => Promise<Parsed<{ metadata: Metadata }> | undefined>,
): Promise<string | undefined> {
  try {
    const live = await read();
    if (live === undefined) return `${what} was deleted while the intent was written.`;
    if (live.kind === 'Unreadable') return `${what} cannot be understood since the intent was written.`;
    const { metadata } = live.object;
    if (metadata.uid !== seen?.uid) return `${what} was made anew while the intent was written.`;
    if (metadata.deletionTimestamp !== undefined) return `${what} is being deleted since the intent was written.`;
    if (metadata.generation !== seen.generation) return `The spec of ${what} was changed while the intent was written.`;
    if (!isSelected(scope, metadata))
      return `${what} has been left to another installation by its labels since the intent was written.`;
    return holdsOf(metadata).length > 0 ? `${what} is held back since the intent was written.` : undefined;
  } catch {
    // An intent without an outcome would be looked for in the cloud, though nothing was sent.
    return `${what} could not be read once more when the call was about to be sent.`;
  }
}
