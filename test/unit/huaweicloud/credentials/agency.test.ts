import { beforeEach, describe, expect, test } from 'vitest';
import { parseAgency } from '../../../../operator/agency.ts';
import { hours, minutes, seconds } from '../../../../operator/clock.ts';
import { agencyUrn, aPlace, customer, type Place } from '../../../builders/own-access.ts';
import { seeded } from '../../../huaweicloud/seed.ts';
import { secretsOf } from '../../../huaweicloud/world/secrets.ts';

let place: Place;
beforeEach(async () => {
  place = await aPlace();
});

const key = { HUAWEICLOUD_SDK_AK: seeded.accessKey, HUAWEICLOUD_SDK_SK: seeded.secretKey };
const wrongKey = { ...key, HUAWEICLOUD_SDK_SK: 'wrong-secret-key-of-the-tests-000000000001' };
const generations = [
  ['by its URN (STS)', 'iam::0acc0000000000000000000000000002:agency:retire', 'sts.assume'],
  ['by account and name (IAM v3)', 'customer/retire', 'iam.createTemporaryKey'],
] as const;

describe.each(generations)('an agency of another account, %s', (_, agency, operation) => {
  test('is switched to with an access key, and the log names it', async () => {
    const started = place.start(key, agency);
    expect(await started.account()).toBe(customer.domainId);
    expect(started.log[0]).toContain('access key in the environment, switched to an agency');
    expect(started.log[0]).toContain(agency);
  });

  test('is switched to again before its key ends', async () => {
    const started = place.start(key, agency);
    await started.account();
    await place.clock.advance(minutes(29));
    await started.account();
    const one = place.counts[operation];
    expect(Object.values(one ?? {})).toEqual([1]);
    await place.clock.advance(minutes(1));
    await started.account();
    await expect.poll(() => Object.values(place.counts[operation] ?? {})).toEqual([2]);
    await place.clock.advance(hours(3));
    expect(await started.account()).toBe(customer.domainId);
  });

  test('that does not trust the account is told with the right that is needed', async () => {
    const elsewhere = agency.replace(/retire$/, 'another');
    expect(await place.start(key, elsewhere).account()).toMatch(/answered 403 .*:agencies:assume/);
  });

  test('is not asked for so often that a wrong key gets locked', async () => {
    const started = place.start(wrongKey, agency);
    for (let passed = 0; passed < minutes(20); passed += seconds(10)) {
      expect(await started.account()).toMatch(/answered 401 APIGW\.0301/);
      await place.clock.advance(seconds(10));
    }
    expect(place.counts[operation]).toEqual({ 401: 5 });
    expect(started.everythingShown()).not.toContain(wrongKey.HUAWEICLOUD_SDK_SK);
  });

  test('is signed for by the time of the cloud, when the clock here is wrong', async () => {
    place = await aPlace({ cloudAhead: minutes(20) });
    const { provider, state } = place.start(key, agency).access.credentials();
    await expect(provider()).rejects.toThrow(/APIGW\.0303/);
    await provider();
    expect(state(), 'and so is how long the key lasts').toMatchObject({ keyHoldsForSeconds: 59 * 60 });
  });

  test('shows no secret to anybody', async () => {
    const started = place.start(key, agency);
    await started.account();
    expect(secretsOf(place.world)).toHaveLength(3);
    for (const secret of secretsOf(place.world)) expect(started.everythingShown()).not.toContain(secret);
  });
});

test('an agency is switched to from a temporary key too', async () => {
  const started = place.start(
    {
      HUAWEICLOUD_OIDC_PROVIDER_URN: 'iam::oidc-provider:cluster',
      HUAWEICLOUD_OIDC_AGENCY_URN: agencyUrn,
      HUAWEICLOUD_OIDC_TOKEN_FILE: await place.writeIdToken(),
    },
    'iam::0acc0000000000000000000000000002:agency:retire',
  );
  expect(await started.account()).toBe(customer.domainId);
  expect(started.access.state()).toMatchObject({ switchedFrom: { refreshFailures: 0 } });
});

test('the ids in the environment are of the account that is switched from', () => {
  const idsOf = (agency: string) => {
    const { access } = place.start({ ...key, HUAWEICLOUD_SDK_DOMAIN_ID: seeded.domainId }, agency);
    const { domainId, projectId } = access.credentials();
    return { domainId, projectId };
  };
  expect(idsOf('customer/retire')).toEqual({ domainId: undefined, projectId: undefined });
  expect(idsOf('iam::0acc0000000000000000000000000002:agency:retire')).toEqual({
    domainId: customer.domainId,
    projectId: undefined,
  });
});

test.each(['retire', 'customer/', '/retire', 'a/b/c', 'iam::1:agency:', 'iam:agency', 'customer/re tire'])(
  '%j is no agency',
  (text) => {
    expect(parseAgency(text)).toBeUndefined();
  },
);
