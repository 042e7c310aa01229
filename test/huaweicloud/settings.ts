import { hours, type Milliseconds, milliseconds, minutes, seconds } from '../../operator/clock.ts';

/** Handling fee in percent of what was paid, by started year of use (the last one holds for all later years). */
export interface HandlingFees {
  readonly monthly: readonly number[];
  readonly years: Readonly<Record<number, readonly number[]>>;
}

/** How the simulated cloud behaves. Times are short by default so that tests and the demo need not wait. */
export interface Settings {
  /** The site whose billing centre is served; accounts of another site are refused with CBC.0150. */
  readonly servedSite: 'china' | 'international' | 'europe';
  /** How far X-Sdk-Date may be from the cloud's time: 15 minutes at the real API gateway. */
  readonly signatureLifetime: Milliseconds;
  /** How long an access key stays locked after more than five consecutive signature failures. */
  readonly lockout: Milliseconds;
  /** Calls a second per API and account; `operations` overrides by operation name. */
  readonly throttle: { readonly rate: number; readonly operations: Readonly<Record<string, number>> };
  readonly orderProcessing: Milliseconds;
  readonly vmDeletion: Milliseconds;
  readonly vmMigration: Milliseconds;
  readonly recycleBinRetention: Milliseconds;
  readonly billDelay: Milliseconds;
  /** Refunds above this need an approval by Huawei (order status 1). */
  readonly largeRefund: Readonly<Record<string, string>>;
  readonly handlingFees: HandlingFees;
  /** Whether an unsubscribed resource stays as a row of status 3 or disappears: the documents do not say. */
  readonly unsubscribedRows: 'closed' | 'gone';
  /** Whether `offset` of MRS ListNodes counts pages or records from 1: the documents do not say. */
  readonly mrsNodeOffset: 'page' | 'record';
}

export const defaultSettings: Settings = {
  servedSite: 'china',
  signatureLifetime: minutes(15),
  lockout: minutes(5),
  throttle: { rate: 200, operations: {} },
  orderProcessing: seconds(2),
  vmDeletion: seconds(1),
  vmMigration: seconds(1),
  recycleBinRetention: hours(7 * 24),
  billDelay: milliseconds(0),
  largeRefund: { CNY: '50000.00', USD: '7000.00' },
  // International page of the unsubscription rules; the monthly row is [inference], it was cut off in what could be read.
  handlingFees: { monthly: [10], years: { 1: [10], 2: [15, 10], 3: [15, 10, 5] } },
  unsubscribedRows: 'closed',
  mrsNodeOffset: 'page',
};
