import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultSettings } from './settings.ts';
import { refundOf } from './unsubscription/refund.ts';
import { sum } from './world/money.ts';
import { lineItemSchema } from './world/orders.ts';

const { handlingFees } = defaultSettings;
const HOUR = 3_600_000;

const period = (paid: string, effectiveTime: string, expireTime: string, periodType: 'month' | 'year', periodNum = 1) =>
  lineItemSchema.parse({
    id: 'item',
    resourceId: 'server',
    serviceTypeCode: 'service',
    resourceTypeCode: 'resource',
    periodType,
    periodNum,
    effectiveTime,
    expireTime,
    amountAfterDiscount: paid,
    officialAmount: paid,
  });

describe('a refund', () => {
  it('counts hours as the published example does: 14 d 8 h of 31 d 14 h', () => {
    const item = period('758.00', '2024-01-01T10:30:00Z', '2024-02-01T23:59:59Z', 'month');
    // 758 hours at 1.00 each; 344 of them used.
    expect(refundOf(item, handlingFees, new Date('2024-01-15T18:40:00Z'))).toEqual({
      paid: '758.00',
      consumed: '344.00',
      fee: '75.80',
      refund: '338.20',
    });
  });

  it.each([
    [1, '2026-06-01', '10.00'],
    [2, '2026-06-01', '15.00'],
    [2, '2027-01-01', '15.00'],
    [2, '2027-06-01', '10.00'],
    [3, '2026-12-31', '15.00'],
    [3, '2027-06-01', '10.00'],
    [3, '2028-06-01', '5.00'],
  ])('of a term of %i years has on %s a fee of %s %%', (years, day, fee) => {
    const item = period('100.00', '2026-01-01T00:00:00Z', `${2026 + years}-01-01T00:00:00Z`, 'year', years);
    expect(refundOf(item, handlingFees, new Date(`${day}T00:00:00Z`)).fee).toBe(fee);
  });

  it('treats 24 months as two years', () => {
    const item = period('100.00', '2026-01-01T00:00:00Z', '2028-01-01T00:00:00Z', 'month', 24);
    expect(refundOf(item, handlingFees, new Date('2026-06-01T00:00:00Z')).fee).toBe('15.00');
  });

  it('leaves vouchers out, and counts coupons and cards as paid', () => {
    const item = {
      ...period('100.00', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z', 'year'),
      couponAmount: '50.00',
      flexipurchaseCouponAmount: '20.00',
      storedCardAmount: '30.00',
    };
    expect(refundOf(item, handlingFees, new Date('2026-01-01T00:00:00Z')).paid).toBe('150.00');
  });

  it('is whole for a period that has not begun', () => {
    const item = period('100.00', '2027-01-01T00:00:00Z', '2028-01-01T00:00:00Z', 'year');
    expect(refundOf(item, handlingFees, new Date('2026-06-01T00:00:00Z')).refund).toBe('100.00');
  });

  it('is nothing, and never less, when little is left', () => {
    const item = period('100.00', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z', 'year');
    expect(refundOf(item, handlingFees, new Date('2026-12-31T12:00:00Z')).refund).toBe('0.00');
  });

  it('names a term that has no rate instead of inventing one', () => {
    const item = period('100.00', '2026-01-01T00:00:00Z', '2031-01-01T00:00:00Z', 'year', 5);
    expect(() => refundOf(item, handlingFees, new Date('2026-06-01T00:00:00Z'))).toThrow('5 years');
  });

  it('always splits exactly what was paid', () => {
    const start = Date.parse('2026-01-01T00:00:00Z');
    const splitting = fc.property(
      fc.integer({ min: 1, max: 100_000_000 }),
      fc.integer({ min: 0, max: 3 * 8_760 }),
      fc.integer({ min: 1, max: 3 }),
      (cents, hoursUsed, years) => {
        const paid = (cents / 100).toFixed(2);
        const item = period(paid, '2026-01-01T00:00:00Z', `${2026 + years}-01-01T00:00:00Z`, 'year', years);
        const { consumed, fee, refund } = refundOf(item, handlingFees, new Date(start + hoursUsed * HOUR));
        expect(sum([consumed, fee, refund])).toBe(paid);
        for (const amount of [consumed, fee, refund]) expect(Number(amount)).toBeGreaterThanOrEqual(0);
      },
    );
    fc.assert(splitting);
  });
});
