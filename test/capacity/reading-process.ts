/**
 * Reads the project of a fleet some times, as the operator does for a poll, and tells its parent what that took. The cloud is a
 * process of its own, so that neither memory nor processor time of the two mix.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { milliseconds, seconds, systemClock } from '../../operator/clock.ts';
import { openAccount } from '../../operator/huaweicloud/account.ts';
import { staticCredentials } from '../../operator/huaweicloud/credentials.ts';
import { services } from '../../operator/huaweicloud/endpoints.ts';
import { createTrafficControl } from '../../operator/huaweicloud/traffic.ts';
import { openTransport } from '../../operator/huaweicloud/transport.ts';
import { createCheckpoints } from '../../operator/inventory/checkpoints.ts';
import type { ProjectInventory } from '../../operator/inventory/project.ts';
import { readProject } from '../../operator/inventory/read-project.ts';
import { everyMinute } from '../builders/polls.ts';
import { startHuaweiCloud } from '../huaweicloud/server.ts';
import { total } from './counters.ts';
import { accountsOf, type Fleet, fleetSchema, region, serversOf, worldOf } from './fleet.ts';
import type { ReadingFigures } from './reading-figures.ts';

const taskSchema = z.object({ fleet: fleetSchema, latency: z.number(), readings: z.number() });
type Task = z.infer<typeof taskSchema>;
const countsSchema = z.object({ calls: z.number(), bytes: z.number() });

const [role, text = ''] = process.argv.slice(2);
const task = taskSchema.parse(JSON.parse(text));
if (role === 'cloud') await serve(task);
else process.send?.(await measure(task), () => process.exit(0));

/** Serves the fleet's cloud; answers each message with what it counted so far. */
async function serve({ fleet, latency }: Task): Promise<void> {
  let bytes = 0;
  const cloud = await startHuaweiCloud({
    ...{ world: worldOf(fleet, systemClock.now()), moreAddresses: services.length - 1 },
    onAnswer: (answer) => {
      bytes += answer.bytes;
    },
  });
  if (latency > 0) cloud.faults.add({ operation: '*', skip: 0, effect: { kind: 'delay', milliseconds: latency } });
  const calls = () => Object.values(cloud.counts).reduce((sum, endings) => sum + total(endings), 0);
  process.on('message', () => process.send?.({ calls: calls(), bytes }));
  process.on('disconnect', () => process.exit(0));
  process.send?.(cloud.urls);
}

async function measure(task: Task): Promise<ReadingFigures> {
  const { fleet, readings } = task;
  const cloud = fork(import.meta.filename, ['cloud', JSON.stringify(task)]);
  const urls = z.array(z.string()).parse(await messageOf(cloud));
  const account = openFleet(fleet, urls);
  const resourceIds = serversOf(fleet).map(({ resourceId }) => resourceId);
  const watched = { resourceIds, hostIds: fleet.hostType === 'DeH' ? resourceIds : [] };
  const surroundings = { clock: systemClock, polls: everyMinute(systemClock), checkpoints: createCheckpoints() };
  const took: number[] = [];
  const cpu: number[] = [];
  let before = { calls: 0, bytes: 0 };
  let project: ProjectInventory | undefined;
  for (let reading = 0; reading < readings; reading += 1) {
    // The first one also asks for what does not change.
    if (reading === 1) before = await countsOf(cloud);
    const [from, used] = [systemClock.elapsed(), process.cpuUsage()];
    project = await readProject(account, watched, surroundings, new AbortController().signal);
    took.push((systemClock.elapsed() - from) / 1_000);
    const { user, system } = process.cpuUsage(used);
    cpu.push((user + system) / 1e6);
    if (project.machines.kind === 'Unreadable') throw new Error(project.machines.failure.message);
    await systemClock.sleep(seconds(2));
  }
  const after = await countsOf(cloud);
  cloud.disconnect();
  const later = Math.max(1, readings - 1);
  return {
    ...{ fleet, took, cpu },
    calls: (after.calls - before.calls) / later,
    bytes: (after.bytes - before.bytes) / later,
    peak: process.resourceUsage().maxRSS / 1_024,
  };
}

function openFleet(fleet: Fleet, urls: readonly string[]) {
  const [own] = accountsOf(fleet);
  if (own === undefined) throw new Error('a fleet without an account');
  const key = { HUAWEICLOUD_SDK_AK: own.accessKey, HUAWEICLOUD_SDK_SK: own.secretKey };
  return openAccount({
    ...{ region, site: 'china', projectId: own.projectId, domainId: own.domainId },
    credentials: staticCredentials(key).provider,
    endpoints: Object.fromEntries(services.map((service, index) => [service, urls[index]])),
    transport: openTransport(),
    traffic: createTrafficControl(systemClock).of(own.accessKey),
    deadlines: { attempt: seconds(60), call: milliseconds(seconds(120)) },
  });
}

async function countsOf(cloud: ChildProcess) {
  cloud.send('counts');
  return countsSchema.parse(await messageOf(cloud));
}

async function messageOf(child: ChildProcess): Promise<unknown> {
  const [message]: unknown[] = await once(child, 'message');
  return message;
}
