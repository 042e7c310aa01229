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
  const agent = pool.agentFor(credentials());
  expect(pool.agentFor({ ...credentials(), headers: { authorization: 'another' } })).toBe(agent);
  await server.get(agent);
  await server.get(pool.agentFor(credentials()));
  expect(await server.connections()).toBe(1);
});

test('when certificates rotate, idle connections end, and what is under way finishes', async () => {
  const agent = pool.agentFor(credentials());
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
  expect(pool.agentFor(credentials('\n'))).not.toBe(agent);
  await Promise.all(idle.map((socket) => once(socket, 'close')));
  finish();
  expect(await underWay).toBe('finished');
});

test('a closed pool leaves no connection, also none of before a rotation', async () => {
  const before = pool.agentFor(credentials());
  server.answer = () => undefined;
  const cut = expect(server.get(before)).rejects.toThrow();
  await expect.poll(() => server.connections()).toBe(1);
  pool.agentFor(credentials('\n'));
  pool.close();
  await cut;
  await expect.poll(() => server.connections()).toBe(0);
});

test('a connection ends when it was idle for long enough, and not while it is in use for longer', async () => {
  pool = createConnectionPool(milliseconds(100));
  const agent = pool.agentFor(credentials());
  server.answer = (_, response) => void delay(300).then(() => response.end('late'));
  expect(await server.get(agent)).toBe('late');
  expect(await server.connections()).toBe(1);
  await expect.poll(() => server.connections()).toBe(0);
});
