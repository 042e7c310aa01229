import type { UnsubscriptionRequest } from '../../api/objects.ts';
import type { Placement } from '../../api/unsubscriptionrequest.ts';
import type { RequestContext } from '../context.ts';
import type { PlacementEvidence, Reading } from '../snapshot.ts';
import { readEvidence } from './evidence.ts';
import { statementOn } from './statement.ts';

/** What the cloud knows of a call that is open. */
export async function evidenceOf(
  {
    servers,
    accounts,
    cluster,
    terms,
    clockBound,
    goneCalls,
  }: Pick<RequestContext, 'servers' | 'accounts' | 'cluster' | 'terms' | 'clockBound' | 'goneCalls'>,
  request: UnsubscriptionRequest,
  entry: Placement,
  signal: AbortSignal,
): Promise<Reading<PlacementEvidence>> {
  // One that was answered is followed by its own orders; to settle a lost one, all other calls must be known.
  const failure = entry.state === 'Accepted' ? undefined : cluster.unread();
  if (failure !== undefined) return { kind: 'Unreadable', failure };
  const { namespace } = request.metadata;
  const [name = ''] = entry.servers;
  // Its label may have left it to another installation since: the order is followed by who has the request.
  const server = servers.cached(namespace, name) ?? (await servers.live(namespace, name, signal));
  if (server?.kind !== 'Readable') return withoutServer(entry);
  const account = await accounts.accountOf(server.object, signal);
  if (account.kind === 'Unreadable') return account;
  const evidence = await readEvidence(
    account.value,
    entry,
    {
      window: terms.settleWindow,
      clockBound,
      claimedOrders: () => cluster.claimedOrders({ namespace, ...entry }),
      otherCalls: () => cluster.otherCalls({ namespace, ...entry }),
      statedId: statedId(request, entry),
    },
    signal,
  );
  if (evidence.kind === 'Unreadable') return evidence;
  return { kind: 'Read', value: { ...evidence.value, goneSince: goneCalls.note(entry, evidence.value) } };
}

/** Of a call that is still to be settled. */
function statedId(request: UnsubscriptionRequest, entry: Placement): string | undefined {
  const statement = entry.state === 'Accepted' ? undefined : statementOn(request, entry);
  return statement === 'none' ? undefined : statement;
}

/** The drain finalizer keeps a server while an order is open, so this is somebody's force at work. */
function withoutServer({ servers }: Placement): Reading<never> {
  const source = `DCCServer ${servers[0]}`;
  const remedy = 'Apply it again, with the same spec: it names the account of the order.';
  return {
    kind: 'Unreadable',
    failure: { source, cause: 'Configuration', message: 'It is gone or unreadable.', remedy },
  };
}
