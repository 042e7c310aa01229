import type { UnsubscriptionRequest } from '../api/objects.ts';
import { partialUnsubscriptionOf, secondariesGivenBackOf, unsubscriptionOf } from '../inventory/calls.ts';
import type { RequestContext } from './context.ts';

/**
 * The servers that a pass over them would still learn something from: how an order ended, or that it was refused and why. One that
 * another request has claimed since has nothing more to learn from this one.
 */
export function unrecordedServers(
  { servers }: Pick<RequestContext, 'servers'>,
  request: UnsubscriptionRequest,
): string[] {
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
