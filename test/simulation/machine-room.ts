import { seconds } from '../../operator/clock.ts';
import { createHost, type Host, type Step } from './host.ts';
import type { ProcessFaults } from './operator-process.ts';
import type { Schedule } from './schedule.ts';

export interface MachineRoomOptions {
  readonly everybodyLeads: boolean;
  /** True time 0 on the wall. */
  readonly epoch: number;
  /** Starts a process. Gives the signal after which it ends by itself. */
  start(host: Host, faults: ProcessFaults): AbortSignal;
  /** Called when a process is held up in the middle of something. */
  onHeldUp(): void;
  /** Every process that there ever was is put here, by its name. */
  readonly hosts: Map<string, Host>;
}

export interface MachineRoom {
  readonly counts: Readonly<Record<string, number>>;
  /** Until then something happens to some process every now and then. */
  misbehave(until: number): void;
  /**
   * From now on nothing fails, but that news may still be late, that the cloud may still refuse a part of an order, that a few orders
   * more may be held up, and that in some worlds orders are lost for a while. Who is held up already goes on when it is time.
   */
  calmDown(): void;
  /** For how long nobody has been held up, in milliseconds. */
  quietFor(): number;
}

/** The processes of the operator, and what befalls them. */
export function createMachineRoom(schedule: Schedule, options: MachineRoomOptions): MachineRoom {
  const { everybodyLeads, epoch, start } = options;
  const often = () => (schedule.chance(0.5) ? schedule.random() * 0.3 : 0);
  const latency = schedule.pick([5, 50, 500]) ?? 20;
  const style = {
    latency,
    api: {
      ...{ lostRequest: often() * 0.3, lostAnswer: often() * 0.3, refused: often() * 0.3, brokenWatch: often() * 0.3 },
      // Leaders who see different things write over each other as fast as they hear of it, which is always the same again.
      lateNews: everybodyLeads ? 0.5 : often() * 0.3,
    },
    cloud: {
      noConnection: often(),
      lostCall: often() * 0.7,
      lostOrder: 0,
      lateCall: often() * 1.5,
      lostAnswer: often(),
      garbledAnswer: often() * 3,
      refused: often(),
      refusedInPart: often() * 2,
      failed: often() * 0.5,
      // Large projects have many pages.
      longReading: schedule.chance(0.3) ? seconds(20) : latency * 4,
    },
  };
  const size = schedule.pick([1, 1, 2, 2, 3]) ?? 1;
  /** How often a process is held up at a step. */
  const heldUp = schedule.chance(everybodyLeads ? 0.8 : 0.3) ? schedule.random() * 0.01 : 0;
  /** How often a process is killed at a step, or shortly after. */
  const dying = schedule.chance(0.3) ? schedule.random() * 0.015 : 0;
  const places: { host: Host; faults: ProcessFaults }[] = [];
  const counts = { 'processes killed': 0, 'processes paused': 0, 'processes held up': 0, 'connections cut': 0 };
  let isCalm = false;
  let wentOnAt = Number.NEGATIVE_INFINITY;

  let stepsOfOrdersWhenCalm = 0;
  /** Most orders leave when all is calm: some are held up also then, few enough that everything comes to its end. */
  const isOfLast = (step: Step) => {
    if (step === 'Order') stepsOfOrdersWhenCalm += 1;
    return step === 'Order' && stepsOfOrdersWhenCalm <= 4;
  };

  const boot = (index: number, number: number) => {
    const skew = schedule.chance(0.3) ? schedule.between(-60_000, 60_000) : 0;
    const pace = schedule.chance(0.3) ? 1 + (schedule.random() - 0.5) * 0.0003 : 1;
    const host = createHost(schedule, `op-${index}.${number}`, {
      ...{ skew, pace, epoch },
      onStep: (step) => {
        if (heldUp > 0 && (!isCalm || isOfLast(step)) && schedule.chance(heldUp * weights[step])) holdUp(host);
        if (dying > 0 && !isCalm && schedule.chance(dying * weights[step]))
          schedule.after(schedule.between(0, style.latency * 4), () => kill(index, host));
      },
    });
    options.hosts.set(host.name, host);
    const faults: ProcessFaults = {
      api: { isCutOff: false, latency: style.latency, ...style.api },
      cloud: { isCutOff: false, latency: style.latency, ...style.cloud },
    };
    places[index] = { host, faults };
    if (isCalm) heal(faults);
    schedule.tell(host.name, () => 'starts');
    // It ends what it has begun, and another process takes its place.
    start(host, faults).addEventListener('abort', () =>
      schedule.after(schedule.between(0, 20_000), () => kill(index, host)),
    );
  };
  const kill = (index: number, host = places[index]?.host) => {
    if (host === undefined || !host.isAlive) return;
    counts['processes killed'] += 1;
    schedule.tell(host.name, () => 'is killed');
    host.kill();
    schedule.after(schedule.between(100, 20_000), () => boot(index, counts['processes killed']));
  };
  const pauseFor = (host: Host, length: number) => {
    const kind = schedule.chance(0.5) ? 'Stopped' : 'Suspended';
    schedule.tell(host.name, () => `is ${kind} for ${length / 1_000} s`);
    host.pause(kind);
    schedule.after(length, () => {
      schedule.tell(host.name, () => 'goes on');
      wentOnAt = schedule.now;
      host.resume();
    });
  };
  const pause = (index: number) => {
    const { host } = places[index] ?? {};
    if (host === undefined || host.isPaused) return;
    counts['processes paused'] += 1;
    pauseFor(host, schedule.between(500, schedule.chance(0.5) ? 20_000 : 300_000));
  };
  /** Right when it is about to send something, for less than a lease, for less than a signature lives, or for longer than all windows. */
  const holdUp = (host: Host) => {
    if (host.isPaused) return;
    counts['processes held up'] += 1;
    const [least, most] = schedule.pick(holdUps) ?? [1, 2];
    pauseFor(host, schedule.between(least, most));
    options.onHeldUp();
  };
  const cut = (index: number) => {
    const { faults } = places[index] ?? {};
    if (faults === undefined) return;
    const way = schedule.chance(0.5) ? faults.api : faults.cloud;
    counts['connections cut'] += 1;
    way.isCutOff = true;
    schedule.tell('network', () => `cuts op-${index} off from ${way === faults.api ? 'the API server' : 'the cloud'}`);
    schedule.after(schedule.between(1_000, 30_000), () => {
      way.isCutOff = false;
    });
  };
  for (let index = 0; index < size; index += 1) boot(index, 0);

  return {
    counts,
    misbehave: (until) => {
      const every = schedule.between(seconds(2), seconds(60));
      const again = () => {
        if (schedule.now > until) return;
        const index = schedule.between(0, size);
        const strike = schedule.pick([(of: number) => kill(of), pause, cut]);
        strike?.(index);
        schedule.after(schedule.between(100, every * 2), again);
      };
      if (schedule.chance(0.8)) schedule.after(schedule.between(0, every), again);
    },
    quietFor: () => (places.some(({ host }) => host.isAlive && host.isPaused) ? 0 : schedule.now - wentOnAt),
    calmDown: () => {
      isCalm = true;
      for (const { faults } of places) heal(faults);
      // What is lost now, everybody has the time to read back, and nobody has a reason to ask for.
      if (!schedule.chance(0.2)) return;
      for (const { faults } of places) faults.cloud.lostOrder = 0.5;
      schedule.after(seconds(90), () => {
        for (const { faults } of places) faults.cloud.lostOrder = 0;
      });
    },
  };
}

/** How much likelier than at a read a process is held up, or killed, there. */
const weights: Readonly<Record<Step, number>> = { Read: 1, Write: 8, Order: 60 };

const holdUps = [
  [seconds(1), seconds(30)],
  [seconds(35), seconds(80)],
  [seconds(150), seconds(400)],
] as const;

function heal({ api, cloud }: ProcessFaults): void {
  Object.assign(api, { lostRequest: 0, lostAnswer: 0, refused: 0, brokenWatch: 0, isCutOff: false });
  Object.assign(cloud, {
    noConnection: 0,
    lostCall: 0,
    lostOrder: 0,
    lateCall: 0,
    lostAnswer: 0,
    garbledAnswer: 0,
    refused: 0,
    failed: 0,
    isCutOff: false,
  });
}
