import { beforeEach, expect, test } from 'vitest';
import { aPlace, type Place } from '../../../builders/own-access.ts';
import { seeded } from '../../../huaweicloud/seed.ts';

let place: Place;
beforeEach(async () => {
  place = await aPlace();
});

const { accessKey, secretKey, domainId } = seeded;
const start = async (text: string) =>
  place.start({ HUAWEICLOUD_SDK_CREDENTIALS_FILE: await place.write('profile', text) });

test('a profile with a key is read as the SDKs read it', async () => {
  const started = await start(`# of the operator\n[basic]\nAK = ${accessKey}\nsk: ${secretKey}\r\n; done\n`);
  expect(await started.account()).toBe(domainId);
  expect(started.log.join('')).toContain('profile file');
  expect(started.everythingShown()).not.toContain(secretKey);
});

test('a profile in the home directory is found without any variable', async () => {
  const path = await place.write('.huaweicloud-credentials', `[global]\nak=${accessKey}\nsk=${secretKey}\n`);
  const home = path.replace(/\/[^/]*$/, '');
  const { mkdir, copyFile } = await import('node:fs/promises');
  await mkdir(`${home}/.huaweicloud`);
  await copyFile(path, `${home}/.huaweicloud/credentials`);
  expect(await place.start({}).account()).toBe(domainId);
});

test('a profile with an identity provider gets its keys from the IAM that it names', async () => {
  const idToken = await place.writeIdToken();
  const elsewhere = await aPlace();
  const started = await start(`[basic]\nidp_id=cluster\nid_token_file=${idToken}\niam_endpoint=${elsewhere.url}\n`);
  await started.access.credentials().provider();
  expect(elsewhere.counts['iam.createTokenByIdToken']).toEqual({ 201: 1 });
  expect(place.counts).toEqual({});
});

test('the ids come from the section that they belong to, and an access key in the environment goes first', async () => {
  const key = `ak=${accessKey}\nsk=${secretKey}`;
  const file = await place.write(
    'profile',
    `[basic]\n${key}\nproject_id=${seeded.projectId}\n[global]\n${key}\ndomain_id=${domainId}\n`,
  );
  const variables = { HUAWEICLOUD_SDK_CREDENTIALS_FILE: file };
  expect(place.start(variables).access.credentials()).toMatchObject({ projectId: seeded.projectId, domainId });
  const started = place.start({ ...variables, HUAWEICLOUD_SDK_AK: 'AK', HUAWEICLOUD_SDK_SK: 'SK' });
  expect(started.access.credentials().way).toBe('access key in the environment');
});

test.each([
  ['names another key in [basic] than in [global]', `[basic]\nak=A\nsk=B\n[global]\nak=C\nsk=D\n`],
  ['has no section [basic] and none [global]', `ak=A\nsk=B\n`],
  ['lacks ak and sk, or idp_id and id_token_file', `[basic]\nak=A\nsk=\n`],
  ['cannot be read (ENOENT)', undefined],
])('a profile that %s is told with the path and what to write', async (fault, text) => {
  const started =
    text === undefined
      ? place.start({ HUAWEICLOUD_SDK_CREDENTIALS_FILE: `${await place.write('file', '')}-not` })
      : await start(text);
  expect(await started.account()).toMatch(
    new RegExp(`^The credentials file /\\S+ ${fault.replaceAll(/[[\]()]/g, '\\$&')}\\. Correct the file /\\S+`),
  );
  expect(place.counts).toEqual({});
});
