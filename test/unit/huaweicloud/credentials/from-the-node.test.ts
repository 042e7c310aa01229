import { beforeEach, describe, expect, test } from 'vitest';
import { hours, minutes, seconds } from '../../../../operator/clock.ts';
import { aPlace, type Place } from '../../../builders/own-access.ts';
import { seeded } from '../../../huaweicloud/seed.ts';
import { secretsOf } from '../../../huaweicloud/world/secrets.ts';

let place: Place;
beforeEach(async () => {
  place = await aPlace();
});

describe('the agency of the node', () => {
  beforeEach(() => {
    place.world.credentialSources.nodeAgencyDomainId = seeded.domainId;
  });

  test.each(['absent', 'optional', 'required'] as const)(
    'gives a key that the cloud accepts where version 2 of the metadata service is %s',
    async (version2) => {
      place.world.credentialSources.metadataVersion2 = version2;
      const started = place.start({});
      expect(await started.account()).toBe(seeded.domainId);
      expect(started.log.join('')).toContain('agency of the node (nothing else is set)');
    },
  );

  test('is asked with one token as long as that holds, and with a new one afterwards', async () => {
    place.world.credentialSources.metadataVersion2 = 'required';
    const started = place.start({});
    const tokens = () => place.counts['metadata.createToken'];
    await started.account();
    await place.clock.advance(hours(5));
    expect(await started.account()).toBe(seeded.domainId);
    expect(tokens()).toEqual({ 200: 1 });
    await place.clock.advance(hours(2));
    expect(await started.account()).toBe(seeded.domainId);
    expect(tokens()).toEqual({ 200: 2 });
    expect(place.counts['metadata.securityKey']).toEqual({ 200: 3, 401: 1 });
  });

  test('is asked with a token as soon as the node requires one', async () => {
    place.world.credentialSources.metadataVersion2 = 'absent';
    const started = place.start({});
    await started.account();
    place.world.credentialSources.metadataVersion2 = 'required';
    await place.clock.advance(hours(2));
    expect(await started.account()).toBe(seeded.domainId);
  });

  test('shows no secret to anybody', async () => {
    const started = place.start({});
    await started.account();
    expect(secretsOf(place.world)).toHaveLength(4);
    for (const secret of secretsOf(place.world)) expect(started.everythingShown()).not.toContain(secret);
  });

  test('is not asked when anything is set, even wrongly', async () => {
    expect(await place.start({ HUAWEICLOUD_SDK_AK: '' }).account()).toMatch(
      /AK is empty; HUAWEICLOUD_SDK_SK is missing/,
    );
    expect(place.counts).toEqual({});
  });
});

test('a node without an agency is told with what can be done, and asked again ever more rarely', async () => {
  const started = place.start({});
  expect(await started.account()).toMatch(/^The node has no agency\. Give the operator credentials.*existingSecret/);
  for (let passed = 0; passed < minutes(10); passed += seconds(10)) {
    await started.account();
    await place.clock.advance(seconds(10));
  }
  expect(place.counts['metadata.securityKey']).toEqual({ 401: 4 });
});

test('a machine without a metadata service is told the same', async () => {
  place.faults.add({ operation: 'metadata.createToken', skip: 0, effect: { kind: 'reset', when: 'before' } });
  const message = await place.start({}).account();
  expect(message).toMatch(
    /^No credentials are set, and the metadata service of the node does not answer: .*ECONNRESET/,
  );
  expect(message).toContain('Give the operator credentials');
});

describe('the identity of the pod', () => {
  const token = 'pod-identity-token-of-the-tests';
  beforeEach(() => {
    place.world.credentialSources.podIdentity = { token, domainId: seeded.domainId };
    // Also there, and not to be used.
    place.world.credentialSources.nodeAgencyDomainId = '0acc0000000000000000000000000002';
  });
  const start = async (text = token, changes: object = {}) =>
    place.start({
      HC_CONTAINER_CREDENTIALS_FULL_URI: `${place.url}/pod-identity/credentials`,
      HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: await place.write('pod-token', `${text}\n`),
      ...changes,
    });

  test('gives a key that the cloud accepts, and goes before the agency of the node', async () => {
    const started = await start();
    expect(await started.account()).toBe(seeded.domainId);
    expect(started.log.join('')).toContain('CCE pod identity');
    expect(place.counts['metadata.securityKey']).toBeUndefined();
  });

  test('has its token read again for each key', async () => {
    const started = await start();
    await started.account();
    place.world.credentialSources.podIdentity = { token: 'the next one', domainId: seeded.domainId };
    await place.clock.advance(hours(2));
    expect(await started.account()).toMatch(/podIdentity.Credentials: answered 401/);
    place.world.credentialSources.podIdentity = { token: 'next', domainId: seeded.domainId };
    await place.write('pod-token', 'next');
    await place.clock.advance(minutes(1));
    expect(await started.account()).toBe(seeded.domainId);
  });

  test('that is refused is told by the variables of CCE', async () => {
    expect(await (await start('wrong')).account()).toMatch(/answered 401 .*HC_CONTAINER_AUTHORIZATION_TOKEN_FILE/);
  });

  test.each([
    [undefined, 'is missing'],
    ['nowhere', 'is no address'],
    ['ftp://somewhere', 'is no address of http or https'],
  ])('at the address %s is told by its variable', async (uri, fault) => {
    const started = await start(token, { HC_CONTAINER_CREDENTIALS_FULL_URI: uri });
    expect(await started.account()).toContain(`HC_CONTAINER_CREDENTIALS_FULL_URI ${fault}`);
  });

  test('shows no secret that is repeated to it', async () => {
    const body = { error: { code: 'X', message: `no pod has ${token}` } };
    const effect = { kind: 'answer', status: 401, body } as const;
    place.faults.add({ operation: 'podIdentity.credentials', skip: 0, effect });
    expect(await (await start()).account()).toMatch(/answered 401 X: no pod has \[redacted\]/);
  });

  test('shows no secret to anybody', async () => {
    const started = await start();
    await started.account();
    expect(secretsOf(place.world)).toContain(token);
    for (const secret of secretsOf(place.world)) expect(started.everythingShown()).not.toContain(secret);
  });
});
