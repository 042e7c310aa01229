import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import type { DCCServer } from '../../../operator/api/objects.ts';
import { milliseconds, systemClock } from '../../../operator/clock.ts';
import type { HuaweiAccount } from '../../../operator/huaweicloud/account.ts';
import type { Transport } from '../../../operator/huaweicloud/transport.ts';
import { createCheckpoints } from '../../../operator/inventory/checkpoints.ts';
import { lookAt } from '../../../operator/inventory/look.ts';
import type { ServerObservation } from '../../../operator/inventory/observation.ts';
import { readProject } from '../../../operator/inventory/read-project.ts';
import { aServer } from '../../builders/dccserver.ts';
import { everyMinute } from '../../builders/polls.ts';
import { seeded } from '../../huaweicloud/seed.ts';
import { startHuaweiCloud } from '../../huaweicloud/server.ts';
import { mutations, oneOf } from '../huaweicloud/answer-mutations.ts';
import { full, fullWorld } from '../huaweicloud/full-world.ts';
import { type RecordedAnswers, recordAnswers, replay } from '../huaweicloud/recorded-answers.ts';
import { seededAccount } from '../huaweicloud/seeded-account.ts';

const [host01 = '', host02 = ''] = full.servers;
const { projectId } = seeded;
const mapped = (resourceId: string, hypervisorHostname: string): DCCServer =>
  aServer(resourceId, {
    spec: { resourceId, projectId, virtualMachines: { hypervisorHostnames: [hypervisorHostname] } },
  });

/** A server of each way to tell which machines are on it. None of them is empty. */
const servers: readonly DCCServer[] = [
  mapped(host01, 'nova001@101'),
  aServer('unmapped', { spec: { resourceId: host02, projectId } }),
  aServer('dedicated', { spec: { resourceId: full.dedicatedHost, projectId, hostType: 'DeH' } }),
];
const watched = { resourceIds: [...full.servers, full.dedicatedHost], hostIds: [full.dedicatedHost] };

/** The time of the cloud goes on between two looks. */
const withoutTime = ({ account }: ServerObservation) =>
  account.kind === 'Read' ? { ...account.value, cloudTime: undefined } : undefined;

async function lookAtAll(account: HuaweiAccount): Promise<readonly ServerObservation[]> {
  const surroundings = { clock: systemClock, polls: everyMinute(systemClock), checkpoints: createCheckpoints() };
  const project = await readProject(account, watched, surroundings, new AbortController().signal);
  return servers.map((server) => lookAt(server, project).observation);
}

const known = { projectId, domainId: seeded.domainId };
/** A failure is retried at once, and soon given up. */
const deadlines = { attempt: milliseconds(500), call: milliseconds(500) };
const replayed = (transport: Transport) => seededAccount('http://127.0.0.1:1', transport, { ...known, deadlines });

let answers: RecordedAnswers;
let truth: readonly ServerObservation[];
beforeAll(async () => {
  const cloud = await startHuaweiCloud({
    world: fullWorld(),
    settings: { throttle: { rate: 10_000, operations: {} } },
  });
  ({ result: truth, answers } = await recordAnswers((transport) =>
    lookAtAll(seededAccount(cloud.url, transport, known)),
  ));
  await cloud.stop();
}, 60_000);

const machinesOf = ({ dependents }: ServerObservation) =>
  dependents.kind === 'Read' ? dependents.value.machines.map(({ id }) => id) : undefined;

test('each of these servers carries machines, and everything can be read of it', () => {
  for (const { dependents, subscription, account } of truth) {
    expect([dependents.kind, subscription.kind, account.kind]).toEqual(['Read', 'Read', 'Read']);
  }
  expect(truth.map((observation) => machinesOf(observation)?.length ?? 0).every((count) => count > 2)).toBe(true);
});

test.each(Object.entries(mutations))(
  'an answer that is %s makes no server look emptier, nor its account better, than they are',
  async (_, mutation) => {
    const property = fc.asyncProperty(fc.gen(), async (g) => {
      const mutated = oneOf([...answers.keys()], g);
      const transport = replay(answers, mutated, (answer) => ({ ...answer, body: mutation(answer.body, g) }));
      const seen = await lookAtAll(replayed(transport));
      for (const [place, observation] of seen.entries()) {
        const expected = truth[place];
        const machines = machinesOf(observation);
        if (expected === undefined) throw new Error('a server came out of nowhere');
        if (machines !== undefined) expect(machines).toEqual(expect.arrayContaining(machinesOf(expected) ?? []));
        if (observation.subscription.kind === 'Read')
          expect(observation.subscription).toMatchObject({ value: { isPrimary: true } });
        if (observation.account.kind === 'Read') expect(withoutTime(observation)).toEqual(withoutTime(expected));
      }
    });
    await fc.assert(property, { numRuns: 60 });
  },
);
