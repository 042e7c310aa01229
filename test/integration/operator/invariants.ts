import { expect } from 'vitest';
import type { HuaweiCloud } from '../../huaweicloud/server.ts';
import { statusChecker } from '../../kstatus.ts';
import type { Version } from './observed-objects.ts';

/**
 * The promises that hold in every scenario, whatever happened in it: one order a resource, and no machine lost by it. A
 * call that the cloud refused by its rules was one too many: it keeps a second order away from most resources, not from all.
 */
export function expectLedgerToBeSound(
  { world }: HuaweiCloud,
  expected: { refusals: number; losses: readonly string[] },
): void {
  const { accepted, refused } = world.ledger;
  expect(refused, 'calls that the cloud refused').toHaveLength(expected.refusals);
  const ids = accepted.flatMap(({ resourceIds }) => resourceIds);
  expect(ids, 'a resource was ordered twice').toEqual([...new Set(ids)]);
  expect(
    accepted.flatMap(({ vmsDestroyed }) => vmsDestroyed.map(({ name }) => name)),
    'virtual machines that an order destroyed',
  ).toEqual(expected.losses);
}

/** Every status that was ever written keeps to what `kubectl wait`, Argo CD and Flux rely on. */
export function expectStatusesToBeSound(histories: ReadonlyMap<string, readonly Version[]>): void {
  const faultsOf = statusChecker();
  for (const [name, versions] of histories) {
    for (const { object } of versions) expect(faultsOf(object), name).toEqual([]);
  }
}

/** No error was logged, and every line is one of the log: what is none is the trace of a crash, or a warning of Node. */
export function expectLogToBeSound(log: readonly string[]): void {
  const odd = log.filter((line) => !/^\{"level":"(debug|info|warn)"/.test(line));
  expect(odd, 'errors in the log of the operator').toEqual([]);
}
