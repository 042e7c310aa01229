import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import { expect, test } from 'vitest';
import { milliseconds, seconds } from '../../../operator/clock.ts';
import { openAccount } from '../../../operator/huaweicloud/account.ts';
import { sendUnsubscription, signUnsubscription } from '../../../operator/huaweicloud/billing-unsubscribe.ts';
import { staticCredentials } from '../../../operator/huaweicloud/credentials.ts';
import { type Service, services } from '../../../operator/huaweicloud/endpoints.ts';
import { openTransport } from '../../../operator/huaweicloud/transport.ts';
import { accessKey, domainId, projectId, secretKey } from './recorded-cloud.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';
import { type ProxyFault, startTunnelProxy, type TunnelProxy } from './tunnel-proxy.ts';

/** What the server does once it has read the whole order; also the proxy, when there is one. */
type Ending = (socket: net.Socket, within: { address: string; proxy: TunnelProxy; reset: () => void }) => void;

const certificate = await selfSignedCertificate('localhost');
/** TLS and no proxy is what nearly everybody has. */
const ways = ['in the clear', 'by TLS', 'by TLS through a proxy'] as const;
type Way = (typeof ways)[number];

interface Received {
  connection: number;
  method: string;
  path: string;
}

const balances = '{"debt_amount":0,"currency":"CNY"}';
const answer = (status: string, body: string, ...headers: string[]) =>
  [`HTTP/1.1 ${status}`, `date: ${new Date().toUTCString()}`, `content-length: ${Buffer.byteLength(body)}`, ...headers]
    .concat('', body)
    .join('\r\n');

/** A server made of sockets alone, which counts what really arrives. Reads are answered, and their connections stay open. */
async function countingServer(ending: Ending, way: Way, proxy: TunnelProxy) {
  const received: Received[] = [];
  let connections = 0;
  const open = new Set<net.Socket>();
  const serve = (socket: net.Socket, raw: net.Socket) => {
    connections += 1;
    const connection = connections;
    open.add(socket);
    let buffered = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      buffered += chunk.toString('latin1');
      for (let request = takeRequest(buffered); request !== undefined; request = takeRequest(buffered)) {
        buffered = buffered.slice(request.length);
        received.push({ connection, method: request.method, path: request.path });
        if (request.method === 'POST') ending(socket, { address, proxy, reset: () => raw.resetAndDestroy() });
        else socket.write(answer('200 OK', balances, 'connection: keep-alive'));
      }
    });
  };
  const pair = { isServer: true, key: certificate.key, cert: certificate.certificate };
  const server = net.createServer((raw) => {
    raw.on('error', () => {});
    serve(way === 'in the clear' ? raw : new tls.TLSSocket(raw, pair), raw);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const address = way === 'in the clear' ? `http://127.0.0.1:${port}` : `https://localhost:${port}`;
  return {
    address,
    received,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The first request that is there as a whole, and how long it is. */
function takeRequest(text: string): { method: string; path: string; length: number } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [, method = '', path = ''] = /^(\S+) (\S+)/.exec(text) ?? [];
  const length = end + 4 + Number(/^content-length: (\d+)/im.exec(text.slice(0, end))?.[1] ?? 0);
  return text.length < length ? undefined : { method, path, length };
}

/** Sends an order after two reads, which share a connection that is kept; gives the outcome and all orders that arrived. */
async function sendOnce(ending: Ending, way: Way = 'in the clear', fault: ProxyFault = 'None') {
  await using proxy = await startTunnelProxy();
  await using server = await countingServer(ending, way, proxy);
  const transport = openTransport({
    certificateAuthorities: certificate.certificate,
    proxy: way === 'by TLS' ? {} : { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` },
  });
  const endpoints = Object.fromEntries(services.map((name) => [name, server.address])) as Record<Service, string>;
  const account = openAccount({
    credentials: staticCredentials({ HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: secretKey }).provider,
    ...{ region: 'cn-north-4', site: 'china', projectId, domainId, endpoints, transport },
    deadlines: { attempt: milliseconds(2_000), call: milliseconds(4_000) },
    random: () => 0,
  });
  await account.billing.balances();
  await account.billing.balances();
  const order = { resourceIds: ['resource-1'], scope: 1, reasonType: 5 } as const;
  const signed = await signUnsubscription(account.orderChannel, order);
  proxy.fault = fault;
  const outcome = await sendUnsubscription(signed, { deadline: seconds(1) });
  proxy.fault = 'None';
  // Comes after whatever was sent again behind our back, and shows that the account still works.
  await account.billing.balances();
  transport.close();
  const orders = server.received.filter(({ method }) => method === 'POST');
  return { outcome, orders, received: server.received, tunnels: proxy.tunnels.length };
}

const throttled = JSON.stringify({ error_code: 'APIGW.0308', error_msg: 'throttled', request_id: '1' });
const accepted = '{"order_ids":["CS2601020304ABCDE"]}';
const endings: [what: string, kind: string, ending: Ending][] = [
  [
    'accepts it and keeps the connection',
    'Accepted',
    (to) => to.write(answer('200 OK', accepted, 'connection: keep-alive')),
  ],
  ['resets once it has read all of it', 'Unknown', (_, { reset }) => reset()],
  ['closes in order without a word', 'Unknown', (to) => to.end()],
  ['closes within the head of the answer', 'Unknown', (to) => to.end('HTTP/1.1 200 OK\r\ncontent-le')],
  ['closes within the body', 'Unknown', (to) => to.end(answer('200 OK', accepted).slice(0, -12))],
  ['resets within the body', 'Unknown', (to, { reset }) => to.write(answer('200 OK', accepted).slice(0, -12), reset)],
  ['never answers', 'Unknown', () => {}],
  ['answers 500', 'Unknown', (to) => to.write(answer('500 Internal Server Error', '{}'))],
  [
    'answers 503 with Retry-After',
    'Unknown',
    (to) => to.write(answer('503 Service Unavailable', '{}', 'retry-after: 0')),
  ],
  ['answers 408 and closes', 'Unknown', (to) => to.end(answer('408 Request Timeout', '', 'connection: close'))],
  [
    'answers 429 with Retry-After and the error of the gateway',
    'Rejected',
    (to) => to.write(answer('429 Too Many Requests', throttled, 'retry-after: 0')),
  ],
  [
    'answers 429 with Retry-After and nothing',
    'Unknown',
    (to) => to.write(answer('429 Too Many Requests', '{}', 'retry-after: 0')),
  ],
  [
    'redirects with 307',
    'Unknown',
    (to, { address }) => to.write(answer('307 Temporary Redirect', '', `location: ${address}/again`)),
  ],
  [
    'redirects with 308',
    'Unknown',
    (to, { address }) => to.write(answer('308 Permanent Redirect', '', `location: ${address}/again`)),
  ],
  ['says 100 Continue and nothing more', 'Unknown', (to) => to.write('HTTP/1.1 100 Continue\r\n\r\n')],
];

const everyWay = ways.flatMap((way) => endings.map((ending) => [...ending, way] as const));

test.each(everyWay)('a server that %s sees one order, on a connection of its own; it is %s', async (...scene) => {
  const [, kind, ending, way] = scene;
  const { outcome, orders, received, tunnels } = await sendOnce(ending, way);
  expect(outcome.kind).toBe(kind);
  expect(orders).toHaveLength(1);
  const [order] = orders;
  expect(received.filter(({ connection }) => connection === order?.connection)).toEqual([order]);
  if (way === 'by TLS through a proxy') expect(tunnels).toBeGreaterThanOrEqual(2);
  else expect(tunnels).toBe(0);
});

test('a proxy that resets when the order has gone through has forwarded it once; it is Unknown', async () => {
  const { outcome, orders } = await sendOnce((_, { proxy }) => proxy.cut(), 'by TLS through a proxy');
  expect(outcome.kind).toBe('Unknown');
  expect(orders).toHaveLength(1);
});

test.each<[ProxyFault, string]>([
  ['Refuses', 'the proxy made no way to the cloud (407)'],
  ['Silent', 'no answer before the deadline'],
  ['Resets', 'the connection was reset (ECONNRESET)'],
  ['ResetsTunnel', 'the connection was reset (ECONNRESET)'],
])('a proxy that makes no tunnel (%s) has seen nothing of the order: it is NotSent', async (fault, message) => {
  const { outcome, orders } = await sendOnce(() => expect.fail('an order came'), 'by TLS through a proxy', fault);
  expect(outcome).toEqual({ kind: 'NotSent', message });
  expect(orders).toEqual([]);
});

test.each(ways)('reads share a connection (%s), or the tests above would say nothing of kept ones', async (way) => {
  const { received } = await sendOnce((to) => to.end(), way);
  const [first, second] = received;
  expect(second?.connection).toBe(first?.connection);
});
