import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { CredentialsError, staticCredentials, withoutSecrets } from '../../../operator/huaweicloud/credentials.ts';
import { accessKey, domainId, projectId, secretKey } from './recorded-cloud.ts';

const complete = { HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: secretKey };

test('a key and its secret are enough', async () => {
  const { provider, ...ids } = staticCredentials({ ...complete, PATH: '/bin' });
  const credentials = await provider();
  expect(credentials.accessKey).toBe(accessKey);
  expect(credentials.secretKey()).toBe(secretKey);
  expect(credentials.securityToken).toBeUndefined();
  expect(ids).toEqual({
    accessKey,
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    projectId: undefined,
    domainId: undefined,
  });
});

test('a session token and the ids are taken when they are there', async () => {
  const parsed = staticCredentials({
    ...complete,
    HUAWEICLOUD_SDK_SECURITY_TOKEN: 'TOKEN+/==',
    HUAWEICLOUD_SDK_PROJECT_ID: projectId,
    HUAWEICLOUD_SDK_DOMAIN_ID: domainId,
  });
  expect((await parsed.provider()).securityToken?.()).toBe('TOKEN+/==');
  expect(parsed).toMatchObject({ projectId, domainId });
});

test.each([
  [{}, /HUAWEICLOUD_SDK_AK is missing; HUAWEICLOUD_SDK_SK is missing/],
  [{ HUAWEICLOUD_SDK_AK: accessKey }, /: HUAWEICLOUD_SDK_SK is missing\.$/],
  [{ ...complete, HUAWEICLOUD_SDK_SK: '' }, /HUAWEICLOUD_SDK_SK is empty/],
  [{ ...complete, HUAWEICLOUD_SDK_SK: `${secretKey}\n` }, /HUAWEICLOUD_SDK_SK must be one word.*echo -n/],
  [
    { ...complete, HUAWEICLOUD_SDK_PROJECT_ID: 'cn-north-4' },
    /HUAWEICLOUD_SDK_PROJECT_ID must be 32 hexadecimal digits/,
  ],
])('the fields that are wrong in %j are named, their values are not', (record, complaint) => {
  const attempt = () => staticCredentials(record);
  expect(attempt).toThrow(CredentialsError);
  expect(attempt).toThrow(complaint);
  expect(attempt).not.toThrow(secretKey);
});

test('printing credentials shows no secret', async () => {
  const parsed = staticCredentials({ ...complete, HUAWEICLOUD_SDK_SECURITY_TOKEN: 'TOKEN' });
  const credentials = await parsed.provider();
  const printed = `${inspect(parsed, { depth: 9 })}${inspect(credentials)}${JSON.stringify({ parsed, credentials })}`;
  expect(printed).not.toContain(secretKey);
  expect(printed).not.toContain('TOKEN');
});

test('secrets and signatures are taken out of what the cloud repeats', () => {
  const credentials = { accessKey, secretKey: () => secretKey, securityToken: () => 'TOKEN+/==' };
  const signature = 'a'.repeat(64);
  const echoed = `verify failed: x-security-token:TOKEN+/==, key ${secretKey}, Signature=${signature}`;
  expect(withoutSecrets(echoed, credentials)).toBe(
    'verify failed: x-security-token:[redacted], key [redacted], Signature=[redacted]',
  );
});

test('a fingerprint tells keys apart by their secret too, and shows neither', () => {
  const fingerprintOf = (changes: object) => staticCredentials({ ...complete, ...changes }).fingerprint;
  expect(fingerprintOf({ HUAWEICLOUD_SDK_PROJECT_ID: projectId })).toBe(fingerprintOf({}));
  expect(fingerprintOf({ HUAWEICLOUD_SDK_SK: 'corrected' })).not.toBe(fingerprintOf({}));
  expect(fingerprintOf({ HUAWEICLOUD_SDK_AK: 'another' })).not.toBe(fingerprintOf({}));
  expect(fingerprintOf({})).not.toContain(accessKey);
});
