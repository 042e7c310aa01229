import type { DCCServer } from '../api/objects.ts';
import type { HuaweiAccount } from '../huaweicloud/account.ts';
import { type StaticCredentials, staticCredentials } from '../huaweicloud/credentials.ts';
import type { Reading } from './observation.ts';
import { reading } from './reading.ts';

/** Credentials as a Secret or the environment holds them, and something that changes when they do. */
export interface CredentialsRecord {
  version: string;
  values: Readonly<Record<string, string | undefined>>;
}

/** Where credentials come from. */
export interface CredentialsSource {
  /** The operator's own. */
  own: CredentialsRecord;
  /** Those of a Secret; throws an error that says why it cannot be read. */
  secret(namespace: string, name: string, signal: AbortSignal): Promise<CredentialsRecord>;
}

/** Opens an account with credentials, a region and a project. */
export type OpenAccount = (credentials: StaticCredentials, region: string, projectId: string) => HuaweiAccount;

/** Finds the account of a server. */
export interface Accounts {
  /** The same object for all servers with the same credentials, region and project, as long as those do not change. */
  accountOf(server: DCCServer, signal: AbortSignal): Promise<Reading<HuaweiAccount>>;
}

/** Opens accounts when first needed; one whose credentials changed is opened anew. */
export function createAccounts(source: CredentialsSource, open: OpenAccount): Accounts {
  const opened = new Map<string, { version: string; account: HuaweiAccount }>();
  const understood = new Map<string, { version: string; credentials: StaticCredentials }>();

  /** The same object for all accounts that it opens. */
  function credentialsOf(owner: string, { version, values }: CredentialsRecord): StaticCredentials {
    const known = understood.get(owner);
    if (known?.version === version) return known.credentials;
    const credentials = staticCredentials(values);
    understood.set(owner, { version, credentials });
    return credentials;
  }

  async function find({ spec, metadata }: DCCServer, signal: AbortSignal): Promise<HuaweiAccount> {
    const secret = spec.credentialsSecretRef?.name;
    const record = secret === undefined ? source.own : await source.secret(metadata.namespace, secret, signal);
    const owner = secret === undefined ? '' : `${metadata.namespace}/${secret}`;
    const key = `${owner} ${spec.region} ${spec.projectId}`;
    const known = opened.get(key);
    if (known?.version === record.version) return known.account;
    const account = open(credentialsOf(owner, record), spec.region, spec.projectId);
    opened.set(key, { version: record.version, account });
    return account;
  }

  return { accountOf: (server, signal) => reading('The credentials', () => find(server, signal), signal) };
}
