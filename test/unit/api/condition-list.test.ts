import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConditionNow, capped, conditionList } from '../../../operator/api/condition-list.ts';
import { conditionSchema } from '../../../operator/api/conditions.ts';
import { lookedAt, minutesLater } from '../../builders/metadata.ts';

const ready = (changes: Partial<ConditionNow> = {}): ConditionNow => ({
  type: 'Ready',
  status: 'False',
  reason: 'Blocked',
  message: 'It is blocked.',
  ...changes,
});
const arbitraryCondition = fc.record({
  type: fc.constantFrom('Ready', 'Approved', 'Placed'),
  status: fc.constantFrom<ConditionNow['status']>('True', 'False', 'Unknown'),
  reason: fc.constantFrom('Blocked', 'Met'),
  message: fc.string({ maxLength: 3_000 }),
});
const arbitraryList = fc.uniqueArray(arbitraryCondition, { selector: ({ type }) => type });

describe('a list of conditions', () => {
  test('begins with the time and generation of now', () => {
    expect(conditionList([ready()], undefined, lookedAt, 7)).toEqual([
      { ...ready(), lastTransitionTime: lookedAt.toISOString(), observedGeneration: 7 },
    ]);
  });

  test('keeps the time of a condition whose status stays, whatever its words', () => {
    const before = conditionList([ready()], undefined, lookedAt, 1);
    const [after] = conditionList([ready({ reason: 'Held', message: 'It is held.' })], before, minutesLater(5), 2);
    expect(after).toEqual({
      ...ready({ reason: 'Held', message: 'It is held.' }),
      lastTransitionTime: before[0]?.lastTransitionTime,
      observedGeneration: 2,
    });
  });

  test('takes the time of now when the status changes', () => {
    const before = conditionList([ready()], undefined, lookedAt, 1);
    const [after] = conditionList([ready({ status: 'True' })], before, minutesLater(5), 1);
    expect(after?.lastTransitionTime).toBe(minutesLater(5).toISOString());
  });

  test('drops what is not given any more, and cuts a message that is too long', () => {
    const before = conditionList([ready(), ready({ type: 'Reconciling' })], undefined, lookedAt, 1);
    const after = conditionList([ready({ message: 'x'.repeat(3_000) })], before, lookedAt, 1);
    expect(after.map(({ type, message }) => [type, message.length])).toEqual([['Ready', 2_048]]);
  });

  test('is such as the API server takes, and changes no time when nothing changed', () => {
    fc.assert(
      fc.property(arbitraryList, arbitraryList, (then, now) => {
        const before = conditionList(then, undefined, lookedAt, 1);
        const after = conditionList(now, before, minutesLater(5), 1);
        expect(conditionList(now, after, minutesLater(10), 1)).toEqual(after);
        for (const condition of after) {
          expect(conditionSchema.safeParse(condition).success).toBe(true);
          const unchanged = then.some(({ type, status }) => type === condition.type && status === condition.status);
          const time = unchanged ? lookedAt : minutesLater(5);
          expect(condition.lastTransitionTime).toBe(time.toISOString());
        }
      }),
    );
  });
});

test.each([
  [[], ''],
  [['a.'], 'a.'],
  [['a.', 'b.', 'c.'], 'a. b. c.'],
  [['a.', 'b.', 'c.', 'd.'], 'a. b. c. +1 more.'],
])('of the messages %j people read %j', (messages, text) => {
  expect(capped(messages)).toBe(text);
});
