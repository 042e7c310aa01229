import { expect, test } from 'vitest';
import type { Connection, Method } from '../../../operator/kubernetes/connection.ts';
import { fenceWrites } from '../../../operator/kubernetes/leader-election/fenced-connection.ts';
import { LeaseLostError } from '../../../operator/kubernetes/leader-election/leader-election.ts';

/** A connection behind the fence, what came through, and what decides. */
function fenced() {
  const sent: string[] = [];
  let connected = Promise.resolve();
  const losing = new AbortController();
  const election = { leads: true, isLeader: () => election.leads, lost: losing.signal };
  const bare: Connection = {
    host: 'api:443',
    request: async (method, path, options) => {
      await connected;
      options?.admit?.();
      return sent.push(`${method} ${path}`);
    },
    stream: async function* (path) {
      yield path;
    },
    close: () => sent.push('closed'),
  };
  /** Requests wait for a connection until the promise is fulfilled. */
  const connectAfter = (promise: Promise<void>) => {
    connected = promise;
  };
  return { connection: fenceWrites(bare, election), election, losing, sent, connectAfter };
}

const writes: readonly Method[] = ['POST', 'PUT', 'PATCH', 'DELETE'];

test('a leader writes', async () => {
  const { connection, sent } = fenced();
  for (const method of writes) await connection.request(method, '/a');
  expect(sent).toEqual(writes.map((method) => `${method} /a`));
});

test.each(writes)('who lost the lease sends no %s, and hears why', async (method) => {
  const { connection, election, losing, sent } = fenced();
  election.leads = false;
  losing.abort(new LeaseLostError('this process leads no longer'));
  await expect(connection.request(method, '/a')).rejects.toBe(losing.signal.reason);
  expect(sent).toEqual([]);
});

test('who stands by writes nothing, and reads', async () => {
  const { connection, election, sent } = fenced();
  election.leads = false;
  await expect(connection.request('PUT', '/a')).rejects.toThrow('does not lead');
  await connection.request('GET', '/b');
  for await (const line of connection.stream('/c', {}, new AbortController().signal)) expect(line).toBe('/c');
  connection.close();
  expect(sent).toEqual(['GET /b', 'closed']);
});

test('a write that waits for its connection while the lease is lost is not sent; a read is', async () => {
  const { connection, election, losing, sent, connectAfter } = fenced();
  const { promise, resolve } = Promise.withResolvers<void>();
  connectAfter(promise);
  const write = connection.request('PATCH', '/a');
  const read = connection.request('GET', '/b');
  election.leads = false;
  losing.abort(new LeaseLostError('this process leads no longer'));
  resolve();
  await expect(write).rejects.toBe(losing.signal.reason);
  await read;
  expect(sent).toEqual(['GET /b']);
});
