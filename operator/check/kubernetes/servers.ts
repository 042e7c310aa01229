import { group, version } from '../../api/names.ts';
import { type DCCServer, parseDCCServer } from '../../api/objects.ts';
import type { Config } from '../../config.ts';
import type { Connection } from '../../kubernetes/connection.ts';
import { listLive } from '../../kubernetes/live-list.ts';
import { isSelected } from '../../kubernetes/scope.ts';
import { type Outcome, ok, warning } from '../outcome.ts';

const kind = { group, version, plural: 'dccservers', kind: 'DCCServer' };

/** The DCCServers that the operator looks after: they tell where in the cloud to look, and with which credentials. */
export async function findServers(
  connection: Pick<Connection, 'request'>,
  config: Pick<Config, 'namespaces' | 'selector'>,
  signal: AbortSignal,
): Promise<Outcome<readonly DCCServer[]>> {
  const namespaces = config.namespaces.length === 0 ? [undefined] : config.namespaces;
  const lists = await Promise.all(namespaces.map((namespace) => listLive(connection, kind, { namespace }, signal)));
  const parsed = lists
    .flat()
    .filter(({ metadata }) => isSelected(config, metadata))
    .map(parseDCCServer);
  const servers = parsed.flatMap((one) => (one.kind === 'Readable' ? [one.object] : []));
  const unreadable = parsed.flatMap((one) => (one.kind === 'Unreadable' ? [one.metadata] : []));
  const found = `${servers.length} DCCServer(s)`;
  if (unreadable.length === 0) return ok(found, servers);
  const names = unreadable.slice(0, 3).map(({ namespace, name }) => `${namespace}/${name}`);
  return warning(
    `${found}, and ${unreadable.length} that this version cannot read: ${names.join(', ')}`,
    'Look at their conditions: another version of the operator may have written them.',
    servers,
  );
}
