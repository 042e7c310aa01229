import { seconds } from '../../operator/clock.ts';
import { type Failings, faultsBy, heal } from './failings.ts';
import { createHost, type Host, type Step } from './host.ts';
import type { ProcessFaults } from './operator-process.ts';
import type { Schedule } from './schedule.ts';

export interface RoomOptions {
  /** True time 0 on the wall. */
  readonly epoch: number;
  /** Starts a process. Gives the signal after which it ends by itself. */
  start(host: Host, faults: ProcessFaults): AbortSignal;
  /** Called when a process is held up in the middle of something. */
  onHeldUp(): void;
  /** Every process that there ever was is put here, by its name. */
  readonly hosts: Map<string, Host>;
}

/** The places that processes run at, one after the other, and how all of them fare. */
export interface Room {
  readonly schedule: Schedule;
  readonly options: RoomOptions;
  readonly failings: Failings;
  /** How often a process is held up at a step. */
  readonly heldUp: number;
  /** How often a process is killed at a step, or shortly after. */
  readonly dying: number;
  readonly places: { readonly host: Host; readonly faults: ProcessFaults }[];
  readonly counts: Record<'processes killed' | 'processes paused' | 'processes held up' | 'connections cut', number>;
  isCalm: boolean;
  stepsOfOrdersWhenCalm: number;
  wentOnAt: number;
}

/** Starts a process at a place. */
export function boot(room: Room, index: number, number: number): void {
  const { schedule, options, failings, places } = room;
  const skew = schedule.chance(0.3) ? schedule.between(-60_000, 60_000) : 0;
  const pace = schedule.chance(0.3) ? 1 + (schedule.random() - 0.5) * 0.0003 : 1;
  const host = createHost(schedule, `op-${index}.${number}`, {
    ...{ skew, pace, epoch: options.epoch },
    onStep: (step) => atStep(room, index, host, step),
  });
  options.hosts.set(host.name, host);
  const faults = faultsBy(failings);
  places[index] = { host, faults };
  if (room.isCalm) heal(faults);
  schedule.tell(host.name, () => 'starts');
  // It ends what it has begun, and another process takes its place.
  options
    .start(host, faults)
    .addEventListener('abort', () => schedule.after(schedule.between(0, 20_000), () => kill(room, index, host)));
}

function atStep(room: Room, index: number, host: Host, step: Step): void {
  const { schedule, failings, heldUp, dying, isCalm } = room;
  const weight = weights[step];
  if (heldUp > 0 && (!isCalm || isOfLast(room, step)) && schedule.chance(heldUp * weight)) holdUp(room, host);
  if (dying > 0 && !isCalm && schedule.chance(dying * weight))
    schedule.after(schedule.between(0, failings.latency * 4), () => kill(room, index, host));
}

/** How much likelier than at a read a process is held up, or killed, there. */
const weights: Readonly<Record<Step, number>> = { Read: 1, Write: 8, Order: 60 };

/** Most orders leave when all is calm: some are held up also then, few enough that everything comes to its end. */
function isOfLast(room: Room, step: Step): boolean {
  if (step === 'Order') room.stepsOfOrdersWhenCalm += 1;
  return step === 'Order' && room.stepsOfOrdersWhenCalm <= 4;
}

export function kill(room: Room, index: number, host = room.places[index]?.host): void {
  const { schedule, counts } = room;
  if (host === undefined || !host.isAlive) return;
  counts['processes killed'] += 1;
  schedule.tell(host.name, () => 'is killed');
  host.kill();
  schedule.after(schedule.between(100, 20_000), () => boot(room, index, counts['processes killed']));
}

function pauseFor(room: Room, host: Host, length: number): void {
  const { schedule } = room;
  const kind = schedule.chance(0.5) ? 'Stopped' : 'Suspended';
  schedule.tell(host.name, () => `is ${kind} for ${length / 1_000} s`);
  host.pause(kind);
  schedule.after(length, () => {
    schedule.tell(host.name, () => 'goes on');
    room.wentOnAt = schedule.now;
    host.resume();
  });
}

export function pause(room: Room, index: number): void {
  const { schedule, counts } = room;
  const { host } = room.places[index] ?? {};
  if (host === undefined || host.isPaused) return;
  counts['processes paused'] += 1;
  pauseFor(room, host, schedule.between(500, schedule.chance(0.5) ? 20_000 : 300_000));
}

/** Right when it is about to send something, for less than a lease, for less than a signature lives, or for longer than all windows. */
function holdUp(room: Room, host: Host): void {
  const { schedule, options, counts } = room;
  if (host.isPaused) return;
  counts['processes held up'] += 1;
  const [least, most] = schedule.pick(holdUps) ?? [1, 2];
  pauseFor(room, host, schedule.between(least, most));
  options.onHeldUp();
}

const holdUps = [
  [seconds(1), seconds(30)],
  [seconds(35), seconds(80)],
  [seconds(150), seconds(400)],
] as const;

export function cutOff({ schedule, places, counts }: Room, index: number): void {
  const { faults } = places[index] ?? {};
  if (faults === undefined) return;
  const way = schedule.chance(0.5) ? faults.api : faults.cloud;
  counts['connections cut'] += 1;
  way.isCutOff = true;
  schedule.tell('network', () => `cuts op-${index} off from ${way === faults.api ? 'the API server' : 'the cloud'}`);
  schedule.after(schedule.between(1_000, 30_000), () => {
    way.isCutOff = false;
  });
}
