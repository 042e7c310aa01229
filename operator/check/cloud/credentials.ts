import type { Access } from '../../cloud.ts';
import { type AccountCredentials, secretCredentials } from '../../huaweicloud/credentials.ts';
import type { Connection } from '../../kubernetes/connection.ts';
import { readSecret } from '../../secrets.ts';
import { failed, type Outcome, ok } from '../outcome.ts';
import type { Target } from './targets.ts';

export interface CredentialsOptions {
  access: Access;
  /** Undefined when there is no API server to read a Secret from. */
  connection: Connection | undefined;
  signal: AbortSignal;
}

/** Credentials, and the way to the accounts that they open. */
export interface FoundCredentials {
  readonly credentials: AccountCredentials;
  readonly access: Access;
}

/**
 * Finds the credentials of a target, and says by which way. Where they are temporary, a key is asked for. Throws a
 * `CredentialsError`, or a `CloudError` when nobody gives one.
 */
export async function findCredentials(
  { secret }: Pick<Target, 'secret'>,
  { access, connection, signal }: CredentialsOptions,
): Promise<Outcome<FoundCredentials>> {
  if (secret === undefined) {
    const own = access.own.credentials();
    await own.provider(signal);
    const settings = Object.entries(own.settings).map(([name, value]) => `${name} ${value}`);
    return ok([own.way, ...settings].join(', '), { credentials: own, access });
  }
  const name = `${secret.namespace}/${secret.name}`;
  if (connection === undefined) return failed(`the Secret ${name} cannot be read`, 'See kubernetes/api.');
  const { values, remedy } = await readSecret(connection, secret.namespace, secret.name);
  const credentials = secretCredentials(values, remedy);
  return ok(`the access key of the Secret ${name}`, { credentials, access });
}
