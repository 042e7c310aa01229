import { Big } from 'big.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PaidPeriod } from '../../../operator/inventory/payments.ts';
import { refundRates } from '../../../operator/refund-rates.ts';
import { amountsOf, estimateOf, estimateStatus } from '../../../operator/unsubscription/estimate.ts';
import { read, unreadable } from '../../builders/observation.ts';
import { aFoundServer, aSnapshot, exactly, type SnapshotChanges } from '../../builders/snapshot.ts';
import { defaultSettings } from '../../huaweicloud/settings.ts';
import { refundOf } from '../../huaweicloud/unsubscription/refund.ts';
import { lineItemSchema } from '../../huaweicloud/world/orders.ts';

const published = '{"feePercent":{"monthly":[10],"1":[10],"2":[15,10],"3":[15,10,5]}}';
const rates = refundRates.parse(published);
const withFiveDays = refundRates.parse(published.replace('{', '{"unconditionalDays":5,'));

const aPeriod = (changes: Partial<PaidPeriod> & { from?: string; to?: string } = {}): PaidPeriod => {
  const { from = '2026-01-01T00:00:00Z', to = '2027-01-01T00:00:00Z', ...rest } = changes;
  return { begin: new Date(from), end: new Date(to), paid: '8760.00', currency: 'CNY', ...rest };
};

/** Refund, what is certain of it, and fee; or the term for which no fee is known. */
function inWords(period: PaidPeriod, at: string, table = rates): string[] {
  const amounts = amountsOf(period, table, new Date(at));
  if (typeof amounts === 'number') return [`no fee for ${amounts} years`];
  return [amounts.refund, amounts.atLeast, amounts.fee].map((amount) => amount.toFixed(2));
}

describe('what comes back of one period', () => {
  test('counts hours as the published example does: 14 d 8 h of 31 d 14 h', () => {
    const month = aPeriod({ from: '2024-01-01T10:30:00Z', to: '2024-02-01T23:59:59Z', paid: '758.00' });
    // 758 hours at 1.00 each, 344 of them used, and a fee of 75.80.
    expect(inWords(month, '2024-01-15T18:40:00Z')).toEqual(['338.20', '338.20', '75.80']);
  });

  test.each([
    ['2026-01-01T00:59:59Z', '7884.00'],
    ['2026-01-01T01:00:00Z', '7883.00'],
    ['2026-12-31T23:59:59Z', '0.00'],
    ['2028-01-01T00:00:00Z', '0.00'],
  ])('at %s is %s: full hours, and never less than nothing', (at, refund) => {
    expect(inWords(aPeriod(), at)).toEqual([refund, refund, expect.any(String)]);
  });

  test('is nothing of an odd amount that is used up, and neither is the fee', () => {
    const odd = aPeriod({ paid: '10.005' });
    expect(inWords(odd, '2028-01-01T00:00:00Z')).toEqual(['0.00', '0.00', '0.00']);
  });

  test('is all of it before it has begun, whatever its term', () => {
    const later = aPeriod({ from: '2031-01-01T00:00:00Z', to: '2040-01-01T00:00:00Z' });
    expect(inWords(later, '2026-01-01T00:00:00Z')).toEqual(['8760.00', '8760.00', '0.00']);
  });

  test.each([
    [withFiveDays, '2026-01-05T23:59:59Z', '8760.00'],
    [withFiveDays, '2026-01-06T00:00:00Z', '7764.00'],
    [rates, '2026-01-02T00:00:00Z', '7860.00'],
  ])('is all of it in the first days, where that is so; less is what is certain', (table, at, refund) => {
    const amounts = inWords(aPeriod(), at, table);
    expect(amounts).toEqual([refund, expect.any(String), expect.any(String)]);
    const [, atLeast] = inWords(aPeriod(), at);
    expect(amounts).toEqual([refund, atLeast, expect.any(String)]);
  });

  test.each([
    ['less than a year', '2026-04-01T15:59:59Z', 0],
    ['a year, ended at the end of its day', '2027-01-01T15:59:59Z', 1],
    ['a year, a second short', '2026-12-31T23:59:59Z', 1],
    ['five years', '2031-01-01T15:59:59Z', 5],
  ])('needs a fee for its term of %s', (_, to, term) => {
    expect(inWords(aPeriod({ to }), '2026-02-01T00:00:00Z', refundRates.parse('{"feePercent":{}}'))).toEqual([
      `no fee for ${term} years`,
    ]);
  });

  test.each([
    ['2027-01-01T00:00:00Z', '1314.00'],
    ['2027-01-01T00:00:01Z', '876.00'],
  ])('has the fee of the year of use at %s: a whole year belongs to the one that it ends', (at, fee) => {
    expect(inWords(aPeriod({ to: '2028-01-01T00:00:00Z' }), at)).toEqual([expect.any(String), expect.any(String), fee]);
  });

  test('is worked out as the simulated cloud does, to the cent, for any purchase and any time', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 100_000_000 }),
      fc.integer({ min: 0, max: 59 }),
      fc.constantFrom<[number, 'month' | 'year']>([1, 'month'], [6, 'month'], [1, 'year'], [2, 'year'], [3, 'year']),
      fc.integer({ min: -100, max: 3 * 8_800 }),
      (cents, minute, [count, unit], hoursLater) => {
        const begin = new Date(Date.UTC(2026, 2, 9, 10, minute));
        const end = new Date(begin);
        if (unit === 'year') end.setUTCFullYear(end.getUTCFullYear() + count);
        else end.setUTCMonth(end.getUTCMonth() + count);
        end.setUTCHours(15, 59, 59);
        const at = new Date(begin.getTime() + hoursLater * 3_600_000 + 1_000);
        const paid = (cents / 100).toFixed(2);
        const item = lineItemSchema.parse({
          ...{
            id: 'i',
            resourceId: 'r',
            serviceTypeCode: 's',
            resourceTypeCode: 't',
            periodType: unit,
            periodNum: count,
          },
          ...{ effectiveTime: begin.toISOString(), expireTime: end.toISOString() },
          ...{ amountAfterDiscount: paid, officialAmount: paid },
        });
        const theirs = refundOf(item, defaultSettings.handlingFees, at);
        const ours = inWords({ begin, end, paid, currency: 'CNY' }, at.toISOString());
        expect(ours).toEqual([theirs.refund, theirs.refund, theirs.fee]);
      },
    );
    fc.assert(property);
  });
});

const snapshotOf = (changes: SnapshotChanges = {}, ...periods: PaidPeriod[]) =>
  aSnapshot({ refundRates: rates, servers: [aFoundServer('server-1', { paid: read(periods) })], ...changes });

describe('the estimate of a request', () => {
  const at = { cloudTime: exactly(new Date('2026-03-01T12:34:56Z')) };

  test('adds up all periods of all servers, for the full hour', () => {
    const renewal = aPeriod({ from: '2027-01-01T00:00:00Z', to: '2028-01-01T00:00:00Z', paid: '0.10' });
    const servers = [
      aFoundServer('server-1', { paid: read([aPeriod({ paid: '8760.20' }), renewal]) }),
      aFoundServer('server-2', { paid: read([aPeriod()]) }),
    ];
    const one = inWords(aPeriod(), '2026-03-01T12:00:00Z');
    const other = inWords(aPeriod({ paid: '8760.20' }), '2026-03-01T12:00:00Z');
    expect(estimateOf(snapshotOf({ ...at, servers }))).toEqual({
      kind: 'Estimated',
      estimate: {
        refund: new Big(one[0] ?? 0)
          .plus(other[0] ?? 0)
          .plus('0.10')
          .toFixed(2),
        atLeast: new Big(one[1] ?? 0)
          .plus(other[1] ?? 0)
          .plus('0.10')
          .toFixed(2),
        fee: new Big(one[2] ?? 0).plus(other[2] ?? 0).toFixed(2),
        currency: 'CNY',
        asOf: new Date('2026-03-01T12:00:00Z'),
      },
    });
  });

  test('goes by the latest that the cloud’s time may be: the later, the less', () => {
    const cloudTime = { earliest: new Date('2026-03-01T12:59:59.5Z'), latest: new Date('2026-03-01T13:00:00.5Z') };
    expect(estimateOf(snapshotOf({ cloudTime }, aPeriod()))).toMatchObject({
      estimate: { asOf: new Date('2026-03-01T13:00:00Z'), refund: inWords(aPeriod(), '2026-03-01T13:00:00Z')[0] },
    });
  });

  test('of renewals alone counts what has not begun', () => {
    const renewal = aPeriod({ from: '2027-01-01T00:00:00Z', to: '2028-01-01T00:00:00Z', paid: '900.00' });
    const renewalsOnly = { ...at, request: { spec: { scope: 'RenewalsOnly' as const } } };
    expect(estimateOf(snapshotOf(renewalsOnly, aPeriod(), renewal))).toMatchObject({ estimate: { refund: '900.00' } });
  });

  test('can be asked for some servers', () => {
    const servers = ['server-1', 'server-2'].map((name) => aFoundServer(name, { paid: read([aPeriod()]) }));
    const both = estimateOf(snapshotOf({ ...at, servers }));
    const first = estimateOf(snapshotOf({ ...at, servers }), ({ name }) => name === 'server-1');
    if (both.kind !== 'Estimated' || first.kind !== 'Estimated') throw new Error('there is none');
    expect(new Big(first.estimate.refund).times(2).toFixed(2)).toBe(both.estimate.refund);
  });

  test.each<[string, SnapshotChanges, string]>([
    ['without a table of fees', { refundRates: undefined }, 'No table of handling fees'],
    [
      'when the bill cannot be read',
      { servers: [aFoundServer('server-1', { paid: unreadable() })] },
      'server-1: The billing centre cannot be read',
    ],
    ['when nothing was paid', { servers: [aFoundServer('server-1')] }, 'Nothing was paid'],
    [
      'of several currencies',
      { servers: [aFoundServer('server-1', { paid: read([aPeriod(), aPeriod({ currency: 'USD' })]) })] },
      'several currencies',
    ],
    [
      'of a term without a fee',
      { servers: [aFoundServer('server-1', { paid: read([aPeriod({ to: '2031-01-01T00:00:00Z' })]) })] },
      'server-1: no handling fee is configured for a term of 5 years',
    ],
    [
      'of a short term without a fee',
      {
        refundRates: refundRates.parse('{"feePercent":{"1":[10]}}'),
        servers: [aFoundServer('server-1', { paid: read([aPeriod({ to: '2026-04-01T00:00:00Z' })]) })],
      },
      'a term of less than a year',
    ],
  ])('is none %s, and that is said', (_, changes, says) => {
    const estimated = estimateOf(snapshotOf(changes));
    expect(estimated).toMatchObject({ kind: 'Unavailable', message: expect.stringContaining(says) });
    expect(estimateStatus(estimated)).toEqual({ note: expect.stringMatching(/^No estimate\. .+[.]$/) });
  });

  test('says in the status that it is one, and when it relies on a quota', () => {
    const sure = estimateStatus(estimateOf(snapshotOf(at, aPeriod())));
    expect(sure).toMatchObject({ asOf: '2026-03-01T12:00:00.000Z', note: expect.stringContaining('the bill decides') });
    expect(sure.note).not.toContain('unconditional');
    const fresh = aPeriod({ from: '2026-02-28T00:00:00Z', to: '2027-02-28T00:00:00Z' });
    const unsure = estimateStatus(estimateOf(snapshotOf({ ...at, refundRates: withFiveDays }, fresh)));
    expect(unsure.note).toContain('unconditional unsubscriptions left');
  });

  test('changes with the hour and not within it', () => {
    const status = (time: string) =>
      estimateStatus(estimateOf(snapshotOf({ cloudTime: exactly(new Date(time)) }, aPeriod())));
    expect(status('2026-03-01T12:00:00Z')).toEqual(status('2026-03-01T12:59:59.999Z'));
    expect(status('2026-03-01T12:00:00Z')).not.toEqual(status('2026-03-01T13:00:00Z'));
  });
});
