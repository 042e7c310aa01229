import { once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type HealthServer, serveHealth } from '../../../operator/telemetry/health-server.ts';

let server: HealthServer;
const start = (address: string) =>
  serveHealth({
    address,
    health: { livez: [], readyz: [], state: { alive: () => true } },
    registry: new Registry(),
    log: pino({ level: 'silent' }),
  });
beforeEach(async () => {
  server = await start('127.0.0.1:0');
});
afterEach(() => server.close());

const ask = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });

test('it answers over HTTP, with the length of what it says', async () => {
  const answer = await ask('/livez');
  expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '3', 'ok\n']);
});

test('it knows clients of its own loopback interface', async () => {
  expect(await (await ask('/debug/state')).json()).toEqual({ alive: true });
});

test('a HEAD gets the headers and nothing else', async () => {
  const answer = await ask('/livez', 'HEAD');
  expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '3', '']);
});

test('an address that is taken is told of at once', async () => {
  await expect(start(`127.0.0.1:${server.port}`)).rejects.toThrow('EADDRINUSE');
});

test('closed, it ends also the connection of a client that has not asked yet', async () => {
  const client = connect(server.port, '127.0.0.1');
  client.write('GET /livez HTTP/1.1\r\n');
  await once(client, 'connect');
  // Answered after the connection above was taken.
  await ask('/livez');
  server.close();
  await once(client, 'close');
  expect(client.destroyed).toBe(true);
  await expect(ask('/livez')).rejects.toThrow('fetch failed');
});
