import { createHash } from 'node:crypto';
import { z } from 'zod';
import { redactWords } from '../telemetry/redaction.ts';
import { type Site, sites } from './endpoints.ts';

/** What a request is signed with. */
export interface Credentials {
  readonly accessKey: string;
  /** A function, as is the token: so no log, inspection or JSON of these credentials ever shows the secret. */
  readonly secretKey: () => string;
  readonly securityToken?: (() => string) | undefined;
}

/** Gives the credentials to sign the next request with. Throws a `CredentialsError` when there are none. */
export type CredentialsProvider = (signal?: AbortSignal) => Promise<Credentials>;

/** The credentials cannot be used; the message names the field and says what to write, never the value. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
  /** Where a person can put it right, and how. */
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** What an account is opened with: its credentials, and the ids that may come with them. */
export interface AccountCredentials {
  readonly provider: CredentialsProvider;
  /** The same for the same key with the same secret, neither of which it gives away; temporary keys share that of where they come from. */
  readonly fingerprint: string;
  readonly projectId: string | undefined;
  readonly domainId: string | undefined;
  /** Where the account is registered, if that came with them; else the operator's own setting holds. */
  readonly site?: Site | undefined;
  /** Takes note that the cloud refused the key, and gets another one where that is possible. */
  readonly renew?: (() => void) | undefined;
}

/** A fixed key, and the ids that may come with it. */
export interface StaticCredentials extends AccountCredentials {
  readonly accessKey: string;
}

/** A key, a token, a name: whatever holds a line break or a space was not copied as it should be. */
export const oneWord = z.string('is missing').refine((value) => /^[\x21-\x7e]+$/.test(value), {
  error: ({ input }) =>
    input === ''
      ? 'is empty'
      : 'must be one word of printable characters (a Secret made with `echo` ends in a line break: use `echo -n`)',
});
const id = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits (console: My Credentials)')
  .optional();

// The names are those of Huawei's own SDKs.
const ids = z.object({ HUAWEICLOUD_SDK_PROJECT_ID: id, HUAWEICLOUD_SDK_DOMAIN_ID: id });
const key = z.object({
  HUAWEICLOUD_SDK_AK: oneWord,
  HUAWEICLOUD_SDK_SK: oneWord,
  HUAWEICLOUD_SDK_SECURITY_TOKEN: oneWord.optional(),
  ...ids.shape,
});

/** Environment variables, or the data of a Secret. */
export type CredentialsValues = Readonly<Record<string, string | undefined>>;

/**
 * Reads a static key by the names that Huawei's SDKs give to environment variables: `HUAWEICLOUD_SDK_AK`, `_SK` and, optional,
 * `_SECURITY_TOKEN`, `_PROJECT_ID`, `_DOMAIN_ID`. Throws a `CredentialsError` with the given remedy that names every field
 * that is wrong.
 */
export function staticCredentials(values: CredentialsValues, remedy = 'Correct the credentials.'): StaticCredentials {
  const { HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: secret, ...rest } = parseValues(key, values, remedy);
  const token = rest.HUAWEICLOUD_SDK_SECURITY_TOKEN;
  const credentials: Credentials = {
    accessKey,
    secretKey: () => secret,
    securityToken: token === undefined ? undefined : () => token,
  };
  return {
    provider: async () => credentials,
    accessKey,
    fingerprint: createHash('sha256').update(`${accessKey} ${secret}`).digest('hex'),
    projectId: rest.HUAWEICLOUD_SDK_PROJECT_ID,
    domainId: rest.HUAWEICLOUD_SDK_DOMAIN_ID,
  };
}

// The variable that the flag --site has, too; Huawei's SDKs have no name for it.
const site = z.object({
  DCC_OPERATOR_SITE: z.enum(sites, `must be one of ${sites.join(', ')}`).optional(),
});

/** Reads the data of a Secret: a static key, and with `DCC_OPERATOR_SITE` the site where its account is registered. */
export function secretCredentials(values: CredentialsValues, remedy: string): StaticCredentials {
  const { DCC_OPERATOR_SITE } = parseValues(site, values, remedy);
  return { ...staticCredentials(values, remedy), site: DCC_OPERATOR_SITE };
}

/** Reads `HUAWEICLOUD_SDK_PROJECT_ID` and `_DOMAIN_ID`, which may come with any credentials. Throws a `CredentialsError`. */
export function accountIds(
  values: CredentialsValues,
  remedy: string,
): Pick<AccountCredentials, 'projectId' | 'domainId'> {
  const parsed = parseValues(ids, values, remedy);
  return { projectId: parsed.HUAWEICLOUD_SDK_PROJECT_ID, domainId: parsed.HUAWEICLOUD_SDK_DOMAIN_ID };
}

/** Parses values by their names. Throws a `CredentialsError` that names each that is wrong, and shows none. */
export function parseValues<Parsed>(schema: z.ZodType<Parsed>, values: CredentialsValues, remedy: string): Parsed {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  const complaints = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new CredentialsError(`The credentials cannot be used: ${complaints.join('; ')}.`, remedy);
}

/** Takes the secrets, and any signature, out of a text that the cloud wrote: some gateways repeat what they were sent. */
export function withoutSecrets(text: string, credentials: Credentials): string {
  const secrets = [credentials.secretKey(), credentials.securityToken?.()].filter((secret) => secret !== undefined);
  const hidden = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
  return redactWords(hidden.replaceAll(/\b[0-9a-f]{64}\b/g, '[redacted]'));
}
