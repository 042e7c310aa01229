import { expect, test } from 'vitest';
import type { ReachableCloud } from '../cloud.ts';
import { system } from '../installation.ts';
import { rightsOf } from '../people.ts';
import { ofElection, ofObjects } from '../rights.ts';
import { approve, ask, describeProfile, name, preflights, team, untilBlocked } from './profile.ts';

export function describeObserveOnly(cloud: () => ReachableCloud): void {
  describeProfile({ profile: 'observe-only', cloud, replicas: 1, inShort: true }, () => {
    test('it has checked everything before it started, and may do what it may in any mode', async () => {
      expect(await preflights()).toEqual(['Completed']);
      expect(await rightsOf(name, system, team)).toEqual(ofObjects);
      expect(await rightsOf(name, system, system)).toEqual([...ofObjects, ...ofElection(name)].sort());
    });

    test('it reports what would be ordered, and orders nothing, although somebody approves it', async () => {
      const before = (await cloud().control.ledger()).accepted.length;
      await ask(cloud(), 'profile');
      await approve('profile');
      await untilBlocked('profile', 'ObserveOnly');
      expect((await cloud().control.ledger()).accepted).toHaveLength(before);
    });
  });
}
