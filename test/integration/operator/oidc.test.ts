import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { minutes, seconds, systemClock } from '../../../operator/clock.ts';
import { trustIssuers } from '../../cluster/authentication.ts';
import { kubectl, kubectlOutput } from '../../cluster/kubectl.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { clientId, clientSecret, type OidcIssuer, startOidcIssuer, subject } from '../../oidc-issuer.ts';
import { createKubeconfigFiles, type KubeconfigFiles } from '../kubernetes/kubeconfig-files.ts';
import { eventually } from './expectations.ts';
import { aRequest } from './manifests.ts';
import { openScenarioWithoutOperator } from './scenario.ts';

const admin = inject('kubeconfig');
const directory = dirname(admin);
const binding = 'operator-test-oidc';
let issuer: OidcIssuer;
let files: KubeconfigFiles;
const owned = new AsyncDisposableStack();
beforeAll(async () => {
  issuer = owned.use(await startOidcIssuer());
  files = owned.use(await createKubeconfigFiles());
  await trustIssuers(directory, [{ url: issuer.url, authority: issuer.authority, audience: clientId }]);
  owned.defer(() => trustIssuers(directory, []));
  // Whom RBAC does not know must be nobody, or the tests would show nothing.
  await kubectlOutput(admin, ['delete', 'clusterrolebinding', binding, '--ignore-not-found']);
  await eventually(async () => {
    expect((await kubectl(await logIn(), ['get', 'namespaces'])).stderr).toContain(
      `User "oidc:${subject}" cannot list`,
    );
  }, minutes(2));
  await kubectlOutput(admin, [
    ...['create', 'clusterrolebinding', binding, '--clusterrole=cluster-admin'],
    `--user=oidc:${subject}`,
  ]);
  owned.defer(async () => void (await kubectlOutput(admin, ['delete', 'clusterrolebinding', binding])));
}, minutes(3));
afterAll(() => owned.disposeAsync());

/** Writes the kubeconfig of a user whose ID token has expired, and gives its path. */
async function logIn(): Promise<string> {
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  const config = {
    'idp-issuer-url': issuer.url,
    'idp-certificate-authority-data': base64(issuer.authority),
    'client-id': clientId,
    'client-secret': clientSecret,
    'id-token': issuer.issueIdToken(new Date(systemClock.now().getTime() - seconds(60))),
    'refresh-token': issuer.issueRefreshToken(),
  };
  const { clusters } = JSON.parse(await kubectlOutput(admin, ['config', 'view', '--raw', '-o', 'json']));
  const { server, ...cluster } = clusters[0].cluster;
  await files.load(server, cluster, { 'auth-provider': { name: 'oidc', config } });
  return files.path('kubeconfig');
}

test('kubectl logs in by the same kubeconfig: the issuer is one by its rules', async () => {
  const before = issuer.grants.length;
  expect(await kubectlOutput(await logIn(), ['auth', 'whoami'])).toContain(`oidc:${subject}`);
  expect(issuer.grants.slice(before).at(-1)).toMatchObject({ granted: true, shownBy: 'client_secret_basic' });
});

test(
  'the operator goes on through the end of each token, and of an outage of the issuer, and orders once',
  async () => {
    issuer.refreshTokens = 'Once';
    issuer.tokensLast = seconds(12);
    const kubeconfig = await logIn();
    const before = issuer.grants.length;
    const world = aWorld().withServer({ name: 'host-01' });
    const flags = { kubeconfig, 'leader-election': 'Lease' };
    await using scenario = await openScenarioWithoutOperator({ world, flags, mayLogErrors: true });
    await scenario.operators.start();
    await scenario.applyServers('host-01');
    await scenario.apply(aRequest('retire', ['host-01']));
    await scenario.expectRequest('retire').toReach('AwaitingApproval');
    // One more than the tokens of before can have led to.
    await eventually(() => expect(issuer.grants.length - before).toBeGreaterThan(4), minutes(2));
    expect(issuer.grants.slice(before).filter(({ granted }) => !granted)).toEqual([]);

    issuer.instead = (response) => response.writeHead(503).end();
    // Until the last of its tokens has ended.
    const log = () => scenario.operators.log.join('\n');
    await eventually(() => expect(log()).toContain('credentials could not be refreshed'), minutes(1));
    await eventually(() => expect(log()).toContain('"reason":"Unauthorized"'), minutes(1));
    issuer.instead = undefined;
    await scenario.approve('retire');
    await scenario.expectRequest('retire').toReach('Complete', minutes(1));
    expect(scenario.orders).toHaveLength(1);
    expect(await scenario.everythingWritten()).not.toMatch(/refresh-[0-9a-f]{8}|a secret: 100/);
  },
  minutes(4),
);
