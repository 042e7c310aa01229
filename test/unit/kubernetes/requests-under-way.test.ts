import { expect, test } from 'vitest';
import type { Connection } from '../../../operator/kubernetes/connection.ts';
import { observeRequests } from '../../../operator/kubernetes/requests-under-way.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

test('a connection knows what has no answer yet, the oldest first, and passes answers and errors on', async () => {
  const clock = createVirtualClock();
  const waiting: PromiseWithResolvers<unknown>[] = [];
  const bare: Pick<Connection, 'request'> = {
    request: () => {
      const answer = Promise.withResolvers<unknown>();
      waiting.push(answer);
      return answer.promise;
    },
  };
  const connection = observeRequests({ ...bare, host: 'h', close: () => {}, stream: async function* () {} }, clock);
  const first = connection.request('GET', '/a');
  await clock.advance(2_000);
  const second = connection.request('PUT', '/b', { body: {} });
  await clock.advance(1_000);
  expect(connection.underWay()).toEqual([
    { method: 'GET', path: '/a', age: 3_000 },
    { method: 'PUT', path: '/b', age: 1_000 },
  ]);
  waiting[0]?.resolve('answer');
  waiting[1]?.reject(new Error('refused'));
  expect(await first).toBe('answer');
  await expect(second).rejects.toThrow('refused');
  expect(connection.underWay()).toEqual([]);
});
