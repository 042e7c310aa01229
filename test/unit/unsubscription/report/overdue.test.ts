import { describe, expect, test } from 'vitest';
import type { Condition } from '../../../../operator/api/conditions.ts';
import { blockersOf } from '../../../../operator/unsubscription/blockers/rules.ts';
import { happenings } from '../../../../operator/unsubscription/report/events.ts';
import { report } from '../../../../operator/unsubscription/report.ts';
import { decide } from '../../../../operator/unsubscription/steps.ts';
import { lookedAt, minutesLater } from '../../../builders/metadata.ts';
import { aMachine, dependents, read, unreadable } from '../../../builders/observation.ts';
import { aFoundServer, aSnapshot, withStatus } from '../../../builders/snapshot.ts';
import { terms } from '../../../builders/terms.ts';

const occupied = aFoundServer('server-1', {
  observation: { dependents: read(dependents({ machines: [aMachine('vm-1')] })) },
});
const unread = aFoundServer('server-1', { observation: { dependents: unreadable() } });
const empty = aFoundServer('server-1');
const asking: { spec: { drainTimeout?: string } } = { spec: { drainTimeout: '30m' } };

function statusAt(minute: number, { servers = [occupied], request = asking, before = {} } = {}) {
  const snapshot = withStatus(aSnapshot({ servers, request, takenAt: minutesLater(minute) }), before);
  const decision = decide(snapshot, terms);
  return report({ snapshot, request: snapshot.request, decision, blockers: blockersOf(snapshot) });
}

const overdue = ({ conditions = [] }: { conditions?: Condition[] | undefined }) =>
  conditions.filter(({ type }) => type === 'DrainOverdue').map(({ status, reason }) => `${status} ${reason}`);

describe('a drain time-out', () => {
  const first = statusAt(0);

  test('is told once it has passed, and not a minute sooner', () => {
    expect(first.drainingSince).toBe(lookedAt.toISOString());
    expect(overdue(statusAt(30, { before: first }))).toEqual([]);
    expect(overdue(statusAt(31, { before: first }))).toEqual(['True DrainTimeout']);
  });

  test('goes on while a source cannot be read, and begins anew only after nothing was left', () => {
    const dark = statusAt(10, { before: first, servers: [unread] });
    expect(dark.conditions?.find(({ type }) => type === 'DependentsDrained')?.status).toBe('Unknown');
    const back = statusAt(20, { before: dark });
    expect(overdue(statusAt(31, { before: back }))).toEqual(['True DrainTimeout']);
    expect(overdue(statusAt(31, { before: dark, servers: [unread] }))).toEqual(['True DrainTimeout']);
    const drained = statusAt(20, { before: first, servers: [empty] });
    expect(drained.drainingSince).toBeUndefined();
    expect(overdue(statusAt(31, { before: drained }))).toEqual([]);
  });

  test('goes on from the condition where the version before this one did not note when it began', () => {
    const { drainingSince: _, ...before } = first;
    expect(overdue(statusAt(31, { before }))).toEqual(['True DrainTimeout']);
  });

  test('is an event when it begins, and no second one', () => {
    const later = statusAt(31, { before: first });
    expect(happenings(first, later).map(({ reason }) => reason)).toContain('DrainOverdue');
    expect(happenings(later, statusAt(32, { before: later })).map(({ reason }) => reason)).not.toContain(
      'DrainOverdue',
    );
  });

  test('is over when the last machine is gone, and never makes the operator proceed before', () => {
    const later = statusAt(31, { before: first });
    expect(overdue(statusAt(32, { before: later, servers: [empty] }))).toEqual([]);
    expect(later.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'Blocked',
    });
  });

  test('is not told of who set none', () => {
    const without = statusAt(600, { request: { spec: {} }, before: first });
    expect(overdue(without)).toEqual([]);
    expect(without.drainingSince).toBeUndefined();
  });
});
