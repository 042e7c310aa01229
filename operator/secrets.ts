import { z } from 'zod';
import { CredentialsError } from './huaweicloud/credentials.ts';
import type { CredentialsRecord } from './inventory/accounts.ts';
import type { Connection } from './kubernetes/connection.ts';
import { KubernetesError } from './kubernetes/errors.ts';

const secretSchema = z.object({
  metadata: z.object({ uid: z.string(), resourceVersion: z.string() }),
  data: z.record(z.string(), z.base64()).default({}),
});

/** Reads credentials from a Secret. Throws a `CredentialsError` that says which Secret is missing or may not be read. */
export async function readSecret(
  connection: Connection,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<CredentialsRecord> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
  try {
    const { metadata, data } = secretSchema.parse(await connection.request('GET', path, { signal }));
    const values = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]);
    return { version: `${metadata.uid}/${metadata.resourceVersion}`, values: Object.fromEntries(values) };
  } catch (error) {
    signal.throwIfAborted();
    throw new CredentialsError(`The Secret ${name} ${faultOf(error)}.`);
  }
}

function faultOf(error: unknown): string {
  if (!(error instanceof KubernetesError)) return 'has data that is not base64';
  if (error.reason === 'NotFound') return 'does not exist in this namespace';
  if (error.reason === 'Forbidden') return 'may not be read by the operator (chart: credentials.allowSecretRefs)';
  return `cannot be read (${error.reason})`;
}
