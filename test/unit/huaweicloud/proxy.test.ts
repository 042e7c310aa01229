import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { deadline, milliseconds, systemClock } from '../../../operator/clock.ts';
import { EndpointError } from '../../../operator/huaweicloud/endpoints.ts';
import { proxyFrom } from '../../../operator/huaweicloud/proxy.ts';
import { signRequest } from '../../../operator/huaweicloud/signing.ts';
import { openTransport } from '../../../operator/huaweicloud/transport.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';
import { type ProxyFault, startTunnelProxy, type TunnelProxy } from './tunnel-proxy.ts';

const certificate = await selfSignedCertificate('localhost');
const secure = https.createServer({ key: certificate.key, cert: certificate.certificate }, (_, to) => to.end('{}'));
const plain = http.createServer((_, outgoing) => outgoing.end('{}'));
const portOf = (server: http.Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  for (const server of [secure, plain]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
});
afterAll(() => {
  for (const server of [secure, plain]) {
    server.closeAllConnections();
    server.close();
  }
});

/** Sends as many reads as given, one after the other, and an order-like call; tells how each ended. */
async function callsTo(origin: string, environment: Record<string, string>, patience = 2_000) {
  const transport = openTransport({
    certificateAuthorities: certificate.certificate,
    proxy: proxyFrom(environment),
  });
  onTestFinished(transport.close);
  const request = signRequest(
    { method: 'GET', origin, path: [] },
    { accessKey: 'AK', secretKey: () => 's' },
    new Date(),
  );
  const endings: string[] = [];
  for (const connection of ['Pooled', 'Pooled', 'Fresh'] as const) {
    const signal = deadline(systemClock, milliseconds(patience));
    const exchange = await transport.exchange(request, { signal, connection });
    endings.push(exchange.kind === 'Answered' ? String(exchange.answer.status) : exchange.message);
  }
  return endings;
}
const theCloud = () => `https://localhost:${portOf(secure)}`;

async function aProxy(fault: ProxyFault = 'None'): Promise<TunnelProxy & { url: string }> {
  const proxy = await startTunnelProxy();
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  proxy.fault = fault;
  return Object.assign(proxy, { url: `http://127.0.0.1:${proxy.port}` });
}

describe('the way to the cloud', () => {
  test.each(['HTTPS_PROXY', 'https_proxy'])('goes through the proxy of %s; reads share a tunnel', async (variable) => {
    const proxy = await aProxy();
    expect(await callsTo(theCloud(), { [variable]: proxy.url })).toEqual(['200', '200', '200']);
    expect(proxy.tunnels).toEqual([`localhost:${portOf(secure)}`, `localhost:${portOf(secure)}`]);
  });

  test('tells the proxy who it is, when the address says so', async () => {
    const proxy = await aProxy();
    await callsTo(theCloud(), { HTTPS_PROXY: proxy.url.replace('//', '//me:p%40ss@') });
    expect(proxy.authorizations[0]).toBe(`Basic ${btoa('me:p@ss')}`);
  });

  test.each([
    ['NO_PROXY', 'localhost'],
    ['no_proxy', 'elsewhere.example,*'],
    ['NO_PROXY', 'localhost:PORT'],
  ])('is straight to what %s names: %s', async (variable, names) => {
    const proxy = await aProxy();
    const environment = { HTTPS_PROXY: proxy.url, [variable]: names.replace('PORT', String(portOf(secure))) };
    expect(await callsTo(theCloud(), environment)).toEqual(['200', '200', '200']);
    expect(proxy.tunnels).toEqual([]);
  });

  test('is straight over plain http, which only this machine is called by', async () => {
    const proxy = await aProxy();
    const environment = { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, http_proxy: proxy.url };
    expect(await callsTo(`http://127.0.0.1:${portOf(plain)}`, environment)).toEqual(['200', '200', '200']);
    expect(proxy.tunnels).toEqual([]);
  });

  test.each<[ProxyFault, string]>([
    ['Refuses', 'the proxy made no way to the cloud (407)'],
    ['Silent', 'no answer before the deadline'],
    ['Resets', 'the connection was reset (ECONNRESET)'],
  ])('has no more than a deadline, and words without an address, for a proxy that %s', async (fault, words) => {
    const proxy = await aProxy(fault);
    expect(await callsTo(theCloud(), { HTTPS_PROXY: proxy.url }, 300)).toEqual([words, words, words]);
  });
});

describe('the address of a proxy', () => {
  test.each(['proxy:3128', 'socks5://me:hunter2@proxy:1080', 'http://me:hunter2 @:', 'not one'])(
    'that cannot be read is refused, without its password: %s',
    (HTTPS_PROXY) => {
      let thrown: unknown;
      try {
        proxyFrom({ HTTPS_PROXY });
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(EndpointError);
      expect(String(thrown)).toMatch(/HTTPS_PROXY is no address of a proxy such as/);
      expect(String(thrown)).not.toContain('hunter2');
    },
  );

  test('may be left out or empty; nothing but what says how is passed on', () => {
    expect(proxyFrom({})).toBeUndefined();
    expect(proxyFrom({ HTTPS_PROXY: '', NO_PROXY: 'x' })).toBeUndefined();
    expect(proxyFrom({ https_proxy: '', HTTPS_PROXY: 'http://p', HUAWEICLOUD_SDK_SK: 'x' })).toEqual({
      HTTPS_PROXY: 'http://p',
    });
  });
});

test('NODE_EXTRA_CA_CERTS adds an authority, pooled and fresh', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ca-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'ca.pem');
  writeFileSync(file, certificate.certificate);
  const call = async (environment: Record<string, string>) => {
    const script = join(import.meta.dirname, 'one-exchange-each.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [script, theCloud()], { env: environment });
    return stdout.trim();
  };
  expect(await call({ NODE_EXTRA_CA_CERTS: file })).toBe('Pooled Answered, Fresh Answered');
  expect(await call({})).toBe('Pooled Unknown, Fresh NotSent');
});
