import { z } from 'zod';
import { kinds } from '../../api/kinds.ts';
import { apiVersion, group, version } from '../../api/names.ts';
import type { Connection } from '../../kubernetes/connection.ts';
import { KubernetesError } from '../../kubernetes/errors.ts';
import { failed, type Nothing, type Outcome, ok } from '../outcome.ts';

const groupSchema = z.object({ versions: z.array(z.object({ version: z.string() })) });
const resourcesSchema = z.object({ resources: z.array(z.object({ name: z.string() })) });

const remedy =
  'Install the CustomResourceDefinitions of this version: with the chart (crds.install=true), or kubectl apply -f crds/.';

/** Both kinds, as this version of the operator knows them, by discovery: that needs no right. */
export async function checkDefinitions(
  connection: Pick<Connection, 'request'>,
  signal: AbortSignal,
): Promise<Outcome<Nothing>> {
  const served = await servedVersions(connection, signal);
  if (served.length === 0) return failed(`the API server does not know ${group}`, remedy);
  if (!served.includes(version))
    return failed(`${group} is served as ${served.join(', ')}, and not as ${version}`, remedy);
  const { resources } = resourcesSchema.parse(await connection.request('GET', `/apis/${apiVersion}`, { signal }));
  const names = new Set(resources.map(({ name }) => name));
  const missing = kinds.flatMap(({ plural }) => [plural, `${plural}/status`]).filter((name) => !names.has(name));
  if (missing.length > 0) return failed(`${apiVersion} is served without ${missing.join(', ')}`, remedy);
  return ok(`${kinds.map(({ plural }) => plural).join(' and ')} are served as ${apiVersion}`, undefined);
}

async function servedVersions(connection: Pick<Connection, 'request'>, signal: AbortSignal): Promise<string[]> {
  try {
    const { versions } = groupSchema.parse(await connection.request('GET', `/apis/${group}`, { signal }));
    return versions.map((one) => one.version);
  } catch (error) {
    // Of a group that it does not serve the API server says so in plain text.
    if (error instanceof KubernetesError && error.reason === 'NotFound') return [];
    throw error;
  }
}
