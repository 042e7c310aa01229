import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { hours, milliseconds, minutes, systemClock } from '../../../operator/clock.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { secretsOf } from '../../huaweicloud/world/secrets.ts';
import { printCheck } from './check-process.ts';
import { agencyUrn, provider, trustIn } from './cluster-issuer.ts';
import { eventually } from './expectations.ts';
import { healthOf } from './health-client.ts';
import { aRequest } from './manifests.ts';
import { openScenarioWithoutOperator, type Scenario } from './scenario.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'open-id-connect-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** An account that trusts the cluster, and nobody who has a key. */
const trustingWorld = async () =>
  aWorld(new Date(), { ...(await trustIn(inject('kubeconfig'))), accessKeys: [] }).withServer({ name: 'host-01' });

/** Has the API server issue a token of a service account, and puts it where the kubelet would. */
async function projectToken({ kubectl }: Scenario, tokenFile: string): Promise<string> {
  const token = await kubectl('create', 'token', 'dcc-operator', '--audience=huaweicloud', '--duration=24h');
  await writeFile(tokenFile, token);
  return token.trim();
}

// Each waits for most of its time.
test.concurrent.each([
  [
    'an agency (STS)',
    (tokenFile: string) => ({
      HUAWEICLOUD_OIDC_PROVIDER_URN: provider.urn,
      HUAWEICLOUD_OIDC_AGENCY_URN: agencyUrn,
      HUAWEICLOUD_OIDC_TOKEN_FILE: tokenFile,
    }),
  ],
  [
    'an identity provider (IAM v3)',
    (tokenFile: string) => ({ HUAWEICLOUD_SDK_IDP_ID: provider.id, HUAWEICLOUD_SDK_ID_TOKEN_FILE: tokenFile }),
  ],
])(
  'the operator orders with nothing but the token of its service account, by %s, also when its key ends early',
  async (way, environment) => {
    let ahead = 0;
    const clock = { ...systemClock, now: () => new Date(systemClock.now().getTime() + ahead) };
    const tokenFile = join(directory, way);
    const variables = environment(tokenFile);
    const flags = { 'log-level': 'debug' };
    const options = { world: await trustingWorld(), clock, environment: variables, flags };
    await using scenario = await openScenarioWithoutOperator(options);
    await scenario.kubectl('create', 'serviceaccount', 'dcc-operator');
    const token = await projectToken(scenario, tokenFile);
    const operator = await scenario.operators.start();
    await scenario.applyServers('host-01');
    await scenario.apply(aRequest('retire', ['host-01']));
    await scenario.expectRequest('retire').toReach('AwaitingApproval');
    expect(scenario.operators.log.join('\n')).toContain(`OpenID Connect with ${way}`);

    const keys = () =>
      scenario.cloud.world.accounts.flatMap(({ accessKeys }) => accessKeys.map((key) => key.accessKey));
    const [first] = keys();
    ahead = milliseconds(hours(7));
    await eventually(() => expect(keys()).not.toContain(first), minutes(2));
    await scenario.approve('retire');
    await scenario.expectRequest('retire').toReach('Complete', minutes(2));
    expect(scenario.orders).toHaveLength(1);
    const health = await healthOf(operator);
    const pages = await Promise.all(['/metrics', '/debug/state'].map((path) => health.ask(path)));
    const checked = await printCheck({
      ...{ kubeconfig: inject('kubeconfig'), cloudUrl: scenario.cloud.url, environment: variables },
      flags: [`--namespaces=${scenario.namespace}`],
    });
    expect(checked).toContain(`OpenID Connect with ${way}`);
    const written = [await scenario.everythingWritten(), ...pages.map(({ body }) => body), checked].join('\n');
    for (const secret of [...secretsOf(scenario.cloud.world), token]) expect(written).not.toContain(secret);
  },
  minutes(4),
);
