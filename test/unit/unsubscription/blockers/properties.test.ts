import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockersOf } from '../../../../operator/unsubscription/blockers/rules.ts';
import type { ServerObservation, Snapshot } from '../../../../operator/unsubscription/snapshot.ts';
import { arbitrarySnapshot, unreadableReading } from '../../../builders/arbitrary.ts';
import { aFoundServer, aSnapshot } from '../../../builders/snapshot.ts';

const source = fc.constantFrom<Exclude<keyof ServerObservation, 'observedAt'>[]>(
  'account',
  'subscription',
  'dependents',
  'departed',
);

test('one unreadable source of one server blocks an otherwise perfect request', () => {
  fc.assert(
    fc.property(source, unreadableReading, fc.nat({ max: 2 }), (name, reading, at) => {
      const servers = [0, 1, 2].map((index) =>
        aFoundServer(`server-${index}`, index === at ? { observation: { [name]: reading } } : {}),
      );
      const blockers = blockersOf(aSnapshot({ servers }));
      expect(blockers.map(({ server, status }) => ({ server, status }))).toContainEqual({
        server: `server-${at}`,
        status: 'Unknown',
      });
    }),
  );
});

test('whenever a source that the scope asks for is unreadable, something blocks', () => {
  fc.assert(
    fc.property(arbitrarySnapshot, (snapshot) => {
      fc.pre(snapshot.servers.some((entry) => entry.kind === 'Found' && hasUnreadable(entry.observation, snapshot)));
      expect(blockersOf(snapshot)).not.toEqual([]);
    }),
  );
});

function hasUnreadable({ account, subscription, dependents }: ServerObservation, { request }: Snapshot): boolean {
  const asked = request.spec.scope === 'RenewalsOnly' ? [account, subscription] : [account, subscription, dependents];
  return asked.some(({ kind }) => kind === 'Unreadable');
}

test('a server that is missing or cannot be understood always blocks', () => {
  fc.assert(
    fc.property(arbitrarySnapshot, (snapshot) => {
      fc.pre(snapshot.servers.some(({ kind }) => ['Missing', 'NotSelected', 'Unreadable'].includes(kind)));
      expect(blockersOf(snapshot).map(({ condition }) => condition)).toContain('ServersResolved');
    }),
  );
});

test('the order in which the cloud lists things changes nothing', () => {
  fc.assert(
    fc.property(arbitrarySnapshot, (snapshot) => {
      expect(blockersOf(reversed(snapshot))).toEqual(blockersOf(snapshot));
    }),
  );
});

/** The same facts, every list of the cloud turned round. */
function reversed(snapshot: Snapshot): Snapshot {
  const servers = snapshot.servers.map((entry) => {
    if (entry.kind !== 'Found') return entry;
    const { account, subscription } = entry.observation;
    const observation = {
      ...entry.observation,
      account:
        account.kind === 'Unreadable'
          ? account
          : { ...account, value: { ...account.value, openOrders: account.value.openOrders.toReversed() } },
      subscription:
        subscription.kind === 'Unreadable'
          ? subscription
          : {
              ...subscription,
              value: { ...subscription.value, secondaries: subscription.value.secondaries.toReversed() },
            },
    };
    return { ...entry, observation };
  });
  return { ...snapshot, servers };
}
