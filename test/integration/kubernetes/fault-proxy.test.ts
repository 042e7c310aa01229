import { afterEach, beforeEach, expect, test } from 'vitest';
import { milliseconds, systemClock } from '../../../operator/clock.ts';
import { openConnection, openPlayground } from './cluster.ts';
import { startFaultProxy } from './fault-proxy.ts';

const { widgets } = await openPlayground();

const warnings: Error[] = [];
const note = (warning: Error) => warnings.push(warning);
beforeEach(() => process.on('warning', note));
afterEach(() => process.off('warning', note));

test('an answer that is longer than its reader is fast leaves no listeners behind', async () => {
  const names = Array.from({ length: 6 }, (_, index) => `long-${index}`);
  await Promise.all(names.map((name) => widgets.create(name, { spec: { text: 'x'.repeat(1_000_000) } })));
  await using proxy = await startFaultProxy();
  await using behind = await openConnection(proxy.kubeConfig);
  const { items } = await widgets.clientOver(behind.connection).list({ namespace: widgets.namespace, limit: 100 });
  expect(items).toHaveLength(6);
  // Node tells of a warning in the next turn of its loop.
  await systemClock.sleep(milliseconds(0));
  expect(warnings.map(({ message }) => message)).toEqual([]);
});
