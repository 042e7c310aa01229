import { writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { hours, minutes, seconds } from '../../../../operator/clock.ts';
import { idToken } from '../../../builders/id-token.ts';
import { agencyUrn, aPlace, type Place, type Started } from '../../../builders/own-access.ts';
import { seeded } from '../../../huaweicloud/seed.ts';
import { secretsOf } from '../../../huaweicloud/world/secrets.ts';

let place: Place;
/** The file that the kubelet keeps a good token in. */
let tokenFile: string;
beforeEach(async () => {
  place = await aPlace();
  tokenFile = await place.writeIdToken();
});

const viaAgency = (changes: object = {}): Started =>
  place.start({
    HUAWEICLOUD_OIDC_PROVIDER_URN: 'iam::oidc-provider:cluster',
    HUAWEICLOUD_OIDC_AGENCY_URN: agencyUrn,
    HUAWEICLOUD_OIDC_TOKEN_FILE: tokenFile,
    ...changes,
  });
const viaProvider = (changes: object = {}): Started =>
  place.start({ HUAWEICLOUD_SDK_IDP_ID: 'cluster', HUAWEICLOUD_SDK_ID_TOKEN_FILE: tokenFile, ...changes });
const generations = [
  ['an agency (STS)', viaAgency, 'HUAWEICLOUD_OIDC_TOKEN_FILE', 'sts.assumeWithOidc'],
  ['an identity provider (IAM v3)', viaProvider, 'HUAWEICLOUD_SDK_ID_TOKEN_FILE', 'iam.createTokenByIdToken'],
] as const;
const serviceOf = (operation: string) => (operation.startsWith('sts') ? 'sts' : 'iam');
const asked = (operation: string) => Object.values(place.counts[operation] ?? {}).reduce((sum, one) => sum + one, 0);

describe.each(generations)('an id token with %s', (name, start, variable, operation) => {
  test('gets a key that the cloud accepts, and one line of the log says so', async () => {
    const started = start();
    expect(await started.account()).toBe(seeded.domainId);
    expect(started.log).toHaveLength(1);
    expect(JSON.parse(started.log[0] ?? '')).toMatchObject({
      level: 'info',
      msg: "the operator's own credentials",
      way: `OpenID Connect with ${name}`,
      settings: { tokenFile },
    });
  });

  test('is read again for each key, because the kubelet replaces it', async () => {
    const started = start();
    await started.account();
    await place.clock.advance(hours(12));
    expect(await started.account(), 'the token of half a day ago').toMatch(/answered 40[13]/);
    await place.writeIdToken();
    await place.clock.advance(minutes(1));
    expect(await started.account()).toBe(seeded.domainId);
    expect(started.log.at(-1)).toContain('the cloud gives keys again');
  });

  test.each([
    ['that has expired', { exp: 1_000 }],
    ['of another issuer', { iss: 'https://elsewhere' }],
    ['for another audience', { aud: 'elsewhere' }],
  ])('%s is refused, and the remedy names the variable', async (_, claims) => {
    await writeFile(tokenFile, idToken(place.clock.now(), claims));
    const started = start();
    expect(await started.account()).toMatch(new RegExp(`^No credentials were given: .* answered 40[13] .*${variable}`));
    await place.clock.advance(seconds(50));
    await started.account();
    expect(asked(operation), 'a refusal stands for a minute').toBe(1);
  });

  test.each([
    ['does not exist', undefined],
    ['is empty', ' \n'],
    ['holds something else than one token', 'two words'],
  ])('in a file that %s is named by its variable, and nothing is sent', async (fault, text) => {
    const path = text === undefined ? `${tokenFile}-not` : await place.write('wrong', text);
    const message = await start({ [variable]: path }).account();
    expect(message).toContain(`The file ${path} that ${variable} names ${fault}.`);
    expect(place.counts).toEqual({});
  });

  test('of which a variable is missing is told, and no other credentials are taken instead', async () => {
    const message = await start({ [variable]: undefined, ...seededKey }).account();
    expect(message).toContain(`${variable} is missing`);
    expect(place.counts).toEqual({});
  });

  test('goes before an access key', async () => {
    expect(await start(seededKey).account()).toBe(seeded.domainId);
    expect(asked(operation)).toBe(1);
  });

  test('is not sent to an endpoint that is left alone', async () => {
    const started = start();
    const road = started.traffic.of('reads')({ service: serviceOf(operation), operation: 'Any', origin: place.url });
    for (let call = 0; call < 5; call += 1) {
      road.recordRead({ kind: 'Unknown', message: 'no answer' }, undefined, false);
      await place.clock.advance(seconds(1));
    }
    expect(await started.account()).toContain('so it is left alone');
    expect(place.counts).toEqual({});
    await place.clock.advance(seconds(5));
    expect(await started.account(), 'and is what finds out that it is back').toBe(seeded.domainId);
    expect(started.traffic.state().circuits).toMatchObject([{ state: 'Closed' }]);
  });

  test('that nobody answers is sent ever more rarely, and the endpoint is shown as silent', async () => {
    const effect = { kind: 'answer', status: 503, body: {} } as const;
    place.faults.add({ operation, skip: 0, effect });
    const started = start();
    const { provider } = started.access.credentials();
    for (let passed = 0; passed < minutes(20); passed += seconds(5)) {
      await expect(provider()).rejects.toMatchObject({ class: 'Ambiguous', httpStatus: 503 });
      await place.clock.advance(seconds(5));
    }
    expect(started.traffic.state().circuits).toMatchObject([{ state: 'Open', cause: 'it answered 503' }]);
    // After 5, 10, 20 and 40 seconds, then every minute.
    expect(asked(operation)).toBeLessThanOrEqual(4 + 20);
    expect(asked(operation)).toBeGreaterThan(15);
  });

  test('that is refused for the rate is not sent again before the cloud takes it', async () => {
    const body = { error_code: 'APIGW.0308', error_msg: 'The throttling threshold has been reached' };
    place.faults.add({ operation, skip: 0, times: 1, effect: { kind: 'answer', status: 429, body } });
    const started = start();
    await expect(started.access.credentials().provider()).rejects.toMatchObject({ class: 'Throttled' });
    expect(started.traffic.state().turns).toMatchObject([{ throttled: true }]);
    await place.clock.advance(seconds(5));
    expect(await started.account()).toBe(seeded.domainId);
  });

  test('shows no secret to anybody, whatever goes well or wrong', async () => {
    const started = start();
    await started.account();
    place.faults.add({
      operation,
      skip: 0,
      times: 1,
      effect: { kind: 'answer', status: 403, body: { error_code: 'X', error_msg: idToken(place.clock.now()) } },
    });
    await place.clock.advance(hours(12));
    const message = await started.account();
    const shown = `${started.everythingShown()}${message}`;
    expect(shown).toContain('403 X');
    for (const secret of [...secretsOf(place.world), idToken(place.clock.now()).split('.')[1] ?? '']) {
      expect(shown).not.toContain(secret);
    }
  });
});

const seededKey = { HUAWEICLOUD_SDK_AK: 'ANOTHERKEY', HUAWEICLOUD_SDK_SK: 'another-secret' };

test.each([
  ['HUAWEICLOUD_OIDC_PROVIDER_URN', undefined, 'is missing'],
  ['HUAWEICLOUD_OIDC_AGENCY_URN', '', 'is empty'],
  ['HUAWEICLOUD_OIDC_DURATION_SECONDS', '60', 'must be 900 or more'],
  ['HUAWEICLOUD_OIDC_DURATION_SECONDS', 'an hour', 'must be a number of seconds'],
  ['HUAWEICLOUD_SDK_DOMAIN_ID', 'me', 'must be 32 hexadecimal digits'],
])('%s as %j is told by its name at the start', async (variable, value, fault) => {
  const started = viaAgency({ [variable]: value });
  expect(await started.account()).toContain(`${variable} ${fault}`);
  expect(started.log[0]).toContain(`${variable} ${fault}`);
});

test('what the agency is limited by, and how long a key lasts, go along', async () => {
  const started = viaAgency({ HUAWEICLOUD_OIDC_DURATION_SECONDS: '900' });
  await started.account();
  expect(started.access.state()).toMatchObject({ keyHoldsForSeconds: 840 });
});

test('an agency that does not exist is refused', async () => {
  expect(await viaAgency({ HUAWEICLOUD_OIDC_AGENCY_URN: 'iam::another:agency:operator' }).account()).toMatch(
    /answered 403/,
  );
});

test('a provider of another name is refused', async () => {
  expect(await viaProvider({ HUAWEICLOUD_SDK_IDP_ID: 'another' }).account()).toMatch(/answered 401/);
});

test('the account is known from the URN of the agency, unless it is set', () => {
  expect(viaAgency().access.credentials().domainId).toBe(seeded.domainId);
  const set = viaAgency({ HUAWEICLOUD_SDK_DOMAIN_ID: '0acc0000000000000000000000000009' });
  expect(set.access.credentials().domainId).toBe('0acc0000000000000000000000000009');
});
