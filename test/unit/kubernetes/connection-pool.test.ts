import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { milliseconds } from '../../../operator/clock.ts';
import { type ConnectionPool, createConnectionPool } from '../../../operator/kubernetes/connection-pool.ts';
import { type HttpsServer, ok, startHttpsServer } from './https-server.ts';

let server: HttpsServer;
let pool: ConnectionPool;
beforeAll(async () => {
  server = await startHttpsServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.answer = ok;
  pool = createConnectionPool();
});
afterEach(() => pool.close());

/** Certificates as they are read anew: another object each time. `rotation` makes them others. */
const credentials = (rotation = '') => ({ headers: { authorization: 'a token' }, ca: server.ca + rotation });

test('requests with the same certificates share connections, whatever their token', async () => {
  const agent = pool.agentFor(credentials(), 'Request');
  expect(pool.agentFor({ ...credentials(), headers: { authorization: 'another' } }, 'Request')).toBe(agent);
  await server.get(agent);
  await server.get(pool.agentFor(credentials(), 'Request'));
  expect(await server.connections()).toBe(1);
});

test('when certificates rotate, idle connections end, and what is under way finishes', async () => {
  const agent = pool.agentFor(credentials(), 'Request');
  await Promise.all([server.get(agent), server.get(agent)]);
  expect(await server.connections()).toBe(2);

  let finish = () => {};
  const arrived = new Promise<void>((resolve) => {
    server.answer = (_, response) => {
      finish = () => response.end('finished');
      resolve();
    };
  });
  const underWay = server.get(agent);
  await arrived;
  const idle = Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? []);
  expect(idle).toHaveLength(1);
  expect(pool.agentFor(credentials('\n'), 'Request')).not.toBe(agent);
  await Promise.all(idle.map((socket) => once(socket, 'close')));
  finish();
  expect(await underWay).toBe('finished');
  await expect.poll(() => server.connections()).toBe(0);
});

test('a closed pool leaves no connection, also none of before a rotation', async () => {
  const before = pool.agentFor(credentials(), 'Request');
  server.answer = () => undefined;
  const cut = expect(server.get(before)).rejects.toThrow();
  await expect.poll(() => server.connections()).toBe(1);
  pool.agentFor(credentials('\n'), 'Request');
  pool.close();
  await cut;
  await expect.poll(() => server.connections()).toBe(0);
});

test('a connection ends when it was idle for long enough, and not while it is in use for longer', async () => {
  pool = createConnectionPool(milliseconds(100));
  const agent = pool.agentFor(credentials(), 'Request');
  server.answer = (_, response) => void delay(300).then(() => response.end('late'));
  expect(await server.get(agent)).toBe('late');
  expect(await server.connections()).toBe(1);
  await expect.poll(() => server.connections()).toBe(0);
});

test('requests share four connections; streams, however many, keep none of them waiting', async () => {
  const waiting: (() => void)[] = [];
  server.answer = (_, response) => {
    waiting.push(() => response.end('late'));
  };
  const streams = Array.from({ length: 6 }, () => server.get(pool.agentFor(credentials(), 'Stream')));
  await expect.poll(() => waiting.length).toBe(6);
  const requests = Array.from({ length: 6 }, () => server.get(pool.agentFor(credentials(), 'Request')));
  await expect.poll(() => waiting.length).toBe(10);
  expect(await server.connections()).toBe(10);
  for (const answer of waiting) answer();
  await expect.poll(() => waiting.length).toBe(12);
  for (const answer of waiting) answer();
  expect(await Promise.all([...streams, ...requests])).toEqual(Array.from({ length: 12 }, () => 'late'));
  expect(await server.connections()).toBe(10);
});
