import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blockingConditions } from '../../../operator/api/conditions.ts';
import { fitUnsubscriptionRequestStatus } from '../../../operator/api/objects.ts';
import {
  type UnsubscriptionRequestStatus,
  unsubscriptionRequestStatusSchema,
} from '../../../operator/api/unsubscriptionrequest.ts';
import { refundRates } from '../../../operator/refund-rates.ts';
import { blockersOf } from '../../../operator/unsubscription/blockers/rules.ts';
import { withEntry } from '../../../operator/unsubscription/placement/journal.ts';
import { report } from '../../../operator/unsubscription/report.ts';
import type { Snapshot } from '../../../operator/unsubscription/snapshot.ts';
import { type Decision, decide } from '../../../operator/unsubscription/steps.ts';
import { arbitrarySnapshot } from '../../builders/arbitrary.ts';
import { blockedCases } from '../../builders/blocked.ts';
import { aDepartedMachine } from '../../builders/dccserver.ts';
import { lookedAt, minutesLater } from '../../builders/metadata.ts';
import { aMachine, anAccount, aSubscription, dependents, read } from '../../builders/observation.ts';
import { aFoundServer, aSnapshot, withJournal, withStatus } from '../../builders/snapshot.ts';
import { terms } from '../../builders/terms.ts';
import type { RequestChanges } from '../../builders/unsubscriptionrequest.ts';
import { kstatusFaults } from '../../kstatus.ts';

const decided = (snapshot: Snapshot) => decide(snapshot, terms);

/** The status as it is stored after one pass, which tools that know kstatus can read; the journal is as the decision leaves it. */
function reported(snapshot: Snapshot, decision: Decision = decided(snapshot)): UnsubscriptionRequestStatus {
  const { request } = snapshot;
  const placements =
    decision.do === 'RecordPlacement'
      ? { placements: withEntry(request.status.placements ?? [], decision.placement) }
      : {};
  const after = { ...request, status: { ...request.status, ...placements } };
  const blockers = blockersOf(snapshot);
  const status = fitUnsubscriptionRequestStatus(report({ snapshot, request: after, decision, blockers }));
  expect(kstatusFaults(status, request.metadata.generation, request.status)).toEqual([]);
  return status;
}

const conditionOf = (status: UnsubscriptionRequestStatus, type: string) =>
  status.conditions?.find((condition) => condition.type === type);

const named = (...names: string[]) => aSnapshot({ servers: names.map((name) => aFoundServer(name)) });
const occupied = (...machines: string[]) =>
  aFoundServer('server-1', {
    observation: { dependents: read(dependents({ machines: machines.map((name) => aMachine(name)) })) },
  });
const refused = { state: 'Rejected', code: 'CBC.99003185', detail: 'It is a portfolio.', mayRetry: false } as const;
const completed = {
  state: 'Accepted' as const,
  orders: [{ orderId: 'CS1', state: 'Completed' }],
  result: 'Completed' as const,
};

/** A year that begins in an hour and was paid with 900: all of it would come back. */
const aYear = { begin: minutesLater(60), end: minutesLater(60 * 24 * 366), paid: '900', currency: 'CNY' };
const blocked: Decision = { do: 'Wait', for: 'Blocked', stalled: false, message: 'Blocked.' };

describe('the status', () => {
  test('has every domain condition, True and with its good word, when nothing blocks', () => {
    const status = reported(aSnapshot());
    for (const [type, { met }] of Object.entries(blockingConditions)) {
      expect(conditionOf(status, type)).toMatchObject({ status: 'True', reason: met, message: '' });
    }
  });

  test.each(blockedCases)(
    'says on $condition what blocks when $changed',
    ({ snapshot, condition, reason, says, alongside }) => {
      const status = reported(snapshot, { do: 'Wait', for: 'Blocked', stalled: false, message: 'Blocked.' });
      const shown = conditionOf(status, condition);
      expect(shown?.status).not.toBe('True');
      expect(shown?.message).toContain(says);
      expect(status.blockers).toContainEqual(expect.objectContaining({ condition, reason }));
      const blocking = status.conditions?.filter((one) => one.type in blockingConditions && one.status !== 'True');
      expect(new Set(blocking?.map(({ type }) => type))).toEqual(new Set([condition, ...alongside]));
    },
  );

  test('carries the plan to approve, the servers and the count of blockers', () => {
    const status = reported(aSnapshot({ request: { spec: { approvedPlan: undefined } } }));
    expect(status).toMatchObject({
      observedGeneration: 1,
      plan: { id: expect.stringMatching(/^plan-/), orders: [{ servers: ['server-1'] }] },
      serverNames: 'server-1',
      blockerCount: 1,
    });
    expect(status.blockers?.[0]).toEqual({
      condition: 'Approved',
      reason: 'AwaitingApproval',
      server: '',
      message: `Nobody has approved ${status.plan?.id}.`,
      remedy: `Read status.plan.orders, then set spec.approvedPlan to ${status.plan?.id}.`,
      since: lookedAt.toISOString(),
    });
  });

  test('carries what the plan would give back, as an estimate, until the first intent', () => {
    const estimated = aSnapshot({
      refundRates: refundRates.parse('{"feePercent":{"1":[10]}}'),
      servers: [aFoundServer('server-1', { paid: read([aYear]) })],
    });
    expect(reported(estimated, blocked)).toMatchObject({
      plan: { estimate: { refund: '900.00', atLeast: '900.00', fee: '0.00', currency: 'CNY' } },
      refund: '~900.00 CNY',
    });
    expect(reported(aSnapshot(), blocked)).toMatchObject({
      plan: { estimate: { note: expect.stringMatching(/^No estimate/) } },
    });
    expect(reported(estimated, { do: 'Finish', outcome: 'Complete' })).not.toHaveProperty('refund');
    const begun = withJournal(estimated, { state: 'Intended' });
    expect(reported({ ...begun, refundRates: undefined }, blocked).plan).toEqual(begun.request.status.plan);
  });

  test('carries what is worth a look, and nothing when nothing is', () => {
    const open = aFoundServer('server-1', { observation: { autoPlacement: true } });
    expect(reported(aSnapshot({ servers: [open] }), blocked).warnings).toMatchObject([{ reason: 'AutoPlacementOn' }]);
    expect(reported(aSnapshot(), blocked)).not.toHaveProperty('warnings');
  });

  test('has no plan while there is none, and keeps the recorded one once a call is in the journal', () => {
    const blocked: Decision = { do: 'Wait', for: 'Blocked', stalled: false, message: 'Blocked.' };
    const unplanned = { ...aSnapshot(), servers: [{ kind: 'Missing' as const, name: 'server-1' }] };
    expect(reported(unplanned, blocked).plan).toBeUndefined();
    const begun = withJournal(aSnapshot(), { state: 'NotSent' });
    expect(reported({ ...begun, servers: unplanned.servers }, blocked).plan).toEqual(begun.request.status.plan);
  });

  test('counts the servers after the first', () => {
    expect(reported(named('a', 'b', 'c')).serverNames).toBe('a +2');
  });

  test('echoes the annotation that asked for another look', () => {
    const metadata = { annotations: { 'dcc-operator.io/reconcile': '2026-03-01T12:00:00Z' } };
    expect(reported(aSnapshot({ request: { metadata } })).lastHandledReconcileAt).toBe('2026-03-01T12:00:00Z');
  });

  test('adds the refunds up exactly, each currency by itself', () => {
    const order = (orderId: string, refund: string, currency: string) => ({
      orderId,
      state: 'Completed',
      refund,
      currency,
    });
    const snapshot = withJournal(
      named('a', 'b'),
      { ...completed, orders: [order('CS1', '5', 'EUR'), order('CS2', '0.1', 'CNY')] },
      {
        ...completed,
        id: '2.1',
        orders: [order('CS3', '0.2', 'CNY'), { orderId: 'CS4', state: 'Completed', currency: 'CNY' }],
      },
    );
    expect(reported(snapshot).refund).toBe('0.30 CNY, 5.00 EUR');
    expect(reported(withJournal(aSnapshot(), completed)).refund).toBeUndefined();
  });
});

describe('the message of a condition', () => {
  const drained = (snapshot: Snapshot) => conditionOf(reported(snapshot), 'DependentsDrained')?.message;

  test('names three machines, counts the others, and ends with a remedy', () => {
    expect(drained(aSnapshot({ servers: [occupied('e', 'd', 'c', 'b', 'a')] }))).toBe(
      'a (ECS) is on the server. b (ECS) is on the server. c (ECS) is on the server. +2 more. Delete a in ECS, or migrate it.',
    );
  });

  test('says the same thing once, however many servers it concerns', () => {
    const poor = { observation: { account: read({ ...inArrears }) } };
    const snapshot = aSnapshot({ servers: ['a', 'b', 'c', 'd'].map((name) => aFoundServer(name, poor)) });
    expect(conditionOf(reported(snapshot), 'AccountActive')?.message).toBe(
      'The account is in arrears, the usual cause of a frozen account. Top the account up in the Billing Center until the amount due is zero.',
    );
  });

  test('puts what is known before what is not', () => {
    const departed = [
      aDepartedMachine('a', { fate: 'Unknown', backup: undefined }),
      aDepartedMachine('b', { backup: undefined }),
    ];
    const status = reported(aSnapshot({ servers: [aFoundServer('server-1', { status: { departed } })] }));
    expect(conditionOf(status, 'DataProtected')).toMatchObject({
      status: 'False',
      reason: 'BackupMissing',
      message: expect.stringMatching(
        /^b was deleted without a backup[.] Blockers of other reasons: 1[.] Its data may /,
      ),
    });
  });

  test('speaks of the first reason, and counts the blockers of others', () => {
    const binned = { machines: [aMachine('z', { status: 'InRecycleBin' }), aMachine('a')] };
    const snapshot = aSnapshot({
      servers: [aFoundServer('server-1', { observation: { dependents: read(dependents(binned)) } })],
    });
    expect(drained(snapshot)).toBe(
      'a (ECS) is on the server. Blockers of other reasons: 1. Delete a in ECS, or migrate it.',
    );
  });
});

describe('a blocker', () => {
  const blocked = (takenAt: Date, ...machines: string[]) => aSnapshot({ takenAt, servers: [occupied(...machines)] });
  const sinceOf = (status: UnsubscriptionRequestStatus) => status.blockers?.map(({ since }) => since);

  test('keeps the time since when it stands, also when others come and go', () => {
    const first = reported(blocked(lookedAt, 'vm-1'));
    const second = reported(withStatus(blocked(minutesLater(5), 'vm-0', 'vm-1'), first));
    expect(sinceOf(second)).toEqual([minutesLater(5).toISOString(), lookedAt.toISOString()]);
  });

  test('of which the status holds only the beginning keeps its time too', () => {
    const unreadable = { kind: 'Unreadable' as const, name: 's'.repeat(253), problem: 'x'.repeat(1_000) };
    const first = reported(aSnapshot({ servers: [unreadable] }));
    const second = reported(withStatus(aSnapshot({ servers: [unreadable], takenAt: minutesLater(5) }), first));
    expect(second.blockers).toEqual(first.blockers);
  });

  test('beyond the two hundredth is counted but not listed', () => {
    const machines = Array.from({ length: 250 }, (_, index) => `vm-${index}`);
    const status = reported(blocked(lookedAt, ...machines));
    expect(status.blockers).toHaveLength(200);
    expect(status.blockerCount).toBe(250);
  });
});

describe('when a request ends', () => {
  test('no blocker is left', () => {
    const gone = aFoundServer('server-1', { observation: { subscription: read(aSubscription({ status: 'Closed' })) } });
    const status = reported(aSnapshot({ servers: [gone] }));
    expect(status).toMatchObject({ blockers: [], blockerCount: 0 });
    expect(conditionOf(status, 'Complete')?.message).toBe(
      'Nothing was ordered: every server had been unsubscribed already.',
    );
  });

  test('its conditions still say what is the case, not that all is well', () => {
    const gone = aFoundServer('server-1', { observation: { subscription: read(aSubscription({ status: 'Closed' })) } });
    const snapshot = aSnapshot({ servers: [gone], request: { spec: { approvedPlan: undefined } } });
    const status = reported(snapshot);
    expect(conditionOf(status, 'ServersActive')).toMatchObject({ status: 'False', reason: 'AlreadyUnsubscribed' });
    expect(conditionOf(status, 'Approved')).toMatchObject({ status: 'False', reason: 'AwaitingApproval' });
  });

  test('as failed, the message tells which order failed, not which was last', () => {
    const request: RequestChanges = { spec: { onFailure: 'Continue' } };
    const snapshot = withJournal(
      aSnapshot({ servers: [aFoundServer('a'), aFoundServer('b')], request }),
      { ...refused, servers: ['a'] },
      { ...completed, id: '2.1', servers: ['b'] },
    );
    expect(conditionOf(reported(snapshot), 'Failed')?.message).toBe('Call 1.1 for a: Rejected. It is a portfolio.');
  });

  test('as complete, the message tells of the first orders and counts the others', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const entries = names.map((name, index) => ({ ...completed, id: `${index + 1}.1`, servers: [name] }));
    const message = conditionOf(reported(withJournal(named(...names), ...entries)), 'Complete')?.message;
    expect(message).toMatch(/^Call 1[.]1 for a: Completed \(order CS1 is Completed\)[.] .*for c: .* \+2 more[.]$/);
  });

  test.each(['Complete', 'Failed'] as const)('as %s, it stays so and in the same words', (type) => {
    const condition = { type, status: 'True', reason: type, message: 'As it was.', observedGeneration: 1 } as const;
    const conditions = [{ ...condition, lastTransitionTime: lookedAt.toISOString() }];
    const snapshot = withStatus(aSnapshot({ takenAt: minutesLater(60), mode: 'ObserveOnly' }), { conditions });
    const status = reported(snapshot, { do: 'Wait', for: 'Blocked', stalled: false, message: 'Blocked.' });
    expect(conditionOf(status, type)).toEqual(conditions[0]);
    expect(conditionOf(status, 'Ready')?.reason).toBe(type);
  });
});

describe('when one server of two was ordered', () => {
  test('the rules still speak of the other', () => {
    const begun = withJournal(named('a', 'b'), {
      state: 'Accepted',
      orders: [{ orderId: 'CS1', state: 'Processing' }],
    });
    const frozen = { observation: { subscription: read(aSubscription({ status: 'Frozen' })) } };
    const status = reported({ ...begun, servers: [{ kind: 'Ordered', name: 'a' }, aFoundServer('b', frozen)] });
    expect(conditionOf(status, 'ServersActive')).toMatchObject({ status: 'False', reason: 'ServerFrozen' });
  });
});

describe('when every server was ordered', () => {
  const begun = withJournal(aSnapshot(), { state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Processing' }] });
  const ordered: Snapshot['servers'] = [{ kind: 'Ordered', name: 'server-1' }];

  test('the rules keep their last words: they look at nothing any more', () => {
    const before = reported(begun);
    const later = withStatus({ ...begun, takenAt: minutesLater(5) }, before);
    const after = reported({ ...later, mode: 'ObserveOnly', servers: ordered });
    expect(after.conditions).toEqual(before.conditions);
  });

  test('every rule has held, also when the process died before it could say so', () => {
    const unapproved = reported(aSnapshot({ request: { spec: { approvedPlan: undefined } } }));
    expect(conditionOf(unapproved, 'Approved')?.status).toBe('False');
    const { conditions = [] } = unapproved;
    const after = reported({ ...withStatus(begun, { conditions }), servers: ordered });
    for (const [type, { met }] of Object.entries(blockingConditions)) {
      expect(conditionOf(after, type)).toMatchObject({ status: 'True', reason: met });
    }
  });

  test('the rules go on for a server that went missing before it was ordered', () => {
    const rejected = withJournal(aSnapshot(), { state: 'NotSent' });
    const before = withStatus(rejected, reported(rejected));
    const after = reported({ ...before, servers: [{ kind: 'Missing', name: 'server-1' }] });
    expect(conditionOf(after, 'ServersResolved')).toMatchObject({ status: 'False', reason: 'ServerNotFound' });
  });
});

describe('whatever the case', () => {
  const inEveryCase = (check: (snapshot: Snapshot, status: UnsubscriptionRequestStatus) => void) =>
    fc.assert(fc.property(arbitrarySnapshot, (snapshot) => check(snapshot, reported(snapshot))));

  test('tools that know kstatus can read the status', () => {
    inEveryCase((snapshot, status) => {
      const { metadata, status: before } = snapshot.request;
      expect(kstatusFaults(status, metadata.generation, before)).toEqual([]);
    });
  });

  test('the API server takes the status', () => {
    inEveryCase((_, status) => {
      expect(unsubscriptionRequestStatusSchema.safeParse(status).error?.issues ?? []).toEqual([]);
    });
  });

  test('the same pass a minute later writes the same status', () => {
    inEveryCase((snapshot, status) => {
      const decision = decided(snapshot);
      // What was recorded changes what the rules see: the next pass is another one.
      if (decision.do === 'RecordPlacement') return;
      const again = withStatus({ ...snapshot, takenAt: new Date(snapshot.takenAt.getTime() + 60_000) }, status);
      expect(reported(again, decision)).toEqual(status);
    });
  });

  test('the status neither loses nor changes a call of the journal', () => {
    inEveryCase((snapshot, status) => {
      const decision = decided(snapshot);
      const changed = decision.do === 'RecordPlacement' ? decision.placement.id : '';
      const before = snapshot.request.status.placements?.filter(({ id }) => id !== changed) ?? [];
      expect(status.placements ?? []).toEqual(expect.arrayContaining(before));
    });
  });

  test('a request with a blocker is not Ready, and a condition is True exactly when no blocker names it', () => {
    inEveryCase((snapshot, status) => {
      fc.pre(decided(snapshot).do === 'Wait');
      const blocking = new Set(blockersOf(snapshot).map(({ condition }) => condition));
      fc.pre(snapshot.servers.some(({ kind }) => kind === 'Found'));
      expect(conditionOf(status, 'Ready')?.status).toBe('False');
      for (const type of Object.keys(blockingConditions)) {
        expect([type, conditionOf(status, type)?.status === 'True']).toEqual([
          type,
          ![...blocking].some((one) => one === type),
        ]);
      }
    });
  });
});

describe('the API server takes the status also of', () => {
  const long = (length: number, end = '') => 'n'.repeat(length - end.length) + end;

  test.each<[what: string, snapshot: Snapshot]>([
    [
      'fifty servers with names as long as they may be',
      aSnapshot({
        servers: fifty((index) => aFoundServer(long(253, `${index}`), { spec: { resourceId: `r-${index}` } })),
      }),
    ],
    [
      'a portfolio of fifty servers, which is too large to be ordered',
      aSnapshot({ servers: fifty((index) => aFoundServer(`s-${index}`, { spec: { portfolio: 'suite' } })) }),
    ],
    [
      'a server with five hundred machines of long names',
      aSnapshot({ servers: [occupied(...Array.from({ length: 500 }, (_, index) => long(255, `${index}`)))] }),
    ],
    [
      'a server that cannot be understood',
      aSnapshot({ servers: [{ kind: 'Unreadable', name: long(253), problem: long(1_000) }] }),
    ],
  ])('%s', (_, snapshot) => {
    expect(unsubscriptionRequestStatusSchema.safeParse(reported(snapshot)).error?.issues ?? []).toEqual([]);
  });

  function fifty<Entry>(make: (index: number) => Entry): Entry[] {
    return Array.from({ length: 50 }, (_, index) => make(index));
  }
});

const inArrears = anAccount({ debt: '10', inArrears: true });
