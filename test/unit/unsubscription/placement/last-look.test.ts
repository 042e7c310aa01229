import { describe, expect, test } from 'vitest';
import { seconds } from '../../../../operator/clock.ts';
import { isFresh, serviceTypeOf } from '../../../../operator/unsubscription/placement/last-look.ts';
import { resourceIdOf } from '../../../builders/dccserver.ts';
import { aSubscription, read } from '../../../builders/observation.ts';
import { aFoundServer, aSnapshot } from '../../../builders/snapshot.ts';
import { createVirtualClock } from '../../../virtual-clock.ts';

const ofType = (name: string, serviceTypeCode: string | undefined) =>
  aFoundServer(name, { observation: { subscription: read(aSubscription({ serviceTypeCode })) } });
const twoServers = (first: string | undefined, second: string | undefined) =>
  aSnapshot({ servers: [ofType('server-1', first), ofType('server-2', second)] });
const ordering = (...resourceIds: string[]) => ({ order: { servers: ['server-1'], resourceIds, relyingOn: [] } });

describe('the type of service of an order', () => {
  const both = ordering(resourceIdOf('server-1'), resourceIdOf('server-2'));

  test('is that of its servers', () => {
    expect(serviceTypeOf(twoServers('dcc', 'deh'), ordering(resourceIdOf('server-2')))).toBe('deh');
    expect(serviceTypeOf(twoServers('dcc', 'dcc'), both)).toBe('dcc');
  });

  test.each([
    ['of a secondary resource of a server', twoServers('dcc', 'dcc'), ordering('disk-1')],
    ['when its servers are of different types', twoServers('dcc', 'deh'), both],
    ['when one of them does not tell', twoServers('dcc', undefined), both],
  ])('is not known %s', (_, snapshot, order) => {
    expect(serviceTypeOf(snapshot, order)).toBeUndefined();
  });
});

describe('a last look', () => {
  test('is worthless after a minute, though the wall clock was set back meanwhile', async () => {
    const clock = createVirtualClock();
    const began = { elapsed: clock.elapsed(), now: clock.now() };
    await clock.advance(seconds(61));
    clock.jump(-seconds(61));
    expect(isFresh(began, clock)).toBe(false);
  });

  test('is good for a minute', async () => {
    const clock = createVirtualClock();
    const began = { elapsed: clock.elapsed(), now: clock.now() };
    await clock.advance(seconds(60));
    expect(isFresh(began, clock)).toBe(true);
    await clock.advance(1);
    expect(isFresh(began, clock)).toBe(false);
  });

  test.each([61, -61])(
    'is worthless when the wall clock moved by %i seconds: the machine slept, or nobody knows',
    (by) => {
      const clock = createVirtualClock();
      const began = { elapsed: clock.elapsed(), now: clock.now() };
      clock.jump(seconds(by));
      expect(isFresh(began, clock)).toBe(false);
    },
  );
});
