import { minutes, seconds } from '../../operator/clock.ts';
import { resourceIdOf } from '../builders/dccserver.ts';
import { createApiServer } from './api-server.ts';
import { createCloud, longestLag } from './cloud.ts';
import { createHost, type Host } from './host.ts';
import { watchInvariants } from './invariants.ts';
import { createLeadership } from './leadership.ts';
import { type ProcessFaults, startProcess } from './operator-process.ts';
import { type ApprovedPlans, createPeople, hasEnded, type People, requestsPlural, serverName } from './people.ts';
import { createSchedule, type Schedule } from './schedule.ts';

/** How one world went. */
export interface Verdict {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly story: readonly string[];
  /** What happened in it, by what it was: it shows what the worlds reach. */
  readonly counts: Readonly<Record<string, number>>;
}

const epoch = new Date('2026-03-01T04:00:00Z').getTime();
/** For how long people help before everything must have come to its end. */
const longestEnd = minutes(60);

/** Lets one world go its way: a time in which everything goes wrong, one in which people help, and one in which nothing fails. */
export async function simulate(seed: number, keepsStory = false): Promise<Verdict> {
  const schedule = createSchedule(seed, keepsStory);
  const server = createApiServer(() => new Date(epoch + schedule.now));
  const resources = Array.from({ length: schedule.pick([1, 1, 1, 2, 3]) ?? 1 }, (_, index) =>
    resourceIdOf(serverName(index + 1)),
  );
  const cloud = createCloud(schedule, {
    ...{ resources, epoch },
    lag: schedule.chance(0.5) ? schedule.between(0, longestLag) : 0,
    cancels: schedule.chance(0.3) ? 0.3 : 0,
    longestOrder: schedule.between(seconds(15), minutes(1)),
  });
  const leadership = createLeadership(schedule);
  const approved: ApprovedPlans = new Map();
  const invariants = watchInvariants({ schedule, server, cloud, leadership, approved });
  const people = createPeople(schedule, server, cloud, approved);
  const everybodyLeads = schedule.chance(0.1);
  if (everybodyLeads) leadership.breakApart();
  const machine = createMachineRoom(schedule, everybodyLeads, (host, faults) =>
    startProcess(host, { schedule, server, cloud, leadership }, faults),
  );

  // What people held up is ordered once they help: until calm everything still goes wrong.
  const helped = schedule.between(seconds(5), schedule.chance(0.2) ? minutes(2) : seconds(30));
  const calm = helped + schedule.between(0, minutes(1));
  const act = () => {
    if (schedule.now > helped) return;
    people.act();
    schedule.after(schedule.between(seconds(1), seconds(12)), act);
  };
  const help = () => {
    people.help();
    schedule.after(seconds(10), help);
  };
  // What was written off as never placed may still come.
  const isOver = () => cloud.callsUnderWay === 0 && server.list(requestsPlural).every(hasEnded);
  act();
  machine.misbehave(calm);
  await schedule.run(helped);
  help();
  await schedule.run(calm, isOver);
  machine.calmDown();
  schedule.after(minutes(5), () => giveUp(people, schedule));
  await schedule.run(calm + longestEnd, isOver);
  invariants.check();
  const counts = { ...machine.counts, ...invariants.counts(), 'minutes passed': Math.round(schedule.now / minutes(1)) };
  return { seed, counts, violations: invariants.violations, story: schedule.story };
}

/** Again and again: who was asked for something else meanwhile may have made a new one. */
function giveUp(people: People, schedule: Schedule): void {
  people.giveUp();
  schedule.after(minutes(1), () => giveUp(people, schedule));
}

/** The processes of the operator, and what befalls them. */
function createMachineRoom(
  schedule: Schedule,
  everybodyLeads: boolean,
  start: (host: Host, faults: ProcessFaults) => AbortSignal,
) {
  const often = () => (schedule.chance(0.5) ? schedule.random() * 0.3 : 0);
  const style = {
    latency: schedule.pick([5, 50, 500]) ?? 20,
    api: {
      ...{ lostRequest: often() * 0.3, lostAnswer: often() * 0.3, refused: often() * 0.3, brokenWatch: often() * 0.3 },
      // Leaders who see different things write over each other as fast as they hear of it, which is always the same again.
      lateNews: everybodyLeads ? 0.5 : often() * 0.3,
    },
    cloud: {
      noConnection: often(),
      lostCall: often() * 0.3,
      lateCall: often(),
      lostAnswer: often(),
      garbledAnswer: often(),
      refused: often(),
      failed: often() * 0.5,
    },
  };
  const size = schedule.pick([1, 1, 2, 2, 3]) ?? 1;
  const hosts: { host: Host; faults: ProcessFaults }[] = [];
  const counts = { 'processes killed': 0, 'processes paused': 0, 'connections cut': 0 };
  let isCalm = false;

  const boot = (index: number, number: number) => {
    const skew = schedule.chance(0.3) ? schedule.between(-60_000, 60_000) : 0;
    const pace = schedule.chance(0.3) ? 1 + (schedule.random() - 0.5) * 0.0003 : 1;
    const host = createHost(schedule, `op-${index}.${number}`, { skew, pace, epoch });
    const faults: ProcessFaults = {
      api: { isCutOff: false, latency: style.latency, ...style.api },
      cloud: { isCutOff: false, latency: style.latency, ...style.cloud },
    };
    hosts[index] = { host, faults };
    if (isCalm) heal(faults);
    schedule.tell(host.name, () => 'starts');
    // It ends what it has begun, and another process takes its place.
    start(host, faults).addEventListener('abort', () =>
      schedule.after(schedule.between(0, 20_000), () => kill(index, host)),
    );
  };
  const kill = (index: number, host = hosts[index]?.host) => {
    if (host === undefined || !host.isAlive) return;
    counts['processes killed'] += 1;
    schedule.tell(host.name, () => 'is killed');
    host.kill();
    schedule.after(schedule.between(100, 20_000), () => boot(index, counts['processes killed']));
  };
  const pause = (index: number) => {
    const { host } = hosts[index] ?? {};
    if (host === undefined || host.isPaused) return;
    const kind = schedule.chance(0.5) ? 'Stopped' : 'Suspended';
    const length = schedule.between(500, schedule.chance(0.5) ? 20_000 : 300_000);
    schedule.tell(host.name, () => `is ${kind} for ${length / 1_000} s`);
    counts['processes paused'] += 1;
    host.pause(kind);
    schedule.after(length, () => {
      schedule.tell(host.name, () => 'goes on');
      host.resume();
    });
  };
  const cut = (index: number) => {
    const { faults } = hosts[index] ?? {};
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
    /** Until then something happens to some process every now and then. */
    misbehave: (until: number) => {
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
    calmDown: () => {
      isCalm = true;
      for (const { host, faults } of hosts) {
        heal(faults);
        if (host.isPaused) host.resume();
      }
    },
  };
}

function heal({ api, cloud }: ProcessFaults): void {
  Object.assign(api, { lostRequest: 0, lostAnswer: 0, refused: 0, brokenWatch: 0, isCutOff: false });
  Object.assign(cloud, {
    noConnection: 0,
    lostCall: 0,
    lateCall: 0,
    lostAnswer: 0,
    garbledAnswer: 0,
    refused: 0,
    failed: 0,
    isCutOff: false,
  });
}
