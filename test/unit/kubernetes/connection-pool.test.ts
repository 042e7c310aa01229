import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Milliseconds, milliseconds, systemClock } from '../../../operator/clock.ts';
import {
  type ConnectionPool,
  createConnectionPool,
  type ExchangeKind,
} from '../../../operator/kubernetes/connection-pool.ts';
import { readText } from '../../../operator/kubernetes/exchange.ts';
import { type HttpsServer, ok, startHttpsServer } from './https-server.ts';

/** Of a server that speaks HTTP/1.1 only; `http2.test.ts` is about the others. */
let server: HttpsServer;
let pool: ConnectionPool;
const onConnection = vi.fn();
beforeAll(async () => {
  server = await startHttpsServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.answer = ok;
  pool = openPool();
});
afterEach(() => pool.close());

function openPool(idleFor?: Milliseconds): ConnectionPool {
  onConnection.mockClear();
  const url = new URL(`https://127.0.0.1:${server.port}`);
  return createConnectionPool({ server: url, clock: systemClock, onConnection, ...(idleFor ? { idleFor } : {}) });
}

/** Sends a GET. `token` and certificates are as they are read anew: another object each time. */
async function get(kind: ExchangeKind = 'Request', { token = 'a token', rotation = '' } = {}): Promise<string> {
  const message = { method: 'GET', path: '/', headers: {}, body: undefined, signal: AbortSignal.timeout(5_000) };
  const credentials = { headers: { authorization: token }, ca: server.ca + rotation };
  return readText(await pool.exchange(message, credentials, kind, { sent: false }));
}

/** Lets requests wait until they are answered. */
function holding(): (() => void)[] {
  const waiting: (() => void)[] = [];
  server.answer = (_, response) => waiting.push(() => response.end('late'));
  return waiting;
}

test('requests with the same certificates share connections, whatever their token', async () => {
  await get();
  await get('Request', { token: 'another token' });
  expect(await server.connections()).toBe(1);
  // One of them found out which HTTP the server speaks.
  expect(onConnection).toHaveBeenCalledTimes(2);
});

test('when certificates rotate, idle connections end, and what is under way finishes', async () => {
  await Promise.all([get(), get()]);
  expect(await server.connections()).toBe(2);
  const waiting = holding();
  const underWay = get();
  await expect.poll(() => waiting.length).toBe(1);
  server.answer = ok;
  await get('Request', { rotation: '\n' });
  // The one that is under way, and the new one.
  await expect.poll(() => server.connections()).toBe(2);
  for (const answer of waiting) answer();
  expect(await underWay).toBe('late');
  await expect.poll(() => server.connections()).toBe(1);
});

test('a closed pool leaves no connection, also none of before a rotation', async () => {
  const waiting = holding();
  const cut = expect(get()).rejects.toThrow();
  await expect.poll(() => waiting.length).toBe(1);
  server.answer = ok;
  await get('Request', { rotation: '\n' });
  pool.close();
  await cut;
  await expect.poll(() => server.connections()).toBe(0);
});

test('a connection ends when it was idle for long enough, and not while it is in use for longer', async () => {
  pool = openPool(milliseconds(100));
  server.answer = (_, response) => void delay(300).then(() => response.end('late'));
  expect(await get()).toBe('late');
  expect(await server.connections()).toBe(1);
  await expect.poll(() => server.connections()).toBe(0);
});

test('requests share four connections; streams, however many, keep none of them waiting', async () => {
  const waiting = holding();
  const streams = Array.from({ length: 6 }, () => get('Stream'));
  await expect.poll(() => waiting.length).toBe(6);
  const requests = Array.from({ length: 6 }, () => get());
  await expect.poll(() => waiting.length).toBe(10);
  expect(await server.connections()).toBe(10);
  for (const answer of waiting) answer();
  await expect.poll(() => waiting.length).toBe(12);
  for (const answer of waiting) answer();
  expect(await Promise.all([...streams, ...requests])).toEqual(Array.from({ length: 12 }, () => 'late'));
  expect(await server.connections()).toBe(10);
});
