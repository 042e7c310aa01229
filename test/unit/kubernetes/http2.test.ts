import { constants, type ServerHttp2Stream } from 'node:http2';
import { addAbortSignal } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Clock, seconds, systemClock } from '../../../operator/clock.ts';
import { type ConnectionPool, createConnectionPool } from '../../../operator/kubernetes/connection-pool.ts';
import { NotAdmittedError, readText } from '../../../operator/kubernetes/exchange.ts';
import { openHttp2Session } from '../../../operator/kubernetes/http2-session.ts';
import { connectTls } from '../../../operator/kubernetes/tls-connection.ts';
import { createVirtualClock, type VirtualClock } from '../../virtual-clock.ts';
import { type Http2Server, ok, startHttp2Server } from './http2-server.ts';

let server: Http2Server;
let pool: ConnectionPool;
const onConnection = vi.fn();
beforeEach(async () => {
  onConnection.mockClear();
  await open();
});
afterEach(async () => {
  pool.close();
  await server[Symbol.asyncDispose]();
});

async function open(settings = {}, clock: Clock = systemClock): Promise<void> {
  server = await startHttp2Server(settings);
  pool = createConnectionPool({ server: server.url, clock, onConnection });
}

interface Sending {
  body?: string;
  signal?: AbortSignal;
  admit?: () => void;
  rotation?: string;
}

function send(method: string, { body, signal = AbortSignal.timeout(5_000), admit, rotation = '' }: Sending = {}) {
  const progress = { sent: false };
  const message = { method, path: '/a?b=c', headers: { 'x-header': 'value' }, body, signal, admit };
  const credentials = { headers: {}, ca: server.ca + rotation };
  const answer = pool.exchange(message, credentials, 'Request', progress);
  return { progress, answer, text: answer.then(readText) };
}

/** Answers after it was let go on. */
function holding() {
  const held: ServerHttp2Stream[] = [];
  server.answer = (stream) => held.push(stream);
  return held;
}

test('a request goes out as it was given, and its answer comes with its status, its delay and its body', async () => {
  const seen = vi.fn();
  server.answer = (stream, headers) => {
    stream.setEncoding('utf8').on('data', (chunk) => seen(headers, chunk));
    stream.on('end', () => {
      stream.respond({ ':status': 429, 'retry-after': '7' });
      stream.end('tüe');
    });
  };
  const { answer, text } = send('PUT', { body: '{"ä":1}' });
  expect(await answer).toMatchObject({ status: 429, retryAfter: '7' });
  expect(await text).toBe('tüe');
  const headers = { ':method': 'PUT', ':path': '/a?b=c', ':authority': server.url.host, 'x-header': 'value' };
  expect(seen.mock.calls).toEqual([[expect.objectContaining(headers), '{"ä":1}']]);
});

test('requests share one connection, also when they begin before it stands', async () => {
  const requests = Array.from({ length: 30 }, () => send('GET').text);
  expect(new Set(await Promise.all(requests))).toEqual(new Set(['ok']));
  await send('POST', { body: 'x' }).text;
  expect(server.connections).toHaveLength(1);
  expect(onConnection).toHaveBeenCalledTimes(1);
});

describe('an answer that breaks off is not taken for a shorter one', () => {
  const half = (then: (stream: ServerHttp2Stream) => void) => (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200 });
    stream.write('half of the answer', () => setImmediate(() => then(stream)));
  };

  test.each([
    ['its stream is cancelled', half((stream) => addAbortSignal(AbortSignal.abort(), stream))],
    ['its stream fails', half((stream) => stream.destroy(new Error('a panic')))],
    ['its connection is cut', half((stream) => stream.session?.socket.destroy())],
    ['its connection is ended', half((stream) => stream.session?.destroy())],
  ])('because %s', async (_, answer) => {
    server.answer = answer;
    await expect(send('GET').text).rejects.toThrow();
  });
});

describe('a connection that ends', () => {
  const cut = (stream: ServerHttp2Stream) => stream.session?.socket.destroy();

  test('while a write is on its way leaves its fate open', async () => {
    server.answer = cut;
    const { progress, text } = send('POST', { body: 'x' });
    expect(progress.sent).toBe(false);
    await expect(text).rejects.toThrow();
    expect(progress.sent).toBe(true);
  });

  test('under a read is replaced, once, when it was used before; a write is not sent again', async () => {
    await send('GET').text;
    server.answer = (stream) => (server.connections.length > 1 ? ok(stream) : cut(stream));
    expect(await send('GET').text).toBe('ok');
    expect(server.connections).toHaveLength(2);
    server.answer = cut;
    await expect(send('PUT').text).rejects.toThrow();
    expect(server.connections).toHaveLength(2);
  });

  test('under a read on a fresh connection is not replaced', async () => {
    server.answer = cut;
    await expect(send('GET').text).rejects.toThrow();
    expect(server.connections).toHaveLength(1);
  });

  test('after it said so lets what is under way finish, and what comes goes elsewhere', async () => {
    const held = holding();
    const underWay = send('PUT').text;
    await expect.poll(() => held.length).toBe(1);
    server.connections[0]?.goaway(constants.NGHTTP2_NO_ERROR);
    await expect.poll(() => sessionsInUse()).toBe(1);
    server.answer = ok;
    await expect.poll(() => send('PUT').text.then(() => server.connections.length)).toBe(2);
    for (const stream of held) ok(stream);
    expect(await underWay).toBe('ok');
  });

  const sessionsInUse = () => server.connections.filter(({ destroyed }) => !destroyed).length;
});

test('a write that the server did not look at is sent again', async () => {
  let refused = 0;
  server.answer = (stream) => {
    if (refused > 0) return ok(stream);
    refused += 1;
    stream.close(constants.NGHTTP2_REFUSED_STREAM);
  };
  const { progress, text } = send('POST', { body: 'x' });
  expect(await text).toBe('ok');
  expect({ refused, ...progress }).toEqual({ refused: 1, sent: true });
});

test('a write that the server refuses to look at twice certainly had no effect', async () => {
  server.answer = (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM);
  const { progress, text } = send('POST', { body: 'x' });
  await expect(text).rejects.toThrow('closed');
  expect(progress.sent).toBe(false);
});

test('a request that got no answer in time leads those after it to another connection', async () => {
  await send('GET').text;
  holding();
  await expect(send('GET', { signal: AbortSignal.timeout(50) }).text).rejects.toThrow('timeout');
  server.answer = ok;
  expect(await send('GET').text).toBe('ok');
  expect(server.connections).toHaveLength(2);
});

test('a body that is given up keeps its connection for others', async () => {
  server.answer = (stream) => {
    stream.respond({ ':status': 200 });
    stream.write('the beginning');
  };
  const giveUp = new AbortController();
  const { answer, text } = send('GET', { signal: giveUp.signal });
  await answer;
  const reason = new Error('enough');
  giveUp.abort(reason);
  await expect(text).rejects.toBe(reason);
  server.answer = ok;
  expect(await send('GET').text).toBe('ok');
  expect(server.connections).toHaveLength(1);
});

test.each([
  ['fifty requests are on a connection', {}, 50],
  ['the server takes no more on a connection', { maxConcurrentStreams: 3 }, 3],
])('when %s, the next goes to another one', async (_, settings, most) => {
  pool.close();
  await server[Symbol.asyncDispose]();
  await open(settings);
  await send('GET').text;
  const held = holding();
  const requests: Promise<string>[] = [];
  for (let count = 0; count < most + 1; count += 1) {
    requests.push(send('GET').text);
    await expect.poll(() => held.length, { interval: 2 }).toBe(count + 1);
    expect(server.connections).toHaveLength(count < most ? 1 : 2);
  }
  for (const stream of held) ok(stream);
  expect(new Set(await Promise.all(requests))).toEqual(new Set(['ok']));
});

test('a session at its end sends nothing', async () => {
  const socket = await connectTls(
    { hostname: '127.0.0.1', port: Number(server.url.port) },
    { headers: {}, ca: server.ca },
    AbortSignal.timeout(5_000),
  );
  const session = await openHttp2Session(socket, server.url.origin, systemClock);
  session.retire();
  const progress = { sent: false };
  const message = { method: 'PUT', path: '/', headers: {}, body: undefined, signal: AbortSignal.timeout(5_000) };
  expect(await session.send(message, progress)).toBe('Stale');
  expect({ ...progress, hasRoom: session.hasRoom }).toEqual({ sent: false, hasRoom: false });
});

describe('a server that is asked for a sign of life every half minute', () => {
  let clock: VirtualClock;
  let held: ServerHttp2Stream[];
  let underWay: Promise<string>;
  let asked: number;
  beforeEach(async () => {
    pool.close();
    await server[Symbol.asyncDispose]();
    clock = createVirtualClock();
    await open({}, clock);
    held = holding();
    underWay = send('GET').text;
    underWay.catch(() => undefined);
    await expect.poll(() => held.length).toBe(1);
    asked = 0;
    server.connections[0]?.on('ping', () => {
      asked += 1;
    });
  });

  test('and gives none in fifteen seconds has its connection cut, for which a watch would wait for minutes', async () => {
    server.freeze();
    await clock.advance(seconds(44.9));
    expect(await Promise.race([underWay, 'nothing yet'])).toBe('nothing yet');
    await clock.advance(seconds(0.1));
    await expect(underWay).rejects.toThrow('no sign of life');
  });

  test('and gives one is left alone', async () => {
    server.answer = ok;
    for (let count = 0; count < 4; count += 1) {
      await clock.advance(seconds(30));
      // The answer to a later request proves that the sign of life has come, too.
      await send('GET').text;
    }
    expect(asked).toBe(4);
    for (const stream of held) ok(stream);
    expect(await underWay).toBe('ok');
    expect(server.connections).toHaveLength(1);
  });

  test('is not asked any more when the pool is closed', async () => {
    pool.close();
    await clock.advance(seconds(60));
    await expect(underWay).rejects.toThrow('broke off');
  });

  test('leaves no timer behind when the pool is closed', async () => {
    pool.close();
    await expect.poll(() => clock.sleepers).toBe(0);
  });
});

test('when certificates rotate, what is under way finishes, and what comes goes over a new connection', async () => {
  const held = holding();
  const underWay = send('PUT').text;
  await expect.poll(() => held.length).toBe(1);
  server.answer = ok;
  await send('GET', { rotation: '\n' }).text;
  expect(server.connections).toHaveLength(2);
  for (const stream of held) ok(stream);
  expect(await underWay).toBe('ok');
  await expect.poll(() => server.connections[0]?.destroyed).toBe(true);
  await send('GET', { rotation: '\n' }).text;
  expect(server.connections).toHaveLength(2);
});

test('a closed pool leaves no connection, and ends what is under way', async () => {
  const held = holding();
  const { text } = send('GET');
  await expect.poll(() => held.length).toBe(1);
  pool.close();
  await expect(text).rejects.toThrow('broke off');
  await expect.poll(() => server.connections[0]?.destroyed).toBe(true);
});

test('when certificates rotate while a connection is made, who waits for it goes over a new one', async () => {
  const first = send('PUT').text;
  const second = send('GET', { rotation: '\n' }).text;
  expect(await Promise.all([first, second])).toEqual(['ok', 'ok']);
  await expect.poll(() => server.connections.filter(({ destroyed }) => !destroyed)).toHaveLength(1);
  expect(server.connections).toHaveLength(2);
});

test('for a request that was given up before it began no connection is made', async () => {
  await expect(send('GET', { signal: AbortSignal.abort(new Error('enough')) }).text).rejects.toThrow('enough');
  // Also fails the run when the end of a connection is an error that nobody handles.
  pool.close();
  await delay(50);
  expect(server.connections).toEqual([]);
});

test('a pool that is closed while it connects leaves no connection', async () => {
  const { text } = send('GET');
  pool.close();
  await expect(text).rejects.toThrow('closed by its owner');
  await delay(50);
  expect(server.connections.filter(({ destroyed }) => !destroyed)).toEqual([]);
});

test('a request that must not leave any more when its connection stands is not sent', async () => {
  const seen = vi.fn(ok);
  server.answer = seen;
  let admitted = true;
  const admit = () => {
    if (!admitted) throw new Error('too late');
  };
  const { progress, text } = send('PUT', { admit });
  admitted = false;
  await expect(text).rejects.toThrow(NotAdmittedError);
  expect(progress.sent).toBe(false);
  await send('GET').text;
  expect(seen).toHaveBeenCalledTimes(1);
});
