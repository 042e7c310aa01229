import { z } from 'zod';
import { CredentialsError } from './huaweicloud/credentials.ts';
import type { CredentialsRecord } from './inventory/accounts.ts';
import type { Connection } from './kubernetes/connection.ts';
import { KubernetesError } from './kubernetes/errors.ts';

const secretSchema = z.object({
  metadata: z.object({ uid: z.string(), resourceVersion: z.string() }),
  data: z.record(z.string(), z.base64()).default({}),
});

const remedy = 'Correct the Secret: HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK of a user of the account.';

/** Reads credentials from a Secret. Throws a `CredentialsError` that says which Secret is missing or may not be read. */
export async function readSecret(connection: Connection, namespace: string, name: string): Promise<CredentialsRecord> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
  try {
    const { metadata, data } = secretSchema.parse(await connection.request('GET', path));
    const values = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]);
    return { version: `${metadata.uid}/${metadata.resourceVersion}`, values: Object.fromEntries(values), remedy };
  } catch (error) {
    throw new CredentialsError(`The Secret ${name} ${faultOf(error)}.`, remedy);
  }
}

function faultOf(error: unknown): string {
  if (!(error instanceof KubernetesError)) return 'has data that is not base64';
  if (error.reason === 'NotFound') return 'does not exist in this namespace';
  if (error.reason === 'Forbidden') return 'may not be read by the operator (chart: credentials.allowSecretRefs)';
  return `cannot be read (${error.reason})`;
}
