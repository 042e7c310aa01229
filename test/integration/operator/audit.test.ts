import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { seconds } from '../../../operator/clock.ts';
import { type AuditLine, auditLinesIn } from '../../audit-log.ts';
import { aWorld, seeded } from '../../huaweicloud/seed.ts';
import { printCheck, runCheck } from './check-process.ts';
import { eventually, stays } from './expectations.ts';
import { healthOf } from './health-client.ts';
import { aRequest, aSecret } from './manifests.ts';
import { openScenarioWithoutOperator, type Scenario } from './scenario.ts';

/** Each stands for one secret, and for nothing else that is written anywhere. */
const marker = (of: string) => `MARKER${of}0123456789abcdef`;
const secretKey = marker('key');
const wrongKey = marker('wrong');
const token = marker('token');
const proxyPassword = marker('proxy');
const cloudProxyPassword = marker('cloudproxy');
const bearer = marker('bearer');

const proxied = z.looseObject({
  clusters: z.tuple([z.looseObject({ cluster: z.looseObject({}) })]),
  users: z.tuple([z.looseObject({})]),
});

/** A kubeconfig whose way to the API server leads through a proxy that is not there. */
async function throughNoProxy(directory: string): Promise<string> {
  const config = proxied.parse(parse(await readFile(inject('kubeconfig'), 'utf8')));
  const [cluster] = config.clusters;
  const [user] = config.users;
  const file = join(directory, 'kubeconfig');
  const nobody = `http://operator:${proxyPassword}@127.0.0.1:9`;
  const changed = {
    ...config,
    clusters: [{ ...cluster, cluster: { ...cluster.cluster, 'proxy-url': nobody } }],
    users: [{ ...user, user: { token: bearer } }],
  };
  await writeFile(file, JSON.stringify(changed));
  return file;
}

let scenario: Scenario;
let everything: string;
let trail: AuditLine[];
const owned = new AsyncDisposableStack();

/** A request through a lost answer to its end, and beside it calls that fail, with secrets that can be told from all else. */
beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'dcc-operator-audit-'));
  owned.defer(() => rm(directory, { recursive: true, force: true }));
  const accessKeys = [{ accessKey: seeded.accessKey, secretKey }];
  const world = aWorld(new Date(), { accessKeys }).withServer({ name: 'host-01' }).withServer({ name: 'host-02' });
  const flags = { 'log-level': 'debug' };
  const environment = {
    HUAWEICLOUD_SDK_AK: seeded.accessKey,
    HUAWEICLOUD_SDK_SK: secretKey,
    HTTPS_PROXY: `http://cloud:${cloudProxyPassword}@127.0.0.1:9`,
  };
  scenario = owned.use(await openScenarioWithoutOperator({ world, flags, environment, mayLogErrors: true }));
  const operator = await scenario.operators.start();
  const wrong = { HUAWEICLOUD_SDK_AK: 'AKWRONG', HUAWEICLOUD_SDK_SK: wrongKey, HUAWEICLOUD_SDK_SECURITY_TOKEN: token };
  await scenario.apply(aSecret('wrong', wrong));
  await scenario.applyServers('host-01');
  await scenario.apply(scenario.server('host-02', { credentialsSecretRef: { name: 'wrong' } }));
  await scenario.apply(aRequest('retire', ['host-01']), aRequest('never', ['host-02']));
  await scenario.expectRequest('never').toBeBlockedBy({ condition: 'AccountActive', reason: 'CredentialsInvalid' });
  await scenario.expectRequest('retire').toReach('AwaitingApproval');
  // As some gateways do, it repeats what it was sent.
  const repeated = {
    error_code: 'APIGW.0301',
    error_msg: `cannot verify ${secretKey}, Authorization: Bearer ${bearer}`,
  };
  await scenario.control.addFault({
    ...{ operation: 'cbr.listBackups', times: 1 },
    effect: { kind: 'answer', status: 500, body: repeated },
  });
  await scenario.control.addFault({
    ...{ operation: 'billing.unsubscribe', times: 1 },
    effect: { kind: 'answer', status: 500, body: repeated },
  });
  await scenario.approve('retire');
  await scenario.expectRequest('retire').toReach('Complete', seconds(100));
  await eventually(() => expect(linesOf('retire').at(-1)).toBe('FinalizerReleased'));
  trail = auditLinesIn(scenario.operators.log);

  const health = await healthOf(operator);
  const pages = await Promise.all(['/metrics', '/debug/state', '/readyz'].map((path) => health.ask(path)));
  const before = scenario.operators.log.length;
  void scenario.operators.startStandby({ kubeconfig: await throughNoProxy(directory) }).catch(() => undefined);
  await eventually(
    () => expect(scenario.operators.log.slice(before).join('\n')).toMatch(/ECONNREFUSED|proxy/),
    seconds(90),
  );
  everything = [
    await scenario.everythingWritten(),
    ...pages.map(({ body }) => body),
    ...(await checksOf(scenario, environment)),
  ].join('\n');
}, seconds(300));
afterAll(async () => {
  // The one without a way to the API server does not lead, and need not stop in order.
  await scenario.operators.kill();
  await owned.disposeAsync();
});

/** What `--check` says of all that, to people and to programs, and where the cloud is behind a proxy that is not there. */
async function checksOf({ namespace, cloud }: Scenario, environment: Readonly<Record<string, string>>) {
  const flags = [`--namespaces=${namespace}`, `--lease-namespace=${namespace}`];
  const options = { kubeconfig: inject('kubeconfig'), cloudUrl: cloud.url, environment, flags };
  const table = await printCheck(options);
  const { output } = await runCheck(options);
  return [table, output, await printCheck({ ...options, cloudUrl: 'https://localhost:9' })];
}

const linesOf = (request: string) =>
  auditLinesIn(scenario.operators.log)
    .filter((line) => line.request.endsWith(`/${request}`))
    .map(({ audit }) => audit);

describe('the log of a request whose first answer was lost', () => {
  test('has a line for each thing that happened, in its order, and each is as documented', () => {
    expect(trail.map(({ audit, call = '' }) => `${audit} ${call}`.trim())).toEqual([
      'FinalizerHeld',
      ...['Cleared', 'IntentRecorded', 'Sending', 'Outcome', 'OutcomeWritten', 'Settled'].map((line) => `${line} 1.1`),
      ...['Cleared', 'IntentRecorded', 'Sending', 'Outcome', 'OutcomeWritten'].map((line) => `${line} 1.2`),
      ...['Followed', 'Confirmed'].map((line) => `${line} 1.2`),
      'Ended',
      'FinalizerReleased',
    ]);
  });

  test('says what was cleared, signed, heard, settled by which evidence, and given back', () => {
    const { status } = scenario.objects.request('retire') ?? expect.fail('the request is gone');
    const [lost, accepted] = status.placements ?? [];
    const [order] = accepted?.orders ?? [];
    const of = (audit: string, call: string) => trail.find((line) => line.audit === audit && line.call === call);
    const looks = z.looseObject({ firstLook: z.string(), secondLook: z.string() }).parse(of('Cleared', '1.1'));
    expect(Date.parse(looks.secondLook) - Date.parse(looks.firstLook)).toBeGreaterThanOrEqual(seconds(1));
    const { plan, servers, resourceIds } = lost ?? expect.fail('no call');
    expect(of('Cleared', '1.1')).toMatchObject({ plan, servers, resourceIds });
    expect(of('IntentRecorded', '1.1')).toMatchObject({ signedAt: lost?.signedAt, holder: lost?.holder });
    expect(of('Sending', '1.2')).toMatchObject({ signedAt: accepted?.signedAt });
    expect(of('Outcome', '1.1')).toMatchObject({ state: 'Unknown' });
    expect(of('Settled', '1.1')).toMatchObject({ state: 'NotPlaced', evidence: { unclaimedOrders: [] } });
    expect(of('Outcome', '1.2')).toMatchObject({ state: 'Accepted', orders: [{ orderId: order?.orderId }] });
    expect(of('Confirmed', '1.2')).toMatchObject({ result: 'Completed', orders: [order] });
    expect(order).toMatchObject({ refund: expect.any(String), fee: expect.any(String) });
  });

  test('gets no more lines while nothing changes, pass after pass', async () => {
    await stays(() => expect(auditLinesIn(scenario.operators.log)).toHaveLength(trail.length), seconds(4));
  });

  test('holds neither the body nor a header of the call', () => {
    expect(scenario.operators.log.join('\n')).not.toMatch(/unsubscribe_type|x-sdk-date|Signature=/i);
  });
});

describe('of secrets, nothing that the operator writes tells anything', () => {
  test.each([
    ['the secret key', secretKey],
    ['a secret key that is refused', wrongKey],
    ['a security token', token],
    ['the password of a proxy to the API server', proxyPassword],
    ['the password of the proxy to the cloud', cloudProxyPassword],
    ['a bearer token', bearer],
  ])('of %s', (_, secret) => {
    const at = everything.indexOf(secret);
    expect(at, everything.slice(Math.max(0, at - 200), at + 60)).toBe(-1);
    expect(everything).not.toContain(Buffer.from(secret).toString('base64').replaceAll('=', '').slice(2, -2));
  });

  test('and all of it was looked through', () => {
    for (const part of [
      '"audit":"Confirmed"',
      'CredentialsInvalid',
      'OrderUnknown',
      'process_resident_memory_bytes',
      '"holder"',
      'FOUND, AND WHAT TO DO',
      '"checks": [',
    ])
      expect(everything).toContain(part);
    expect(everything).toContain('cannot verify [redacted]');
    expect(everything.replaceAll(/\s+/g, ' ')).toContain('the connection was refused (ECONNREFUSED)');
  });
});
