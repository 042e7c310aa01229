import type { DCCServer } from '../api/objects.ts';
import { type Clock, hours, type Milliseconds, untilAborted } from '../clock.ts';
import type { HuaweiAccount } from '../huaweicloud/account.ts';
import { type AccountCredentials, type CredentialsValues, secretCredentials } from '../huaweicloud/credentials.ts';
import type { Reading } from './observation.ts';
import { reading } from './reading.ts';

/** Credentials as a Secret holds them, and something that changes when they do. */
export interface CredentialsRecord {
  version: string;
  values: CredentialsValues;
  /** Where a person can put them right, and how. */
  remedy: string;
}

/** Where credentials come from. */
export interface CredentialsSource {
  /** The operator's own, always the same; throws an error that says what is missing. */
  own(): AccountCredentials;
  /** Those of a Secret, within a time of its own; throws an error that says why it cannot be read. */
  secret(namespace: string, name: string): Promise<CredentialsRecord>;
}

/** Opens an account with credentials, a region and a project. */
export type OpenAccount = (credentials: AccountCredentials, region: string, projectId: string) => HuaweiAccount;

/** Finds the account of a server. */
export interface Accounts {
  /** The same object for all servers with the same credentials, region and project, as long as those do not change. */
  accountOf(server: DCCServer, signal: AbortSignal): Promise<Reading<HuaweiAccount>>;
}

export interface AccountsOptions {
  source: CredentialsSource;
  open: OpenAccount;
  clock: Clock;
  /** How long what a Secret said is taken for what it says: all servers that name it share one reading. */
  secretsFreshFor: Milliseconds;
}

interface SecretReading {
  startedAt: Milliseconds;
  record: Promise<CredentialsRecord>;
}

interface OpenedAccount {
  askedAt: Milliseconds;
  version: string;
  account: HuaweiAccount;
}

/** How long an account that nobody asks for is kept: keys are not held in memory without need. */
const keptFor = hours(1);

/** Opens accounts when first needed; one whose credentials changed is opened anew. */
export function createAccounts({ source, open, clock, secretsFreshFor }: AccountsOptions): Accounts {
  const secrets = new Map<string, SecretReading>();
  const opened = new Map<string, OpenedAccount>();

  /** Joins a reading that is not forgotten yet. A failure is not remembered. */
  function readSecret(namespace: string, name: string): Promise<CredentialsRecord> {
    const owner = `${namespace}/${name}`;
    const known = secrets.get(owner);
    if (known !== undefined) return known.record;
    const reading = { startedAt: clock.elapsed(), record: source.secret(namespace, name) };
    secrets.set(owner, reading);
    reading.record.catch(() => {
      if (secrets.get(owner) === reading) secrets.delete(owner);
    });
    return reading.record;
  }

  function forget(): void {
    const now = clock.elapsed();
    for (const [owner, { startedAt }] of secrets) if (now - startedAt >= secretsFreshFor) secrets.delete(owner);
    for (const [key, { askedAt }] of opened) if (now - askedAt > keptFor) opened.delete(key);
  }

  async function find({ spec, metadata }: DCCServer, signal: AbortSignal): Promise<HuaweiAccount> {
    forget();
    const { region, projectId, credentialsSecretRef: secret } = spec;
    const record =
      secret === undefined ? undefined : await untilAborted(readSecret(metadata.namespace, secret.name), signal);
    const version = record?.version ?? 'own';
    const credentials = () => (record === undefined ? source.own() : secretCredentials(record.values, record.remedy));
    const owner = secret === undefined ? '' : `${metadata.namespace}/${secret.name}`;
    const key = `${owner} ${region} ${projectId}`;
    const known = opened.get(key);
    const account = known?.version === version ? known.account : open(credentials(), region, projectId);
    opened.set(key, { version, account, askedAt: clock.elapsed() });
    return account;
  }

  return { accountOf: (server, signal) => reading('The credentials', () => find(server, signal), signal) };
}
