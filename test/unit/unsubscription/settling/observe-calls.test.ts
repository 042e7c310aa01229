import { expect, test } from 'vitest';
import { seconds } from '../../../../operator/clock.ts';
import { createGoneCalls } from '../../../../operator/unsubscription/settling/gone-calls.ts';
import { evidenceOf } from '../../../../operator/unsubscription/settling/observe-calls.ts';
import { terms } from '../../../builders/terms.ts';
import { aPlacement, aRequest } from '../../../builders/unsubscriptionrequest.ts';

const failure = {
  source: 'A namespace',
  cause: 'Permission',
  message: 'It may not be read.',
  remedy: 'Grant it.',
} as const;
const noAccount = { kind: 'Unreadable', failure: { ...failure, source: 'The account' } } as const;

/** What is known of a call while a namespace may not be read, and nothing else hinders but that no account can be opened. */
const evidenceBeside = (state: 'Unknown' | 'Intended' | 'Accepted') =>
  evidenceOf(
    {
      servers: { cached: () => undefined, live: async () => undefined },
      accounts: { accountOf: async () => noAccount },
      cluster: {
        serversIn: async () => [],
        serversWith: async () => ({ kind: 'Unreadable', failure }),
        openElsewhere: () => undefined,
        claimedOrders: () => new Set(),
        otherCalls: () => ({ answered: new Set(), lost: [] }),
        unread: () => failure,
      },
      ...{ terms, clockBound: seconds(1), goneCalls: createGoneCalls() },
    },
    aRequest(),
    aPlacement({ state }),
    new AbortController().signal,
  );

test.each(['Unknown', 'Intended'] as const)(
  'a call that is %s is not settled while calls of a namespace are not known: its order may be theirs',
  async (state) => {
    expect(await evidenceBeside(state)).toEqual({ kind: 'Unreadable', failure });
  },
);

test('a call that was answered is followed all the same', async () => {
  expect(await evidenceBeside('Accepted')).toMatchObject({ failure: { source: 'DCCServer server-1' } });
});
