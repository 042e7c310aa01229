import { type StaticCredentials, staticCredentials } from '../../huaweicloud/credentials.ts';
import type { Connection } from '../../kubernetes/connection.ts';
import { readSecret } from '../../secrets.ts';
import { failed, type Outcome, ok } from '../outcome.ts';
import type { Target } from './targets.ts';

export interface CredentialsOptions {
  environment: Readonly<Record<string, string | undefined>>;
  /** Undefined when there is no API server to read a Secret from. */
  connection: Connection | undefined;
}

const remedy =
  'Give HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK in the environment (chart: credentials.existingSecret), or name a Secret in spec.credentialsSecretRef.';

/** Finds the credentials of a target, and says by which way. Throws a `CredentialsError`; sends nothing to the cloud. */
export async function findCredentials(
  { secret }: Pick<Target, 'secret'>,
  { environment, connection }: CredentialsOptions,
): Promise<Outcome<StaticCredentials>> {
  if (secret === undefined) return told(environment, 'the environment', staticCredentials(environment, remedy));
  const name = `${secret.namespace}/${secret.name}`;
  if (connection === undefined) return failed(`the Secret ${name} cannot be read`, 'See kubernetes/api.');
  const { values, remedy: correction } = await readSecret(connection, secret.namespace, secret.name);
  return told(values, `the Secret ${name}`, staticCredentials(values, correction));
}

function told(
  values: Readonly<Record<string, string | undefined>>,
  where: string,
  credentials: StaticCredentials,
): Outcome<StaticCredentials> {
  const isTemporary = values['HUAWEICLOUD_SDK_SECURITY_TOKEN'] !== undefined;
  return ok(`${isTemporary ? 'a temporary' : 'a static'} access key, from ${where}`, credentials);
}
