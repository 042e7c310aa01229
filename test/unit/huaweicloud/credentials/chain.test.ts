import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ways } from '../../../../operator/huaweicloud/credentials/chain.ts';

const everything = {
  HUAWEICLOUD_OIDC_PROVIDER_URN: 'urn',
  HUAWEICLOUD_SDK_IDP_ID: 'cluster',
  HUAWEICLOUD_SDK_AK: 'AK',
  HUAWEICLOUD_SDK_CREDENTIALS_FILE: '/profile',
  HC_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1',
};

test('the order is that of the SDK, but that the pod goes before its node', () => {
  const set: Record<string, string | undefined> = { ...everything, HOME: '/nowhere' };
  const chosen = [...Object.keys(everything), 'HOME'].map((variable) => {
    const way = ways.find((one) => one.isChosen(set));
    set[variable] = undefined;
    return way?.name;
  });
  expect(chosen).toEqual([
    'OpenID Connect with an agency (STS)',
    'OpenID Connect with an identity provider (IAM v3)',
    'access key in the environment',
    'profile file',
    'CCE pod identity',
    'agency of the node (nothing else is set)',
  ]);
});

test.each([
  'HUAWEICLOUD_OIDC_AGENCY_URN',
  'HUAWEICLOUD_OIDC_ID_TOKEN',
  'HUAWEICLOUD_OIDC_TOKEN_FILE',
  'HUAWEICLOUD_SDK_ID_TOKEN_FILE',
  'HUAWEICLOUD_SDK_SK',
  'HUAWEICLOUD_SDK_SECURITY_TOKEN',
  'HC_CONTAINER_AUTHORIZATION_TOKEN_FILE',
])('%s alone, even empty, means a way: what is missing is told then', (variable) => {
  expect(ways.find((way) => way.isChosen({ [variable]: '', HOME: '/nowhere' }))).not.toBe(ways.at(-1));
});

test('docs/credentials.md names every variable, and no other', () => {
  const root = `${import.meta.dirname}/../../../..`;
  const files = ['operator/cloud.ts', 'operator/huaweicloud/credentials*.ts', 'operator/huaweicloud/credentials/*.ts'];
  const code = globSync(files, { cwd: root }).map((file) => readFileSync(`${root}/${file}`, 'utf8'));
  const variablesIn = (text: string) =>
    [...new Set(text.match(/\b(HUAWEICLOUD_(SDK|OIDC)|HC)_[A-Z_]+[A-Z]\b/g))].sort();
  const known = variablesIn(code.join('\n'));
  expect(known.length).toBeGreaterThan(15);
  expect(variablesIn(readFileSync(`${root}/docs/credentials.md`, 'utf8'))).toEqual(known);
});
