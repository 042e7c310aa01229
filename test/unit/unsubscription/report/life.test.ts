import { describe, expect, test } from 'vitest';
import { blockersOf } from '../../../../operator/unsubscription/blockers/rules.ts';
import { lifeConditions } from '../../../../operator/unsubscription/report/life.ts';
import type { Snapshot } from '../../../../operator/unsubscription/snapshot.ts';
import type { Decision } from '../../../../operator/unsubscription/steps.ts';
import { minutesLater } from '../../../builders/metadata.ts';
import { aMachine, dependents, read, unreadable } from '../../../builders/observation.ts';
import { aFoundServer, aSnapshot, type SnapshotChanges, withJournal } from '../../../builders/snapshot.ts';
import { anotherPlanId, aPlacement } from '../../../builders/unsubscriptionrequest.ts';

const life = (snapshot: Snapshot, decision: Decision) =>
  lifeConditions({ snapshot, request: snapshot.request, decision, blockers: blockersOf(snapshot) }).map(
    ({ type, status, reason }) => `${type} ${status} ${reason}`,
  );
const waiting = (reason: Extract<Decision, { do: 'Wait' }>['for'], stalled = false): Decision => ({
  do: 'Wait',
  for: reason,
  stalled,
  message: 'It waits.',
});

describe('the one word for a blocked request', () => {
  const hold = { annotations: { 'hold.dcc-operator.io/finance': '' } };
  const unapproved = { approvedPlan: undefined };
  const occupied = aFoundServer('server-1', {
    observation: { dependents: read(dependents({ machines: [aMachine('vm-1')] })) },
  });

  test.each<[word: string, changes: SnapshotChanges]>([
    ['AwaitingApproval', { request: { spec: unapproved } }],
    ['Held', { request: { metadata: hold } }],
    ['Suspended', { request: { spec: { suspend: true } } }],
    ['ObserveOnly', { mode: 'ObserveOnly' }],
    ['Halted', { halt: read({ configMap: 'ConfigMap dcc-system/halt', reason: undefined }) }],
    ['Blocked', { halt: unreadable() }],
    ['BudgetExceeded', { exceeded: { limit: 'open', most: 10 } }],
    ['NotBefore', { request: { spec: { notBefore: minutesLater(1).toISOString() } } }],
    ['DeadlinePassed', { request: { spec: { deadline: minutesLater(-1).toISOString() } } }],
    ['AwaitingApproval', { request: { spec: { ...unapproved, suspend: true }, metadata: hold } }],
    ['Blocked', { request: { spec: { approvedPlan: anotherPlanId } } }],
    ['Observing', { servers: [aFoundServer('server-1', { status: { claim: undefined } })] }],
    ['Blocked', { servers: [occupied] }],
    ['Blocked', { servers: [occupied], request: { spec: unapproved } }],
  ])('is %s', (word, changes) => {
    expect(life(aSnapshot(changes), waiting('Blocked'))).toEqual([`Ready False ${word}`, `Reconciling True ${word}`]);
  });
});

describe('the life of a request', () => {
  test.each<[decision: Decision, conditions: string[]]>([
    [waiting('OutcomeUnknown'), ['Ready False OutcomeUnknown', 'Reconciling True OutcomeUnknown']],
    [waiting('OutcomeUnknown', true), ['Ready False OutcomeUnknown', 'Stalled True OutcomeUnknown']],
    [waiting('OrderInProgress'), ['Ready False OrderInProgress', 'Reconciling True OrderInProgress']],
    [waiting('RetryLater'), ['Ready False RetryLater', 'Reconciling True RetryLater']],
    [{ do: 'HoldFinalizer' }, ['Ready False Ordering', 'Reconciling True Ordering']],
    [{ do: 'Finish', outcome: 'Complete' }, ['Ready True Complete', 'Complete True Complete']],
    [{ do: 'Finish', outcome: 'Failed' }, ['Ready False Failed', 'Stalled True Failed', 'Failed True Failed']],
    [
      { do: 'RecordPlacement', placement: aPlacement({ state: 'Accepted', orders: [{ orderId: 'CS1', state: 'x' }] }) },
      ['Ready False OrderInProgress', 'Reconciling True OrderInProgress'],
    ],
    [
      { do: 'RecordPlacement', placement: aPlacement({ state: 'NotPlaced', detail: 'Read back.' }) },
      ['Ready False RetryLater', 'Reconciling True RetryLater'],
    ],
  ])('after %o', (decision, conditions) => {
    expect(life(aSnapshot(), decision)).toEqual(conditions);
  });

  test('ends with what became of each order, the resources that were refused included', () => {
    const snapshot = withJournal(aSnapshot(), {
      state: 'Accepted',
      orders: [{ orderId: 'CS1', state: 'Completed' }],
      result: 'Completed',
      failed: [{ resourceId: 'disk-1', code: 'CBC.0100', message: 'No.' }],
    });
    const [ready] = lifeConditions({
      snapshot,
      request: snapshot.request,
      decision: { do: 'Finish', outcome: 'Failed' },
      blockers: [],
    });
    expect(ready?.message).toBe(
      'Call 1.1 for server-1: Completed (order CS1 is Completed; disk-1 was refused (CBC.0100)).',
    );
  });

  test('ends with words also when its calls had no effect and its servers are gone all the same', () => {
    const snapshot = withJournal(aSnapshot(), { state: 'NotSent' });
    const [ready] = lifeConditions({
      snapshot,
      request: snapshot.request,
      decision: { do: 'Finish', outcome: 'Complete' },
      blockers: [],
    });
    expect(ready?.message).toBe('Nothing was ordered: every server had been unsubscribed already.');
  });
});

describe('what came back of a request that has ended, beside the estimate of its calls', () => {
  const estimate = { refund: '100.00', atLeast: '90.00', currency: 'CNY' };
  const ended = (...refunds: (string | undefined)[]) => {
    const calls = refunds.map((refund, index) => ({
      ...({ id: `${index + 1}.1`, state: 'Accepted', result: 'Completed', estimate } as const),
      orders: [{ orderId: 'CS1', state: 'Completed', ...(refund === undefined ? {} : { refund, currency: 'CNY' }) }],
    }));
    const snapshot = withJournal(aSnapshot({}), ...calls);
    const decision = { do: 'Finish', outcome: 'Complete' } as const;
    const [ready] = lifeConditions({ snapshot, request: snapshot.request, decision, blockers: [] });
    return ready?.message;
  };

  test('is told of each call of which it is less', () => {
    expect(ended('95.00', '12.34')).toMatch(/^Call 2\.1 gave back 12\.34 CNY; 100\.00 were estimated\. Call 1\.1 for/);
  });

  test('is said to be unknown when the cloud does not tell', () => {
    expect(ended(undefined)).toMatch(
      /^Call 1\.1 has ended, and the cloud does not tell what came back in CNY; 100\.00 were estimated\. Call 1\.1 for/,
    );
  });

  test('is not told when it is enough', () => {
    expect(ended('95.00')).toMatch(/^Call 1\.1 for/);
  });
});

describe('what came back of a request that has ended, beside its guard', () => {
  const guarded = (...refunds: (string | undefined)[]) => endedAs('Complete', refunds);
  const endedAs = (outcome: 'Complete' | 'Failed', refunds: readonly (string | undefined)[]) => {
    const calls = refunds.map((refund, index) => ({
      ...({ id: `${index + 1}.1`, state: 'Accepted', result: 'Completed' } as const),
      orders: [
        { orderId: `CS${index + 1}`, state: 'Completed', ...(refund === undefined ? {} : { refund, currency: 'CNY' }) },
      ],
    }));
    const request = { spec: { refund: { minimum: '100.00', currency: 'CNY' } } };
    const refused = { id: '9.1', state: 'Rejected', code: 'CBC.0100' } as const;
    const snapshot = withJournal(aSnapshot({ request }), ...calls, ...(outcome === 'Failed' ? [refused] : []));
    const decision = { do: 'Finish', outcome } as const;
    const [ready] = lifeConditions({ snapshot, request: snapshot.request, decision, blockers: [] });
    return ready?.message;
  };

  test('is told when it is less, first of all', () => {
    expect(guarded('60.00', '39.99')).toMatch(
      /^99\.99 CNY came back, less than the 100\.00 CNY that spec\.refund demands\. Call 1\.1 for/,
    );
  });

  test('is said to be unknown when one order does not tell its refund', () => {
    expect(guarded('60.00', undefined)).toMatch(
      /^The cloud does not tell what came back in CNY: spec\.refund demands 100\.00\. Call 1\.1 for/,
    );
  });

  test('is told when an order of it failed, too', () => {
    expect(endedAs('Failed', ['60.00'])).toMatch(/^60\.00 CNY came back, less than the 100\.00 CNY/);
  });

  test('is not told when it is enough', () => {
    expect(guarded('60.00', '40.00')).toMatch(/^Call 1\.1 for/);
  });
});
