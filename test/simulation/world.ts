import { minutes, seconds } from '../../operator/clock.ts';
import { resourceIdOf } from '../builders/dccserver.ts';
import { createApiServer } from './api-server.ts';
import { createCloud } from './cloud.ts';
import { clocksOf, paceOf } from './cloud-pace.ts';
import type { Host } from './host.ts';
import { watchInvariants } from './invariants.ts';
import { createLeadership } from './leadership.ts';
import { createMachineRoom } from './machine-room.ts';
import { hasEnded, requestsPlural, serverName } from './objects.ts';
import { startProcess } from './operator-process.ts';
import type { ApprovedPlans } from './people/known.ts';
import { createPeople, type People } from './people.ts';
import type { Schedule } from './schedule.ts';
import { type Fail, judge, type Verdict } from './verdict.ts';

const epoch = new Date('2026-03-01T04:00:00Z').getTime();
/** For so long a process goes on writing the outcome of its call, and what its cloud clients wait for ends before. */
const lastWordsWithin = seconds(75);
/** In this time whatever can goes on or comes to its end, when nobody is held up and people do nothing but help. */
const undisturbed = minutes(6);
/** For how long people help before everything must have come to its end. */
const longestEnd = minutes(60);

export const simulate = (seed: number, keepsStory = false): Promise<Verdict> => judge(seed, keepsStory, live);

/**
 * A time in which everything goes wrong, one in which people help meanwhile, and one in which little fails any more: what
 * `calmDown` of the machine room leaves.
 */
async function live(schedule: Schedule, fail: Fail): Promise<Verdict['counts']> {
  const server = createApiServer(() => new Date(epoch + schedule.now));
  const resources = Array.from({ length: schedule.pick([1, 1, 2, 2, 3]) ?? 1 }, (_, index) =>
    resourceIdOf(serverName(index + 1)),
  );
  const residents = {
    breaksGlass: schedule.chance(0.25),
    isImpatient: schedule.chance(0.25),
    awaitsApproval: schedule.chance(0.15),
  };
  const cloud = createCloud(schedule, {
    ...{ resources, epoch },
    disks: new Map(schedule.chance(0.3) ? [[resourceIdOf('disk-1'), resourceIdOf(serverName(1))]] : []),
    cancels: schedule.pick([0, 0, 0, 0.3, 0.6]) ?? 0,
    clocks: clocksOf(schedule),
    ...paceOf(schedule, residents),
  });
  const leadership = createLeadership(schedule);
  const approved: ApprovedPlans = new Map();
  const hosts = new Map<string, Host>();
  const isPortfolio = resources.length > 1 && schedule.chance(0.4);
  const watched = { schedule, server, cloud, leadership, approved, hosts, isPortfolio };
  const invariants = watchInvariants(watched, fail);
  // In some worlds people are always busy with the very things that the operator is busy with.
  const meddling = schedule.chance(0.5) ? 0.6 : 0;
  const people = createPeople(schedule, server, cloud, { approved, meddling, isPortfolio, ...residents });
  const everybodyLeads = schedule.chance(0.1);
  if (everybodyLeads) leadership.breakApart();
  const machine = createMachineRoom(schedule, {
    ...{ everybodyLeads, epoch, hosts },
    start: (host, faults) => startProcess(host, { schedule, server, cloud, leadership }, faults),
    onHeldUp: people.meddle,
  });

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
  // What was written off as never placed may still come, and who was held up for long may still write what it knows.
  const isOver = () =>
    cloud.callsUnderWay === 0 && machine.quietFor() > lastWordsWithin && server.list(requestsPlural).every(hasEnded);
  act();
  machine.misbehave(calm);
  await schedule.run(helped);
  help();
  await schedule.run(calm, isOver);
  machine.calmDown();
  invariants.calm();
  schedule.after(minutes(3), people.rest);
  const endInTime = () => {
    // One order follows the other, and each may be lost.
    if (Math.min(machine.quietFor(), invariants.quietFor(), cloud.quietFor()) < undisturbed)
      return schedule.after(minutes(1), endInTime);
    invariants.checkLeftOver();
    return giveUp(people, schedule);
  };
  schedule.after(minutes(3) + undisturbed, endInTime);
  await schedule.run(calm + longestEnd, isOver);
  invariants.check();
  // Their end is no death.
  const counts = invariants.counts();
  for (const host of hosts.values()) host.end();
  return { ...machine.counts, ...counts, 'minutes passed': Math.round(schedule.now / minutes(1)) };
}

/** Again and again: who was asked for something else meanwhile may have made a new one. */
function giveUp(people: People, schedule: Schedule): void {
  people.giveUp();
  schedule.after(minutes(1), () => giveUp(people, schedule));
}
