import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockingConditions, type Condition } from '../../../../operator/api/conditions.ts';
import type { UnsubscriptionRequestStatus } from '../../../../operator/api/unsubscriptionrequest.ts';
import { refundRates } from '../../../../operator/refund-rates.ts';
import { blockersOf } from '../../../../operator/unsubscription/blockers/rules.ts';
import { withEntry } from '../../../../operator/unsubscription/placement/journal.ts';
import { forcedHappening, happenings } from '../../../../operator/unsubscription/report/events.ts';
import { report } from '../../../../operator/unsubscription/report.ts';
import type { Snapshot } from '../../../../operator/unsubscription/snapshot.ts';
import { decide } from '../../../../operator/unsubscription/steps.ts';
import { arbitrarySnapshot } from '../../../builders/arbitrary.ts';
import { blockedCases } from '../../../builders/blocked.ts';
import { faultsIn } from '../../../builders/sentences.ts';
import { aFoundServer, aSnapshot } from '../../../builders/snapshot.ts';
import { terms } from '../../../builders/terms.ts';

/** What one pass writes. */
function reported(snapshot: Snapshot): UnsubscriptionRequestStatus {
  const { request } = snapshot;
  const decision = decide(snapshot, terms);
  const placements =
    decision.do === 'RecordPlacement'
      ? { placements: withEntry(request.status.placements ?? [], decision.placement) }
      : {};
  const after = { ...request, status: { ...request.status, ...placements } };
  return report({ snapshot, request: after, decision, blockers: blockersOf(snapshot) });
}

test.each(blockedCases)('the words for $reason of $condition are whole sentences: $changed', ({ snapshot }) => {
  for (const { message, remedy } of blockersOf(snapshot)) {
    expect(faultsIn(message)).toEqual([]);
    // A remedy may begin with what to do.
    expect(faultsIn(`So ${remedy}`)).toEqual([]);
  }
});

test('whatever the cloud, an error or a person says, blockers, conditions and events are whole sentences', () => {
  fc.assert(
    fc.property(arbitrarySnapshot, (snapshot) => {
      const status = reported(snapshot);
      const blockers = (status.blockers ?? []).flatMap(({ message, remedy }) => [message, `So ${remedy}`]);
      // A rule that holds needs no words.
      const isPlain = ({ type, status: value }: Condition) => type in blockingConditions && value === 'True';
      const conditions = (status.conditions ?? []).filter((one) => !isPlain(one)).map(({ message }) => message);
      const notes = happenings(snapshot.request.status, status).map(({ note }) => note);
      expect([...blockers, ...conditions, ...notes].flatMap(faultsIn)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('so is what is said of a bill that cannot be read', () => {
  const failure = { source: 'The bill', cause: 'Unavailable', message: 'answered 503 ..', remedy: 'Wait.' } as const;
  const snapshot = aSnapshot({
    servers: [aFoundServer('server-1', { paid: { kind: 'Unreadable', failure } })],
    refundRates: refundRates.parse('{"feePercent":{"1":[10]}}'),
    request: { spec: { refund: { minimum: '1', currency: 'CNY' } } },
  });
  expect(blockersOf(snapshot).flatMap(({ message }) => faultsIn(message))).toEqual([]);
});

test.each(['INC-42', 'INC-42.', ' INC-42 .. ', 'two  words'])(
  'so is what is told of a release by force for %j',
  (reason) => {
    expect(faultsIn(forcedHappening([], reason).note)).toEqual([]);
  },
);
