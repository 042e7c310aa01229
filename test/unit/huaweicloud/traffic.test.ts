import { beforeEach, describe, expect, test } from 'vitest';
import { milliseconds, minutes, seconds } from '../../../operator/clock.ts';
import type { Lane } from '../../../operator/huaweicloud/endpoints.ts';
import { CloudError } from '../../../operator/huaweicloud/errors.ts';
import { createTrafficControl, type Road, type TrafficControl } from '../../../operator/huaweicloud/traffic.ts';
import type { Exchange } from '../../../operator/huaweicloud/transport.ts';
import { failureOf } from '../../../operator/inventory/reading.ts';
import { createVirtualClock, type VirtualClock } from '../../virtual-clock.ts';

let clock: VirtualClock;
let control: TrafficControl;
beforeEach(() => {
  clock = createVirtualClock();
  control = createTrafficControl(clock);
});

const bss = 'https://bss.myhuaweicloud.com';
/** Documented at ten calls a second, so two leave at once. */
const details: Lane = { service: 'billing', operation: 'ShowCustomerOrderDetails', origin: bss };
const balances: Lane = { ...details, operation: 'ShowCustomerAccountBalances' };
const road = (lane: Partial<Lane> = {}, key = 'key'): Road => control.of(key)({ ...details, ...lane });

const answered = (status = 200): Exchange => ({ kind: 'Answered', answer: { status, headers: {}, body: '' } });
const reset: Exchange = { kind: 'Unknown', message: 'the connection was reset (ECONNRESET)' };
const throttled = (retryAfter?: number) =>
  new CloudError({
    ...{ class: 'Throttled', code: 'APIGW.0308', operation: 'billing.X', message: 'no', httpStatus: 429 },
    retryAfter: retryAfter === undefined ? undefined : seconds(retryAfter),
  });

/** The moments at which as many reads as given leave, all asked for now. */
async function departures(of: Road, count: number, during = minutes(5)): Promise<number[]> {
  const left: number[] = [];
  const start = clock.elapsed();
  const reads = Array.from({ length: count }, () => of.turn().then(() => left.push(clock.elapsed() - start)));
  await clock.advance(during);
  await Promise.all(reads);
  return left;
}

/** One read at each of the given moments that ends so. */
async function readsAt(of: Road, moments: readonly number[], exchange: Exchange): Promise<void> {
  for (const moment of moments) {
    await clock.advance(moment - clock.elapsed());
    of.enter();
    of.recordRead(exchange, undefined, false);
  }
}
const goSilent = (of = road()) => readsAt(of, [0, 1_000, 2_000, 3_000, 4_000], reset);

const caught = (work: () => void): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return expect.fail('it passed');
};

describe('reads wait their turn', () => {
  test('in the order in which they asked, and only the first of them has a timer', async () => {
    const waiting = Array.from({ length: 6 }, () => road({}, 'crowd').turn());
    await clock.settle();
    expect(clock.sleepers).toBe(1);
    await clock.advance(minutes(1));
    await Promise.all(waiting);
    expect(await departures(road(), 6)).toEqual([0, 0, 125, 250, 375, 500]);
    expect(clock.sleepers).toBe(0);
  });

  test('of their own operation, key and address; an order is counted, too', async () => {
    await departures(road(), 2, milliseconds(0));
    expect(await departures(road(balances), 2, milliseconds(0))).toEqual([0, 0]);
    expect(await departures(road({}, 'other key'), 2, milliseconds(0))).toEqual([0, 0]);
    expect(await departures(road({ origin: 'https://other' }), 2, milliseconds(0))).toEqual([0, 0]);
    expect(await departures(road(), 1)).toEqual([125]);
    road().recordOrder(answered(), undefined);
    road().recordOrder(answered(), undefined);
    expect(await departures(road(), 1)).toEqual([125]);
  });

  test('at half the rate after a refusal, also those that wait already', async () => {
    const left: number[] = [];
    const reads = Array.from({ length: 6 }, () =>
      road()
        .turn()
        .then(() => left.push(clock.elapsed())),
    );
    await clock.advance(100);
    road().recordRead(answered(429), throttled(), false);
    await clock.advance(60_000);
    await Promise.all(reads);
    expect(left).toEqual([0, 0, 1_350, 1_600, 1_850, 2_100]);
  });

  test('for as long as the cloud asks, up to a minute; a longer wait is told', async () => {
    road().recordRead(answered(429), throttled(30), false);
    expect(await departures(road(), 1)).toEqual([30_250]);
    road().recordRead(answered(429), throttled(7_200), false);
    await expect(road().turn()).rejects.toMatchObject({
      class: 'Throttled',
      message: expect.stringContaining('asked not to be called before 2026-01-01T02:05:00Z'),
    });
    await clock.advance(minutes(119));
    expect(await departures(road(), 1)).toEqual([60_500]);
  });

  test('and a caller that gives up neither waits nor keeps others waiting', async () => {
    const controller = new AbortController();
    const reason = new Error('shutting down');
    await departures(road(), 2, milliseconds(0));
    const [first, impatient] = [road().turn(), road().turn(controller.signal)];
    const last = road()
      .turn()
      .then(() => clock.elapsed());
    await clock.settle();
    controller.abort(reason);
    await expect(impatient).rejects.toBe(reason);
    await clock.advance(1_000);
    await first;
    expect(await last).toBe(250);
  });

  test('and the first of them that gives up while it sleeps', async () => {
    const controller = new AbortController();
    await departures(road(), 2, milliseconds(0));
    const impatient = road().turn(controller.signal);
    const last = road()
      .turn()
      .then(() => clock.elapsed());
    await clock.settle();
    controller.abort(new Error('shutting down'));
    await expect(impatient).rejects.toThrow('shutting down');
    await clock.advance(1_000);
    expect(await last).toBe(125);
  });
});

test('an operation is stuck once four calls in a row were refused for their rate, until one passes', () => {
  const of = road();
  for (let count = 0; count < 3; count += 1) of.recordRead(answered(429), throttled(), false);
  expect(of.isStuck()).toBe(false);
  of.recordRead(answered(429), throttled(), false);
  expect(road().isStuck()).toBe(true);
  expect(road({}, 'another key').isStuck()).toBe(false);
  of.recordRead(answered(), undefined, false);
  expect(of.isStuck()).toBe(false);
});

describe('an endpoint that is silent', () => {
  test('is left alone: reads fail at once, in words that say since when, why, and when it is tried again', async () => {
    await goSilent();
    for (const call of [() => road().turn(), async () => road().enter()]) {
      await expect(call()).rejects.toMatchObject({
        class: 'Unreachable',
        code: 'CircuitOpen',
        message: `billing.ShowCustomerOrderDetails: ${bss} has not answered as it should since 2026-01-01T00:00:00Z (the connection was reset (ECONNRESET)), so it is left alone but for one call that tries it again every 60s or sooner`,
      });
    }
  });

  test('is told to people as a source that cannot be read, in words that stay the same as long as it is silent', async () => {
    await goSilent();
    const said = () =>
      failureOf(
        'The billing centre',
        caught(() => road().enter()),
      );
    const first = said();
    expect(first).toMatchObject({
      cause: 'Unavailable',
      message: expect.stringMatching(
        /has not answered as it should since 2026-01-01T00:00:00Z.*every 60s or sooner\.$/,
      ),
      remedy: 'Check the network, the proxy and the endpoint.',
    });
    for (let trials = 0; trials < 3; trials += 1) {
      await clock.advance(minutes(1));
      road().enter();
      road().recordRead(reset, undefined, false);
      expect(said()).toEqual(first);
    }
  });

  test('is silent for all operations and all accounts, and only at its own address and service', async () => {
    await goSilent();
    expect(() => road(balances, 'other key').enter()).toThrow('left alone');
    expect(() => road({ service: 'ecs' }).enter()).not.toThrow();
    expect(() => road({ origin: 'https://bss-intl.myhuaweicloud.com' }).enter()).not.toThrow();
  });

  test('is tried by one read, whose answer lets all others pass', async () => {
    await goSilent();
    await clock.advance(5_000);
    road().enter();
    expect(() => road().enter()).toThrow('left alone');
    road().recordRead(answered(404), undefined, false);
    expect(() => road().enter()).not.toThrow();
    expect(() => road().enter()).not.toThrow();
  });

  test('is tried by the next read when the caller of the first gave up', async () => {
    await goSilent();
    await clock.advance(5_000);
    road().enter();
    road().recordRead({ kind: 'Unknown', message: 'the call was ended' }, undefined, true);
    expect(() => road().enter()).not.toThrow();
  });

  test.each([
    ['an answer 5xx', answered(503), /it answered 503/],
    ['no connection', { kind: 'NotSent', message: 'refused' } as const, /refused/],
  ])('is one with %s, too', async (_, exchange, cause) => {
    await readsAt(road(), [0, 1_000, 2_000, 3_000, 4_000], exchange);
    expect(() => road().enter()).toThrow(cause);
  });

  test.each([
    ['a refusal', answered(400), false],
    ['throttling', answered(429), false],
    ['a read whose caller gave up', reset, true],
  ])('is none with %s', async (_, exchange, gaveUp) => {
    for (let n = 0; n < 10; n += 1) {
      road().enter();
      road().recordRead(exchange, undefined, gaveUp);
      await clock.advance(1_000);
    }
    expect(() => road().enter()).not.toThrow();
  });
});

describe('an order', () => {
  test('is objected to while the billing centre is silent, also when it is time for a trial or one goes on', async () => {
    expect(road().whyCircuitOpen()).toBeUndefined();
    await goSilent();
    expect(road().whyCircuitOpen()).toMatchObject({ class: 'Unreachable', code: 'CircuitOpen' });
    await clock.advance(minutes(10));
    expect(road().whyCircuitOpen()).toBeDefined();
    road().enter();
    expect(road().whyCircuitOpen()).toBeDefined();
    road().recordRead(answered(), undefined, false);
    expect(road().whyCircuitOpen()).toBeUndefined();
  });

  test('that was held back for our own reasons says nothing of the endpoint; one without an answer does', async () => {
    for (let n = 0; n < 10; n += 1) {
      road().recordOrder({ kind: 'NotSent', message: 'the lease is too short' }, undefined);
      await clock.advance(1_000);
    }
    expect(road().whyCircuitOpen()).toBeUndefined();
    for (let n = 0; n < 5; n += 1) {
      road().recordOrder(reset, undefined);
      await clock.advance(1_000);
    }
    expect(road().whyCircuitOpen()).toBeDefined();
  });

  test('that was refused for the rate slows the reads of its operation', async () => {
    road().recordOrder(answered(429), throttled());
    expect(await departures(road(), 2)).toEqual([1_250, 1_500]);
  });
});

test('what is known can be told', async () => {
  const iam = { service: 'iam', operation: 'KeystoneListProjects', origin: 'https://iam' } as const;
  await goSilent();
  road(iam).recordRead(answered(429), throttled(20), false);
  const waiting = road(iam).turn();
  await clock.settle();
  expect(control.state()).toEqual({
    circuits: [
      {
        ...{ service: 'billing', origin: bss, state: 'Open', since: new Date('2026-01-01T00:00:00Z') },
        ...{ cause: 'the connection was reset (ECONNRESET)', triedAgainInSeconds: 5 },
      },
      { service: 'iam', origin: 'https://iam', state: 'Closed' },
    ],
    turns: [
      expect.objectContaining({ operation: 'ShowCustomerOrderDetails', callsPerSecond: 10, throttled: false }),
      {
        ...{ service: 'iam', operation: 'KeystoneListProjects', callsPerSecond: 10 },
        ...{ waiting: 1, throttled: true, pausedFor: 20_000 },
      },
    ],
  });
  await clock.advance(minutes(1));
  await waiting;
});
