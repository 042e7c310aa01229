import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { minutes, systemClock } from '../../../../operator/clock.ts';
import { agencyUrn, aPlace, type Place } from '../../../builders/own-access.ts';
import { officialPython } from '../../../huaweicloud/official-python/environment.ts';
import { seeded } from '../../../huaweicloud/seed.ts';

let python: string;
beforeAll(async () => {
  python = await officialPython();
}, minutes(12));

let place: Place;
beforeEach(async () => {
  place = await aPlace({ startAt: systemClock.now() });
});

const script = join(import.meta.dirname, '../../../huaweicloud/official-python/credentials.py');
const said = z.union([z.object({ account: z.string() }), z.object({ raised: z.string() })]);

/** The account that Huawei's own SDK finds credentials of in this environment. */
async function official(environment: Record<string, string>): Promise<string> {
  // The SDK writes a file of its own into the home directory.
  const env = { NO_PROXY: '*', HOME: dirname(await place.write('home', '')), ...environment };
  const { stdout } = await promisify(execFile)(python, ['-B', script, place.url], { env });
  const outcome = said.parse(JSON.parse(stdout));
  return 'account' in outcome ? outcome.account : outcome.raised;
}

/** What getting keys came to at the cloud, since the last time. */
function tellCalls(): Record<string, unknown> {
  const calls = Object.entries(place.counts).filter(
    ([operation]) => !/^sts.callerIdentity|^iam.listDomains/.test(operation),
  );
  const told = structuredClone(Object.fromEntries(calls));
  for (const operation of Object.keys(place.counts)) delete place.counts[operation];
  return told;
}

const nodeAgency = (domainId: string) => {
  place.world.credentialSources.nodeAgencyDomainId = domainId;
  return {};
};
const podIdentity = async () => {
  place.world.credentialSources.podIdentity = { token: 'pod-token', domainId: seeded.domainId };
  return {
    HC_CONTAINER_CREDENTIALS_FULL_URI: `${place.url}/pod-identity/credentials`,
    HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: await place.write('pod-token', 'pod-token\n'),
  };
};

test.each<[string, () => Promise<Record<string, string>>]>([
  [
    'OpenID Connect with an agency',
    async () => ({
      HUAWEICLOUD_OIDC_PROVIDER_URN: 'iam::oidc-provider:cluster',
      HUAWEICLOUD_OIDC_AGENCY_URN: agencyUrn,
      HUAWEICLOUD_OIDC_TOKEN_FILE: await place.writeIdToken(),
      HUAWEICLOUD_OIDC_DURATION_SECONDS: '7200',
    }),
  ],
  [
    'OpenID Connect with an identity provider',
    async () => ({ HUAWEICLOUD_SDK_IDP_ID: 'cluster', HUAWEICLOUD_SDK_ID_TOKEN_FILE: await place.writeIdToken() }),
  ],
  ['an access key', async () => ({ HUAWEICLOUD_SDK_AK: seeded.accessKey, HUAWEICLOUD_SDK_SK: seeded.secretKey })],
  [
    'a profile file',
    async () => {
      const key = `ak = ${seeded.accessKey}\nsk = ${seeded.secretKey}\n`;
      return { HUAWEICLOUD_SDK_CREDENTIALS_FILE: await place.write('profile', `[basic]\n${key}[global]\n${key}`) };
    },
  ],
  ['the agency of the node', async () => nodeAgency(seeded.domainId)],
])("Huawei's own SDK and the operator find the same by %s, and ask for it by the same calls", async (_, prepare) => {
  const environment = await prepare();
  const variables = {
    ...environment,
    HUAWEICLOUD_SDK_IAM_ENDPOINT: place.url,
    HUAWEICLOUD_SDK_STS_ENDPOINT: place.url,
    HUAWEICLOUD_SDK_PROJECT_ID: seeded.projectId,
  };
  expect(await official(variables)).toBe(seeded.domainId);
  const theirs = tellCalls();
  expect(await place.start(environment).account()).toBe(seeded.domainId);
  expect(tellCalls()).toEqual(theirs);
});

test("Huawei's own SDK uses the identity of the pod as the operator does, once the node has no agency", async () => {
  const environment = await podIdentity();
  expect(await official({ ...environment, HUAWEICLOUD_SDK_PROJECT_ID: seeded.projectId })).toBe(seeded.domainId);
  expect(tellCalls()).toMatchObject({ 'podIdentity.credentials': { 200: 1 }, 'metadata.securityKey': { 401: 1 } });
  expect(await place.start(environment).account()).toBe(seeded.domainId);
  expect(tellCalls()).toEqual({ 'podIdentity.credentials': { 200: 1 } });
});
