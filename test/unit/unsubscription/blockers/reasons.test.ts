import { describe, expect, test } from 'vitest';
import { blockingConditions } from '../../../../operator/api/conditions.ts';
import { blockersOf } from '../../../../operator/unsubscription/blockers/rules.ts';
import { blockedCases } from '../../../builders/blocked.ts';
import { aSnapshot } from '../../../builders/snapshot.ts';

test('in the snapshot that every case changes, nothing blocks', () => {
  expect(blockersOf(aSnapshot())).toEqual([]);
});

describe.each(blockedCases)('when $changed', ({ snapshot, condition, status, reason, says, alongside }) => {
  const blockers = blockersOf(snapshot);
  const found = blockers.filter((blocker) => blocker.condition === condition && blocker.reason === reason);

  test(`${condition} is ${status} because of ${reason}`, () => {
    expect(new Set(found.map((blocker) => blocker.status))).toEqual(new Set([status]));
  });

  test('no other condition blocks without a cause', () => {
    expect(new Set(blockers.map((blocker) => blocker.condition))).toEqual(new Set([condition, ...alongside]));
  });

  test('the message names what is meant, and a remedy follows', () => {
    expect(found.map(({ message }) => message).join(' ')).toContain(says);
    for (const { message, remedy } of blockers) {
      expect(message).toMatch(/^\S.*\S$/);
      expect(remedy).toMatch(/^[A-Z].*[.]$/);
      expect(`${message} ${remedy}`).not.toMatch(/undefined|null|\[object|NaN| {2}/);
    }
  });
});

test('every reason that a condition may give has a case', () => {
  const tested = new Set(blockedCases.map(({ condition, reason }) => `${condition}: ${reason}`));
  const existing = Object.entries(blockingConditions).flatMap(([condition, { reasons }]) =>
    Object.keys(reasons).map((reason) => `${condition}: ${reason}`),
  );
  expect(existing.filter((reason) => !tested.has(reason))).toEqual([]);
});
