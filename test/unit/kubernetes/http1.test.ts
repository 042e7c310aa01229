import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent } from 'node:https';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { exchange, NotAdmittedError, readText } from '../../../operator/kubernetes/exchange.ts';
import { sendOverHttp1 } from '../../../operator/kubernetes/http1.ts';
import { type HttpsServer, hangUp, ok, startHttpsServer } from './https-server.ts';

let server: HttpsServer;
let ca: string;
let agent: Agent;
beforeAll(async () => {
  server = await startHttpsServer();
  ca = server.ca;
});
afterAll(() => server.close());
afterEach(() => agent.destroy());

function send(method: string, admit?: () => void) {
  const progress = { sent: false };
  const onConnection = vi.fn();
  const route = { hostname: '127.0.0.1', port: server.port, agent, onConnection };
  const message = { method, path: '/', headers: {}, body: undefined, signal: AbortSignal.timeout(5_000), admit };
  const answer = exchange(() => sendOverHttp1(route, message, progress));
  return { progress, body: answer.then(readText), connections: () => onConnection.mock.calls.length };
}

test('a request on a fresh connection counts as sent from when the connection stands', async () => {
  agent = new Agent({ ca, keepAlive: true });
  server.answer = hangUp;
  const { progress, body, connections } = send('POST');
  expect(progress.sent).toBe(false);
  await expect(body).rejects.toThrow();
  expect({ ...progress, connections: connections() }).toEqual({ sent: true, connections: 1 });
});

test('a request that does not get through the handshake was not sent', async () => {
  agent = new Agent({ keepAlive: true });
  const { progress, body, connections } = send('POST');
  await expect(body).rejects.toThrow('certificate');
  expect({ ...progress, connections: connections() }).toEqual({ sent: false, connections: 0 });
});

test('a request that waited in line for a used connection counts as sent', async () => {
  agent = new Agent({ ca, keepAlive: true, maxSockets: 1 });
  server.answer = ok;
  const first = send('POST');
  const second = send('POST');
  expect(await first.body).toBe('ok');
  server.answer = hangUp;
  await expect(second.body).rejects.toThrow();
  expect({ ...second.progress, connections: second.connections() }).toEqual({ sent: true, connections: 0 });
});

test('a read that meets a closed kept-alive connection is sent again, once; a write is not', async () => {
  agent = new Agent({ ca, keepAlive: true, maxSockets: 1 });
  server.answer = ok;
  await send('GET').body;
  let calls = 0;
  server.answer = (request, response) => {
    calls += 1;
    if (calls === 1) hangUp(request);
    else ok(request, response);
  };
  expect(await send('GET').body).toBe('ok');
  expect(calls).toBe(2);
  calls = 0;
  await expect(send('PUT').body).rejects.toThrow();
  expect(calls).toBe(1);
});

test('an answer that ends before it is whole is not taken for a shorter one', async () => {
  agent = new Agent({ ca, keepAlive: true });
  server.answer = (request, response) => {
    response.write('half of the answer', () => hangUp(request));
  };
  await expect(send('GET').body).rejects.toThrow(/broke off|aborted/);
});

test('a read on a fresh connection that is cut is not sent again', async () => {
  agent = new Agent({ ca, keepAlive: true });
  let calls = 0;
  server.answer = (request) => {
    calls += 1;
    hangUp(request);
  };
  await expect(send('GET').body).rejects.toThrow();
  expect(calls).toBe(1);
});

describe('a request that must not be sent any more', () => {
  /** Says yes until it is closed. */
  function aGate() {
    const gate = {
      open: true,
      admit: () => {
        if (!gate.open) throw new Error('too late');
      },
    };
    return gate;
  }

  test('when the handshake is done is not sent', async () => {
    agent = new Agent({ ca, keepAlive: true });
    const seen = vi.fn(ok);
    server.answer = seen;
    const gate = aGate();
    const { progress, body, connections } = send('PUT', gate.admit);
    gate.open = false;
    await expect(body).rejects.toThrow(NotAdmittedError);
    expect({ ...progress, connections: connections() }).toEqual({ sent: false, connections: 1 });
    // Had it been sent, it would have come before this one.
    await send('GET').body;
    expect(seen.mock.calls.map(([{ method }]) => method)).toEqual(['GET']);
  });

  test('when its turn in the line comes is not sent', async () => {
    agent = new Agent({ ca, keepAlive: true, maxSockets: 1 });
    const gate = aGate();
    const seen = vi.fn((request: IncomingMessage, response: ServerResponse) => {
      gate.open = false;
      ok(request, response);
    });
    server.answer = seen;
    const first = send('GET');
    const later = [send('PUT', gate.admit), send('POST', gate.admit)];
    await first.body;
    for (const { body } of later) await expect(body).rejects.toThrow(NotAdmittedError);
    expect(later.map(({ progress }) => progress.sent)).toEqual([false, false]);
    await send('GET').body;
    expect(seen.mock.calls.map(([{ method }]) => method)).toEqual(['GET', 'GET']);
  });
});
