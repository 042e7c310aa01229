import { describe, expect, test } from 'vitest';
import { failed, type Outcome, ok, warning } from '../../../operator/check/outcome.ts';
import { start, startAfter } from '../../../operator/check/started.ts';
import { seconds } from '../../../operator/clock.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

const going = new AbortController().signal;
const name = { check: 'second' };

describe('a check', () => {
  test('that needs another one gets what that one found', async () => {
    const first = start({ check: 'first' }, going, () => ok('found', 41));
    expect(await startAfter(first, name, going, (value) => ok(`${value + 1}`, undefined)).outcome).toMatchObject({
      result: 'OK',
      found: '42',
    });
  });

  test('that needs one with a warning runs', async () => {
    const first = start({ check: 'first' }, going, () => warning('odd', 'Look.', 1));
    expect(await startAfter(first, name, going, () => ok('ran', undefined)).outcome).toMatchObject({ found: 'ran' });
  });

  test('that needs a failed one is skipped, and so is what needs that', async () => {
    const first = start({ check: 'first' }, going, (): Outcome<number> => failed('no', 'Mend it.'));
    const second = startAfter(first, name, going, (value) => ok('ran', value));
    const third = startAfter(second, { check: 'third' }, going, () => ok('ran', undefined));
    expect(await second.outcome).toEqual({ result: 'SKIPPED', found: 'first failed', after: 'first' });
    expect(await third.outcome).toEqual({ result: 'SKIPPED', found: 'second was skipped', after: 'second' });
  });

  test('that throws has failed, with the words of the error', async () => {
    const first = start(name, going, () => {
      throw new Error('the disk is full');
    });
    expect(await first.outcome).toMatchObject({ result: 'FAILED', found: 'the disk is full' });
  });

  test('that never ends has failed when the time is over', async () => {
    const clock = createVirtualClock();
    const silent = start(name, clock.timeout(seconds(60)), () => new Promise<Outcome<undefined>>(() => {}));
    await clock.advance(seconds(61));
    expect(await silent.outcome).toMatchObject({
      result: 'FAILED',
      found: expect.stringContaining('time for all checks was over'),
      remedy: expect.stringContaining('--check-timeout'),
    });
  });
});
