import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deadline, milliseconds, systemClock } from '../../../operator/clock.ts';
import { type SignedRequest, signRequest } from '../../../operator/huaweicloud/signing.ts';
import { type ExchangeOptions, openTransport, type Transport } from '../../../operator/huaweicloud/transport.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';

const credentials = { accessKey: 'AK', secretKey: () => 'secret' };
const requestTo = (origin: string, path: readonly string[] = ['whole'], body?: string): SignedRequest =>
  signRequest(
    { method: body === undefined ? 'GET' : 'POST', origin, path, ...(body === undefined ? {} : { body }) },
    credentials,
    new Date(),
  );
const fresh = (ms = 2_000): ExchangeOptions => ({
  signal: deadline(systemClock, milliseconds(ms)),
  connection: 'Fresh',
});
const pooled = (ms = 2_000): ExchangeOptions => ({
  signal: deadline(systemClock, milliseconds(ms)),
  connection: 'Pooled',
});

const seen = { requests: 0, connections: 0, bodies: [] as string[] };
const server = http.createServer(async (incoming, outgoing) => {
  seen.requests += 1;
  let body = '';
  for await (const chunk of incoming) body += chunk;
  seen.bodies.push(body);
  switch (incoming.url) {
    case '/reset':
      outgoing.socket?.resetAndDestroy();
      return;
    case '/stall':
      return;
    case '/stall-in-body':
      outgoing.writeHead(200, { 'content-length': '100' }).write('{');
      return;
    case '/truncate':
      outgoing.writeHead(200, { 'content-length': '100' });
      outgoing.write('{"a":1}', () => outgoing.socket?.destroy());
      return;
    case '/truncate-chunked':
      outgoing.writeHead(200).write('{"a":1}', () => outgoing.socket?.destroy());
      return;
    case '/long':
      outgoing.end('x'.repeat(5_000));
      return;
    case '/garbage':
      outgoing.socket?.end('this is not HTTP\r\n\r\n');
      return;
    default:
      outgoing.writeHead(201, { 'x-request-id': 'r1' }).end('{"näme":1}');
  }
});
server.on('connection', () => {
  seen.connections += 1;
});
const tlsSeen = { requests: 0 };
const certificate = await selfSignedCertificate('localhost');
const tlsServer = https.createServer({ key: certificate.key, cert: certificate.certificate }, (_, outgoing) => {
  tlsSeen.requests += 1;
  outgoing.end('{}');
});
// Accepts connections and never says a word: not even the TLS handshake ends.
const mute = net.createServer(() => {});

let transport: Transport;
let plain: string;
let secure: string;
let silent: string;
let closed: string;

const listen = async (listener: net.Server) => {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return (listener.address() as AddressInfo).port;
};

beforeAll(async () => {
  plain = `http://127.0.0.1:${await listen(server)}`;
  secure = `https://localhost:${await listen(tlsServer)}`;
  silent = `https://localhost:${await listen(mute)}`;
  const unused = net.createServer();
  closed = `http://127.0.0.1:${await listen(unused)}`;
  await new Promise((resolve) => unused.close(resolve));
  transport = openTransport({ bodyLimit: 1_000 });
});

afterAll(() => {
  transport.close();
  server.closeAllConnections();
  server.close();
  tlsServer.closeAllConnections();
  tlsServer.close();
  mute.close();
});

test('an answer comes with its status, headers and whole body, whatever the status', async () => {
  const exchange = await transport.exchange(requestTo(plain, ['whole'], '{"ä":1}'), pooled());
  expect(exchange).toMatchObject({ kind: 'Answered', answer: { status: 201, body: '{"näme":1}' } });
  expect(exchange.kind === 'Answered' && exchange.answer.headers['x-request-id']).toBe('r1');
  expect(seen.bodies.at(-1)).toBe('{"ä":1}');
});

test('pooled requests share a connection, fresh ones each have their own, which is closed afterwards', async () => {
  await transport.exchange(requestTo(plain), pooled());
  const before = seen.connections;
  await transport.exchange(requestTo(plain), pooled());
  await transport.exchange(requestTo(plain), pooled());
  expect(seen.connections).toBe(before);
  await transport.exchange(requestTo(plain), fresh());
  await transport.exchange(requestTo(plain), fresh());
  expect(seen.connections).toBe(before + 2);
  const open = await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  expect(open).toBeLessThanOrEqual(2);
});

describe('NotSent: certain that not one byte of the request left', () => {
  test('the connection is refused', async () => {
    const exchange = await transport.exchange(requestTo(closed), fresh());
    expect(exchange).toEqual({ kind: 'NotSent', message: 'the connection was refused (ECONNREFUSED)' });
  });

  test('the host name does not exist', async () => {
    const exchange = await transport.exchange(requestTo('https://no-such-host.invalid'), fresh());
    expect(exchange).toMatchObject({ kind: 'NotSent', message: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) });
  });

  test('the certificate cannot be verified', async () => {
    const exchange = await transport.exchange(requestTo(secure), fresh());
    expect(exchange).toMatchObject({ kind: 'NotSent', message: expect.stringMatching(/SELF_SIGNED/) });
    expect(tlsSeen.requests).toBe(0);
  });

  test('the certificate is of another host', async () => {
    const trusting = openTransport({ certificateAuthorities: certificate.certificate });
    const exchange = await trusting.exchange(requestTo(secure.replace('localhost', '127.0.0.1')), fresh());
    expect(exchange).toMatchObject({ kind: 'NotSent', message: expect.stringMatching(/ALTNAME/) });
    expect(tlsSeen.requests).toBe(0);
    trusting.close();
  });

  test('the TLS handshake does not end before the deadline', async () => {
    const exchange = await transport.exchange(requestTo(silent), fresh(150));
    expect(exchange).toEqual({ kind: 'NotSent', message: 'no answer before the deadline' });
  });

  test('it is held back when the connection stands', async () => {
    const before = { ...seen };
    let asked = 0;
    const holdBack = () => {
      asked += 1;
      return 'another process could lead';
    };
    const exchange = await transport.exchange(requestTo(plain), { ...fresh(), holdBack });
    expect(exchange).toEqual({ kind: 'NotSent', message: 'another process could lead' });
    expect(asked).toBe(1);
    // Comes after what was held back, had that been sent.
    await transport.exchange(requestTo(plain), { ...fresh(), holdBack: () => undefined });
    expect(seen).toMatchObject({ requests: before.requests + 1, connections: before.connections + 2 });
  });

  test('its connection does not come to stand, and nobody is asked', async () => {
    const holdBack = () => expect.fail('asked too early');
    const exchange = await transport.exchange(requestTo(silent), { ...fresh(150), holdBack });
    expect(exchange).toEqual({ kind: 'NotSent', message: 'no answer before the deadline' });
  });

  test.each(['Fresh', 'Pooled'] as const)('it was ended before it began (%s)', async (connection) => {
    const before = seen.requests;
    const exchange = await transport.exchange(requestTo(plain), { signal: AbortSignal.abort(), connection });
    expect(exchange).toEqual({ kind: 'NotSent', message: 'the call was ended' });
    expect(seen.requests).toBe(before);
  });
});

describe('Unknown: the connection stood, so the request may have taken effect', () => {
  test.each([
    ['reset', /ECONNRESET/],
    ['truncate', /aborted|ECONNRESET/],
    ['truncate-chunked', /aborted|ECONNRESET/],
    ['garbage', /HPE_/],
    ['long', /longer than 1000 bytes/],
  ])('after /%s, and the request was sent once', async (path, message) => {
    for (const options of [fresh(), pooled()]) {
      const before = seen.requests;
      const exchange = await transport.exchange(requestTo(plain, [path], '{}'), options);
      expect(exchange).toMatchObject({ kind: 'Unknown', message: expect.stringMatching(message) });
      expect(seen.requests).toBe(before + 1);
    }
  });

  test.each(['stall', 'stall-in-body'])('after the deadline in /%s', async (path) => {
    const exchange = await transport.exchange(requestTo(plain, [path]), fresh(150));
    expect(exchange).toEqual({ kind: 'Unknown', message: 'no answer before the deadline' });
  });
});

test('with a trusted certificate the exchange works over TLS, fresh and pooled', async () => {
  const trusting = openTransport({ certificateAuthorities: certificate.certificate });
  for (const options of [fresh(), pooled(), pooled()]) {
    expect(await trusting.exchange(requestTo(secure), options)).toMatchObject({ kind: 'Answered' });
  }
  expect(tlsSeen.requests).toBe(3);
  trusting.close();
});
