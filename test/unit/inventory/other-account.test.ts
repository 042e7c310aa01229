import { expect, test } from 'vitest';
import { systemClock } from '../../../operator/clock.ts';
import { createCheckpoints } from '../../../operator/inventory/checkpoints.ts';
import { readProject } from '../../../operator/inventory/read-project.ts';
import { anAccount } from '../../builders/account.ts';
import { everyMinute } from '../../builders/polls.ts';
import { aWorld, seeded } from '../../huaweicloud/seed.ts';

test('nothing is read with a key of another account than the calls are made for: there every resource is absent', async () => {
  const { account } = await anAccount(aWorld());
  const surroundings = { clock: systemClock, polls: everyMinute(systemClock), checkpoints: createCheckpoints() };
  const read = (of: typeof account) =>
    readProject(of, { resourceIds: ['r'], hostIds: [] }, surroundings, AbortSignal.timeout(10_000));
  expect(await read(account)).toMatchObject({ account: { kind: 'Read' }, subscriptions: { kind: 'Read' } });
  const refused = (owner: string, madeFor: string) => {
    const failure = {
      ...{ source: 'The account', cause: 'Credentials' },
      message: `the key is of ${owner}, and calls are made for ${madeFor}.`,
      remedy: expect.stringContaining(`Give it a key of the account ${madeFor}`),
    };
    const unreadable = { kind: 'Unreadable', failure };
    return { account: unreadable, subscriptions: unreadable };
  };
  const { domainId } = seeded;
  expect(await read({ ...account, domainId: async () => 'another' })).toMatchObject(refused(domainId, 'another'));
  // Exchanged while the sources were read.
  expect(await read({ ...account, keyOwner: async () => 'another' })).toMatchObject(refused('another', domainId));
});
