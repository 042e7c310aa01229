import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialsError, type CredentialsValues } from '../credentials.ts';
import { openAccessKey } from './access-key.ts';
import { identityProvider } from './identity-provider.ts';
import { isAnySet, type OwnCredentials, type Way } from './way.ts';

type Section = ReadonlyMap<string, string>;

/**
 * A file as Huawei's SDKs read it: sections `[basic]` and `[global]` with `ak`, `sk`, `security_token`, or `idp_id`,
 * `id_token_file`, and `project_id`, `domain_id`, `iam_endpoint`. It is read once, as the environment is.
 */
export const profile: Way = {
  name: 'profile file',
  isChosen: (environment) =>
    isAnySet(environment, ['HUAWEICLOUD_SDK_CREDENTIALS_FILE']) || existsSync(pathIn(environment)),
  open: (environment, surroundings): OwnCredentials => {
    const path = pathIn(environment);
    const remedy = `Correct the file ${path} (HUAWEICLOUD_SDK_CREDENTIALS_FILE, else .huaweicloud/credentials in the home directory): a section [basic] with ak and sk, or with idp_id and id_token_file; then start the operator again.`;
    const { keys, domainId } = sectionsOf(read(path, remedy), path, remedy);
    const values = { ...valuesOf(keys), HUAWEICLOUD_SDK_DOMAIN_ID: domainId };
    const iam = keys.get('iam_endpoint') ?? surroundings.endpoints.iam;
    if (!URL.canParse(iam)) throw new CredentialsError(`In ${path} iam_endpoint is no address.`, remedy);
    const endpoints = { ...surroundings.endpoints, iam: new URL(iam).origin };
    const opened = keys.has('idp_id')
      ? identityProvider.open(values, { ...surroundings, endpoints })
      : openAccessKey(values, profile.name, remedy);
    return { ...opened, way: profile.name, settings: { ...opened.settings, file: path } };
  },
};

const pathIn = ({ HUAWEICLOUD_SDK_CREDENTIALS_FILE: file, HOME: home = '/' }: CredentialsValues): string =>
  file || join(home, '.huaweicloud', 'credentials');

function read(path: string, remedy: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
    throw new CredentialsError(`The credentials file ${path} cannot be read (${code}).`, remedy);
  }
}

/** The operator has one key for both kinds of services, so both sections must name the same one. */
function sectionsOf(text: string, path: string, remedy: string): { keys: Section; domainId: string | undefined } {
  const sections = parseSections(text);
  const basic = sections.get('basic');
  const global = sections.get('global');
  const keys = basic ?? global;
  const fault = (what: string) => new CredentialsError(`The credentials file ${path} ${what}.`, remedy);
  if (keys === undefined) throw fault('has no section [basic] and none [global]');
  const isSame = (name: string) => global === undefined || keys.get(name) === global.get(name);
  if (!isSame('ak') || !isSame('idp_id')) throw fault('names another key in [basic] than in [global]');
  const complete = (keys.has('ak') && keys.has('sk')) || (keys.has('idp_id') && keys.has('id_token_file'));
  if (!complete) throw fault('lacks ak and sk, or idp_id and id_token_file');
  return { keys, domainId: global?.get('domain_id') ?? keys.get('domain_id') };
}

const valuesOf = (keys: Section): CredentialsValues => ({
  HUAWEICLOUD_SDK_AK: keys.get('ak'),
  HUAWEICLOUD_SDK_SK: keys.get('sk'),
  HUAWEICLOUD_SDK_SECURITY_TOKEN: keys.get('security_token'),
  HUAWEICLOUD_SDK_IDP_ID: keys.get('idp_id'),
  HUAWEICLOUD_SDK_ID_TOKEN_FILE: keys.get('id_token_file'),
  HUAWEICLOUD_SDK_PROJECT_ID: keys.get('project_id'),
});

/** Sections of `name = value`, as Python's `configparser` takes them. An empty value counts as none, as in the SDK. */
function parseSections(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/).map((one) => one.trim())) {
    const [, name] = /^\[([^\]]+)\]$/.exec(line) ?? [];
    const [, key, value] = /^([^#;=:[][^=:]*?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      current = new Map();
      sections.set(name, current);
    } else if (key !== undefined && value) current?.set(key.toLowerCase(), value);
  }
  return sections;
}
