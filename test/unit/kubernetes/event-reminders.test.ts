import { describe, expect, test } from 'vitest';
import { hours, milliseconds, minutes } from '../../../operator/clock.ts';
import type { RecordedEvent } from '../../../operator/kubernetes/event-manifest.ts';
import { createReminders } from '../../../operator/kubernetes/event-reminders.ts';
import { widget } from './objects.ts';

const blocked: RecordedEvent = {
  regarding: widget('a'),
  type: 'Warning',
  reason: 'Blocked',
  action: 'Reconcile',
  note: 'Two machines remain.',
};
const always = (value: number) => () => value;

/** Whether a state that was told at once is due after so many minutes. */
function isDueAfter(passed: number, changes: Partial<RecordedEvent> = {}): boolean {
  const reminders = createReminders(always(0));
  reminders.told(blocked, milliseconds(0));
  return reminders.isDue({ ...blocked, ...changes }, minutes(passed));
}

describe('a state that was told', () => {
  test.each([
    [1, false],
    [54.9, false],
    [55, true],
    [300, true],
  ])('is due after %d minutes: %s', (passed, due) => {
    expect(isDueAfter(passed)).toBe(due);
  });

  test('is the same state in other words and in another version of its object', () => {
    expect(isDueAfter(55, { note: 'One machine remains.', regarding: widget('a', { version: 9 }) })).toBe(true);
  });

  test.each<[string, Partial<RecordedEvent>]>([
    ['another object', { regarding: widget('b') }],
    ['another object of the same name', { regarding: widget('a', { uid: 'other' }) }],
    ['another reason', { reason: 'OutcomeUnknown' }],
    ['another action', { action: 'Drain' }],
    ['another type', { type: 'Normal' }],
  ])('says nothing of %s', (_, changes) => {
    const reminders = createReminders(always(1));
    reminders.told(blocked, milliseconds(0));
    expect(reminders.isDue({ ...blocked, ...changes }, minutes(55))).toBe(false);
  });

  test('is due again an hour after each time that it was told', () => {
    const reminders = createReminders(always(0));
    reminders.told(blocked, milliseconds(0));
    reminders.told(blocked, minutes(55));
    expect([56, 109, 110].map((passed) => reminders.isDue(blocked, minutes(passed)))).toEqual([false, false, true]);
  });
});

describe('a state that somebody else told', () => {
  test.each([
    [0, 5.5],
    [0.5, 30.25],
    [1, 55],
  ])('becomes due at some moment of the next hour, by the dice (%d: after %d minutes)', (random, after) => {
    const reminders = createReminders(always(random));
    expect(reminders.isDue(blocked, hours(7))).toBe(false);
    expect(reminders.isDue(blocked, milliseconds(hours(7) + minutes(after) - 1))).toBe(false);
    expect(reminders.isDue(blocked, milliseconds(hours(7) + minutes(after)))).toBe(true);
  });
});

describe('ten thousand states', () => {
  const state = (index: number): RecordedEvent => ({ ...blocked, regarding: widget(`w-${index}`) });
  const full = () => {
    const reminders = createReminders(always(0));
    for (let index = 0; index < 10_000; index += 1) reminders.told(state(index), milliseconds(0));
    return reminders;
  };

  test('are remembered, and one more is not, nor does it push out another', () => {
    const reminders = full();
    reminders.told(state(10_000), milliseconds(0));
    expect(reminders.isDue(state(0), minutes(55))).toBe(true);
    expect(reminders.isDue(state(9_999), minutes(55))).toBe(true);
    expect(reminders.isDue(state(10_000), minutes(55))).toBe(false);
  });

  test('make room for others when they have ended', () => {
    const reminders = full();
    // All but the second still stand.
    for (let index = 0; index < 10_000; index += 1) if (index !== 1) reminders.isDue(state(index), minutes(54));
    reminders.told(state(10_000), minutes(109));
    expect(reminders.isDue(state(10_000), minutes(164))).toBe(false);
    reminders.told(state(10_000), minutes(110));
    expect(reminders.isDue(state(10_000), minutes(165))).toBe(true);
    expect(reminders.isDue(state(0), minutes(165))).toBe(true);
  });
});
