import { seconds } from '../../operator/clock.ts';
import { failingsOf, heal } from './failings.ts';
import { boot, cutOff, kill, pause, type Room, type RoomOptions } from './mishaps.ts';
import type { Schedule } from './schedule.ts';

interface MachineRoomOptions extends RoomOptions {
  readonly everybodyLeads: boolean;
}

interface MachineRoom {
  readonly counts: Readonly<Record<string, number>>;
  /** Until then something happens to some process every now and then. */
  misbehave(until: number): void;
  /**
   * From now on nothing fails, but that news may still be late, that the cloud may still refuse an order, or a part of it, that a few
   * orders more may be held up, and that in some worlds orders are lost for a while. Who is held up already goes on when it is time.
   */
  calmDown(): void;
  /** For how long nobody has been held up, in milliseconds. */
  quietFor(): number;
}

/** The processes of the operator, and what befalls them. */
export function createMachineRoom(schedule: Schedule, options: MachineRoomOptions): MachineRoom {
  const { everybodyLeads } = options;
  const failings = failingsOf(schedule, everybodyLeads);
  // One that leads alone has no rivals.
  const size = schedule.pick(everybodyLeads ? [2, 2, 3] : [1, 1, 2, 2, 3]) ?? 1;
  const room: Room = {
    ...{ schedule, options, failings },
    heldUp: schedule.chance(everybodyLeads ? 0.8 : 0.3) ? schedule.random() * 0.01 : 0,
    dying: schedule.chance(0.3) ? schedule.random() * 0.015 : 0,
    places: [],
    counts: { 'processes killed': 0, 'processes paused': 0, 'processes held up': 0, 'connections cut': 0 },
    ...{ isCalm: false, stepsOfOrdersWhenCalm: 0, wentOnAt: Number.NEGATIVE_INFINITY },
  };
  for (let index = 0; index < size; index += 1) boot(room, index, 0);
  return {
    counts: room.counts,
    misbehave: (until) => misbehave(room, until),
    quietFor: () => (room.places.some(({ host }) => host.isAlive && host.isPaused) ? 0 : schedule.now - room.wentOnAt),
    calmDown: () => calmDown(room),
  };
}

function misbehave(room: Room, until: number): void {
  const { schedule, places } = room;
  const every = schedule.between(seconds(2), seconds(60));
  const again = () => {
    if (schedule.now > until) return;
    const index = schedule.between(0, places.length);
    const strike = schedule.pick([kill, pause, cutOff]);
    strike?.(room, index);
    schedule.after(schedule.between(100, every * 2), again);
  };
  if (schedule.chance(0.8)) schedule.after(schedule.between(0, every), again);
}

function calmDown(room: Room): void {
  const { schedule, places } = room;
  room.isCalm = true;
  for (const { faults } of places) heal(faults);
  // What is lost now, everybody has the time to read back, and nobody has a reason to ask for.
  if (!schedule.chance(0.2)) return;
  for (const { faults } of places) faults.cloud.lostOrder = 0.5;
  schedule.after(seconds(90), () => {
    for (const { faults } of places) faults.cloud.lostOrder = 0;
  });
}
