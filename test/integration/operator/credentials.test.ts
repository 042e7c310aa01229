import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import { aWorld, seeded } from '../../huaweicloud/seed.ts';
import { stays } from './expectations.ts';
import { aRequest, aSecret } from './manifests.ts';
import { openScenario, type Scenario } from './scenario.ts';

const rightKey = { accessKey: seeded.accessKey, secretKey: seeded.secretKey };
const wrongSecretKey = 'wrong-secret-key-of-the-tests-000000000001';
const secretData = (accessKey: string, secretKey: string) => ({
  HUAWEICLOUD_SDK_AK: accessKey,
  HUAWEICLOUD_SDK_SK: secretKey,
});
const rightSecret = (name: string) => aSecret(name, secretData(rightKey.accessKey, rightKey.secretKey));

/** Calls that the cloud refused because of their signature: more than five in a row lock the key for everybody. */
const refusedCalls = ({ cloud }: Scenario) =>
  Object.values(cloud.counts).reduce((total, endings) => total + (endings['401'] ?? 0), 0);

describe('credentials in a Secret', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    const world = aWorld();
    for (const host of ['missing', 'empty', 'half', 'mistyped', 'wrong']) world.withServer({ name: host });
    scenario = await openScenario({ world, credentials: 'None' });
  });
  afterAll(() => scenario.close());

  test.each<[string, string, Record<string, string> | undefined, RegExp]>([
    ['that does not exist', 'missing', undefined, /The Secret key-of-missing does not exist in this namespace/],
    ['that is empty', 'empty', {}, /HUAWEICLOUD_SDK_AK is missing; HUAWEICLOUD_SDK_SK is missing/],
    ['without the secret key', 'half', secretData(rightKey.accessKey, ''), /HUAWEICLOUD_SDK_SK is empty/],
    [
      'that ends in a line break',
      'mistyped',
      secretData(rightKey.accessKey, `${rightKey.secretKey}\n`),
      /HUAWEICLOUD_SDK_SK must be one word.*use `echo -n`/,
    ],
  ])('%s are told as such, and work as soon as they are corrected', async (_, host, data, message) => {
    const secret = `key-of-${host}`;
    await scenario.apply(
      scenario.server(host, { credentialsSecretRef: { name: secret } }),
      ...(data === undefined ? [] : [aSecret(secret, data)]),
      aRequest(`retire-${host}`, [host]),
    );
    const request = scenario.expectRequest(`retire-${host}`);
    await request.toBeBlockedBy({
      condition: 'AccountActive',
      reason: 'CredentialsInvalid',
      message,
      remedy: /Correct the Secret: HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK/,
    });
    expect(refusedCalls(scenario)).toBe(0);
    await scenario.apply(rightSecret(secret));
    await request.toReach('AwaitingApproval');
  });

  test('that the cloud refuses are not tried again and again, and work at once when they are corrected', async () => {
    await scenario.apply(
      scenario.server('wrong', { credentialsSecretRef: { name: 'key' } }),
      aSecret('key', secretData(rightKey.accessKey, wrongSecretKey)),
      aRequest('retire-wrong', ['wrong']),
    );
    const request = scenario.expectRequest('retire-wrong');
    await request.toBeBlockedBy({
      condition: 'AccountActive',
      reason: 'CredentialsInvalid',
      message: /401 APIGW\.0301/,
      remedy: /Check the access key, its secret and the clock/,
    });
    await stays(() => expect(refusedCalls(scenario)).toBe(1), seconds(4));
    await scenario.apply(rightSecret('key'));
    await request.toReach('AwaitingApproval');
    expect(await scenario.everythingWritten()).not.toContain(wrongSecretKey);
  });
});

describe("the operator's own credentials", () => {
  const world = (site: 'china' | 'international' = 'china') =>
    aWorld(new Date(), { site }).withServer({ name: 'host-01' }).withServer({ name: 'host-02' });

  test('that the cloud refuses do not get their key locked, however many servers and polls there are', async () => {
    await using scenario = await openScenario({
      world: world(),
      credentials: { ...rightKey, secretKey: wrongSecretKey },
    });
    await scenario.applyServers('host-01', 'host-02');
    await scenario.expectServer('host-02').toSay({
      type: 'Ready',
      reason: 'CannotRead',
      message: expect.stringMatching(/401 APIGW\.0301.*Check the access key/),
    });
    await stays(() => expect(refusedCalls(scenario)).toBe(1), seconds(3));
    expect(await scenario.everythingWritten()).not.toContain(wrongSecretKey);
  });

  test('that are missing are named, and nothing is sent without them', async () => {
    await using scenario = await openScenario({ world: world(), credentials: 'None' });
    await scenario.applyServers('host-01');
    await scenario.expectServer('host-01').toSay({
      type: 'Ready',
      status: 'False',
      reason: 'CannotRead',
      message: expect.stringMatching(/HUAWEICLOUD_SDK_AK is empty; HUAWEICLOUD_SDK_SK is empty/),
    });
    expect(scenario.cloud.counts).toEqual({});
  });

  test('of another site are told as such, with the setting to change', async () => {
    await using scenario = await openScenario({ world: world('international') });
    await scenario.applyServers('host-01');
    await scenario.apply(aRequest('retire', ['host-01']));
    await scenario.expectRequest('retire').toBeBlockedBy({
      condition: 'AccountActive',
      reason: 'WrongSite',
      message: /CBC\.0150/,
      remedy: /Set the site to the one where the account is registered/,
    });
    expect(scenario.orders).toEqual([]);
  });
});
