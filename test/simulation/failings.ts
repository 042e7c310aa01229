import { hours, minutes, seconds } from '../../operator/clock.ts';
import type { ProcessFaults } from './operator-process.ts';
import type { Schedule } from './schedule.ts';

/** How badly the ways of all processes serve them in a world. */
export interface Failings {
  readonly latency: number;
  readonly api: Readonly<Omit<ProcessFaults['api'], 'isCutOff' | 'latency'>>;
  readonly cloud: Readonly<Omit<ProcessFaults['cloud'], 'isCutOff' | 'latency'>>;
}

export function failingsOf(schedule: Schedule, everybodyLeads: boolean): Failings {
  const often = () => (schedule.chance(0.5) ? schedule.random() * 0.3 : 0);
  const latency = schedule.pick([5, 50, 500]) ?? 20;
  return {
    latency,
    api: {
      ...{ lostRequest: often() * 0.3, lostAnswer: often() * 0.3, refused: often() * 0.3, brokenWatch: often() * 0.3 },
      // Leaders who see different things write over each other as fast as they hear of it, which is always the same again.
      lateNews: everybodyLeads ? 0.5 : often() * 0.3,
    },
    cloud: {
      noConnection: often(),
      lostCall: often() * 0.7,
      lostOrder: often() * 1.5,
      lateCall: often() * 1.5,
      lostAnswer: often(),
      garbledAnswer: often() * 3,
      refused: often() * 2,
      refusedInPart: often() * 2,
      failed: often() * 0.5,
      proxyAhead: schedule.pick([0, minutes(30), minutes(-30), hours(8)]) ?? 0,
      // Large projects have many pages.
      longReading: schedule.chance(0.3) ? seconds(20) : latency * 4,
    },
  };
}

/** Of one process, to be changed as things befall it. */
export const faultsBy = ({ latency, api, cloud }: Failings): ProcessFaults => ({
  api: { isCutOff: false, latency, ...api },
  cloud: { isCutOff: false, latency, ...cloud },
});

/** News may still be late after it, and an order, or a part of it, refused. */
export function heal({ api, cloud }: ProcessFaults): void {
  Object.assign(api, { lostRequest: 0, lostAnswer: 0, refused: 0, brokenWatch: 0, isCutOff: false });
  Object.assign(cloud, {
    noConnection: 0,
    lostCall: 0,
    lostOrder: 0,
    lateCall: 0,
    lostAnswer: 0,
    garbledAnswer: 0,
    // Most orders leave when all is calm. More often, and one is tried again for longer than the world lasts.
    refused: cloud.refused * 0.3,
    failed: 0,
    isCutOff: false,
  });
}
