import { minutes, seconds } from '../../operator/clock.ts';
import { type CloudClocks, type CloudPace, type Lag, longestLag, mostOff, type Shown } from './cloud.ts';
import type { Residents } from './people/known.ts';
import type { Schedule } from './schedule.ts';

/** A cloud has many machines. Half of the time they agree. */
export function clocksOf(schedule: Schedule): CloudClocks {
  const off = () => schedule.pick([-mostOff, mostOff, schedule.between(-mostOff, mostOff)]) ?? 0;
  return schedule.chance(0.5) ? { gateway: 0, orders: 0 } : { gateway: off(), orders: off() };
}

/** How fast a cloud is, and how far what it shows is behind: each list of its own by chance, or so that they mislead most. */
export function paceOf(schedule: Schedule, { breaksGlass, isImpatient, awaitsApproval }: Residents): CloudPace {
  const none: Lag = { most: 0, now: () => 0 };
  const upTo = (most: number): Lag => ({ most, now: () => schedule.between(0, most + 1) });
  const about = (most: number): Lag => ({ most, now: () => schedule.between(most * 0.9, most + 1) });
  /** Answers come from one of two copies, of which one is behind. */
  const eitherCopy = (most: number): Lag => ({ most, now: () => (schedule.chance(0.5) ? most : 0) });
  const any = () => (schedule.chance(0.5) ? upTo : about)(schedule.between(0, longestLag));
  const prompt = { Orders: none, Rows: none, Machines: none } satisfies Record<Shown, Lag>;

  const soonOver = seconds(4);
  const anyPace = {
    longestOrder: schedule.chance(0.4) ? soonOver : schedule.between(seconds(15), minutes(1)),
  };
  const paces: readonly (readonly [weight: number, () => CloudPace])[] = [
    [8, () => ({ ...anyPace, lags: prompt })],
    [6, () => ({ ...anyPace, lags: { Orders: any(), Rows: any(), Machines: any() } })],
    // What an order has taken away is gone before the order shows.
    [10, () => ({ ...anyPace, lags: { ...prompt, Orders: about(longestLag) }, longestOrder: soonOver })],
    // An order takes long, and what it will take away is in use when it shows.
    [6, () => ({ lags: { ...prompt, Orders: about(longestLag) }, longestOrder: minutes(1) })],
    // What an order has taken away is seen again after its end. Nothing relies on how far rows are behind.
    [2, () => ({ ...anyPace, lags: { ...prompt, Rows: eitherCopy(longestLag) } })],
    [4, () => ({ ...anyPace, lags: { ...prompt, Rows: eitherCopy(schedule.between(longestLag, minutes(3))) } })],
    [isImpatient ? 16 : 0, () => ({ longestOrder: soonOver, lags: { ...prompt, Rows: eitherCopy(minutes(3)) } })],
    // What it took away is gone within the window of a call that is lost then.
    [awaitsApproval ? 24 : 0, () => ({ longestOrder: soonOver, lags: { ...prompt, Rows: about(minutes(1.5)) } })],
    [breaksGlass ? 12 : 0, () => ({ longestOrder: minutes(1.5), lags: { ...prompt, Rows: about(minutes(2.75)) } })],
  ];
  const pace = schedule.weigh(paces);
  if (pace === undefined) throw new Error('no cloud is without a pace');
  return pace();
}
