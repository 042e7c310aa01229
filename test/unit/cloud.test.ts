import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { describe, expect, test, vi } from 'vitest';
import type { DCCServer } from '../../operator/api/objects.ts';
import { cloudSettings, openCloud } from '../../operator/cloud.ts';
import { readConfig } from '../../operator/config.ts';
import { EndpointError } from '../../operator/huaweicloud/endpoints.ts';
import { createLog } from '../../operator/telemetry/log.ts';
import { aServer } from '../builders/dccserver.ts';
import { createVirtualClock } from '../virtual-clock.ts';
import { startTunnelProxy } from './huaweicloud/tunnel-proxy.ts';

const noSecrets = async (): Promise<never> => {
  throw new Error('no Secret is named');
};

/** The accounts under the given flags; no call is made. */
const open = (
  environment: Record<string, string>,
  flag?: string,
  registry = new Registry(),
  request: () => Promise<unknown> = noSecrets,
) =>
  openCloud({
    config: readConfig(flag === undefined ? [] : [flag], {}),
    environment,
    connection: { host: 'nowhere:443', request, stream: () => expect.fail('nothing is streamed'), close: () => {} },
    registry,
    clock: createVirtualClock(),
    log: createLog('silent'),
  });
const key = { HUAWEICLOUD_SDK_AK: 'AK', HUAWEICLOUD_SDK_SK: 'SK' };
const onMars = aServer('server-1', { spec: { region: 'mars-north-1' } });
const going = new AbortController().signal;

describe('a region that this version does not know', () => {
  test('is refused with the flag that adds it', async () => {
    expect(await open(key).accountOf(onMars, going)).toMatchObject({
      kind: 'Unreadable',
      failure: { cause: 'Configuration', message: expect.stringContaining('--additional-regions') },
    });
  });

  test('is taken with that flag', async () => {
    const accounts = open(key, '--additional-regions=moon-south-2,mars-north-1');
    expect(await accounts.accountOf(onMars, going)).toMatchObject({ kind: 'Read', value: { region: 'mars-north-1' } });
  });

  test('is refused at the start when it can be no region', () => {
    expect(() => open(key, '--additional-regions=Mars North')).toThrow(EndpointError);
  });
});

test('credentials that the operator lacks are not looked for in a Secret', async () => {
  expect(await open({ HUAWEICLOUD_SDK_AK: '' }).accountOf(aServer(), going)).toMatchObject({
    failure: {
      cause: 'Credentials',
      remedy: expect.stringMatching(/^Give the operator .*credentials\.existingSecret/),
    },
  });
});

describe('the site of an account', () => {
  const inSecret = (values: Record<string, string>) => async () => ({
    metadata: { uid: 'u', resourceVersion: '1' },
    data: Object.fromEntries(
      Object.entries({ ...key, ...values }).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
  });
  const named = aServer('server-1', { spec: { credentialsSecretRef: { name: 'key' } } });
  const siteOf = async (server: DCCServer, values: Record<string, string>) => {
    const account = await open(key, '--site=europe', new Registry(), inSecret(values)).accountOf(server, going);
    return account.kind === 'Read' ? account.value.site : account.failure;
  };

  test('is that of --site, or what the Secret with its credentials says', async () => {
    expect(await siteOf(named, {})).toBe('europe');
    expect(await siteOf(named, { DCC_OPERATOR_SITE: 'international' })).toBe('international');
    expect(await siteOf(aServer(), { DCC_OPERATOR_SITE: 'international' })).toBe('europe');
  });

  test('that the Secret names wrongly is told', async () => {
    expect(await siteOf(named, { DCC_OPERATOR_SITE: 'Europe' })).toMatchObject({
      cause: 'Credentials',
      message: expect.stringContaining('DCC_OPERATOR_SITE must be one of china, international, europe'),
    });
  });
});

describe('where IAM and STS are', () => {
  const settings = (environment: Record<string, string>, ...flags: string[]) =>
    cloudSettings(readConfig(flags, {}), environment).endpoints;
  const variables = {
    HUAWEICLOUD_SDK_IAM_ENDPOINT: 'https://iam.example.com',
    HUAWEICLOUD_SDK_STS_ENDPOINT: 'https://sts.example.com',
  };

  test('may be said by the variables of the SDK, and by the flag for one service', () => {
    expect(settings(variables)).toEqual({ iam: 'https://iam.example.com', sts: 'https://sts.example.com' });
    expect(settings(variables, '--endpoints=iam=https://other.example.com,*=https://all.example.com')).toMatchObject({
      iam: 'https://other.example.com',
      sts: 'https://sts.example.com',
      ecs: 'https://all.example.com',
    });
    expect(settings({ HUAWEICLOUD_SDK_IAM_ENDPOINT: '' })).toEqual({});
  });

  test('is refused at the start when it can be no address', () => {
    expect(() => open({ HUAWEICLOUD_SDK_IAM_ENDPOINT: 'iam.example.com' })).toThrow(/endpoint of iam is no address/);
    expect(() => open(key, '--endpoints=metadata=http://10.0.0.1')).toThrow(/endpoint of metadata must use https/);
  });
});

test('which credentials are used is shown to a person on call', () => {
  expect(open({ ...key, HUAWEICLOUD_SDK_DOMAIN_ID: 'me' }).state.credentials()).toEqual({
    problem: expect.stringContaining('HUAWEICLOUD_SDK_DOMAIN_ID'),
  });
  expect(open(key).state.credentials()).toEqual({ way: 'access key in the environment', settings: {} });
});

describe('the way to the cloud', () => {
  test('is refused at the start when the proxy cannot be read', () => {
    expect(() => open({ ...key, HTTPS_PROXY: 'proxy:3128' })).toThrow(EndpointError);
  });

  test('goes by circuits and turns, which /debug/state and the metrics show', async () => {
    const registry = new Registry();
    const cloud = open(key, '--endpoints=*=http://127.0.0.1:1', registry);
    const reading = await cloud.accountOf(aServer(), going);
    if (reading.kind !== 'Read') throw new Error(reading.failure.message);
    // Ends with the process: its clock stands still.
    void reading.value.iam.domain().catch(() => undefined);
    await vi.waitFor(async () => {
      expect(cloud.state.cloud()).toMatchObject({ circuits: [{ service: 'iam', origin: 'http://127.0.0.1:1' }] });
      expect(await registry.metrics()).toContain('huaweicloud_circuit_open{service="iam"');
    });
  });

  test('leads through the proxy', async () => {
    await using proxy = await startTunnelProxy();
    const environment = { ...key, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    const reading = await open(environment, '--endpoints=*=https://localhost:1').accountOf(aServer(), going);
    if (reading.kind !== 'Read') throw new Error(reading.failure.message);
    void reading.value.iam.domain().catch(() => undefined);
    await vi.waitFor(() => expect(proxy.tunnels).toContain('localhost:1'));
  });

  test.each([
    ['china', 'iam.myhuaweicloud.com:443'],
    ['europe', 'iam.myhuaweicloud.eu:443'],
  ])('of who asks for a key begins at the IAM of the site %s', async (site, address) => {
    await using proxy = await startTunnelProxy();
    proxy.fault = 'Refuses';
    await using folder = await mkdtempDisposable(join(tmpdir(), 'token-'));
    const tokenFile = join(folder.path, 'token');
    await writeFile(tokenFile, 'token');
    const environment = {
      HUAWEICLOUD_SDK_IDP_ID: 'cluster',
      HUAWEICLOUD_SDK_ID_TOKEN_FILE: tokenFile,
      HUAWEICLOUD_SDK_DOMAIN_ID: '0acc0000000000000000000000000001',
      HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
    };
    const reading = await open(environment, `--site=${site}`).accountOf(aServer(), going);
    if (reading.kind !== 'Read') throw new Error(reading.failure.message);
    void reading.value.iam.domain().catch(() => undefined);
    await vi.waitFor(() => expect(proxy.tunnels).toContain(address));
  });

  test('is told in /debug/state, without calls: nothing is left alone or slowed down', () => {
    expect(open(key).state.cloud()).toEqual({ circuits: [], slowed: [] });
  });
});
