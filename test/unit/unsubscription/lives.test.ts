import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFinished } from '../../../operator/api/objects.ts';
import { isOpen } from '../../../operator/api/unsubscriptionrequest.ts';
import { minutes, seconds } from '../../../operator/clock.ts';
import { aMachine, dependents, read, unreadable } from '../../builders/observation.ts';
import { terms } from '../../builders/terms.ts';
import { createLife, type Fate, type Life } from './simulated-life.ts';

const conditionOf = ({ request }: Life, type: string) =>
  request.status.conditions?.find((condition) => condition.type === type);

/** Passes until the request rests or a deadline is over, a minute between the passes that only wait. */
function livesOn(life: Life, deadline = minutes(24 * 60)): Life {
  const end = life.now + deadline;
  while (life.now < end) {
    const { do: done } = life.pass();
    if (done === 'Rest') return life;
    if (done === 'Wait') life.wait(minutes(1));
  }
  return life;
}

/** A life in which the plan was approved from its first pass on. */
function approved(...names: string[]): Life {
  const life = createLife(names);
  life.pass();
  life.approve();
  return life;
}

describe('a request', () => {
  test('goes from blocked over approved to complete, with one order and one finalizer that comes and goes', () => {
    const life = createLife(['server-1']);
    life.observations.set('server-1', { dependents: read(dependents({ machines: [aMachine('vm-1')] })) });
    expect(life.pass()).toMatchObject({
      for: 'Blocked',
      message: expect.stringContaining('vm-1 (ECS) is on the server.'),
    });
    expect(life.request.status.blockers?.map(({ reason }) => reason)).toEqual([
      'VirtualMachinesRemain',
      'AwaitingApproval',
    ]);

    life.observations.clear();
    expect(life.pass()).toMatchObject({ for: 'Blocked', message: expect.stringContaining('Nobody has approved') });
    expect(life.request.metadata.finalizers).toBeUndefined();

    life.approve();
    expect(life.pass()).toEqual({ do: 'HoldFinalizer' });
    expect(life.pass()).toMatchObject({ do: 'Place', number: 1, attempt: 1 });
    expect(conditionOf(life, 'Placed')).toMatchObject({ status: 'True', reason: 'OrderInProgress' });
    expect(life.pass()).toMatchObject({ do: 'Wait', for: 'OrderInProgress', message: 'Order CS1 is Processing.' });

    life.wait(minutes(3));
    expect(life.pass()).toMatchObject({ do: 'RecordPlacement', placement: { result: 'Completed' } });
    expect(life.pass()).toEqual({ do: 'Finish', outcome: 'Complete' });
    expect(life.request.status).toMatchObject({ refund: '120.50 CNY', blockers: [], blockerCount: 0 });
    expect(life.pass()).toEqual({ do: 'ReleaseFinalizer' });
    expect(life.pass()).toEqual({ do: 'Rest' });
    expect(life.states).toEqual(['Blocked', 'AwaitingApproval', 'Ordering', 'OrderInProgress', 'Complete']);
    expect(life.ledger).toHaveLength(1);
    expect(life.faults).toEqual([]);
  });

  test('for three servers is placed order by order, each after the one before it has ended', () => {
    const life = livesOn(approved('a', 'b', 'c'));
    expect(life.ledger.map(({ resourceIds }) => resourceIds)).toEqual([
      ['resource-of-a'],
      ['resource-of-b'],
      ['resource-of-c'],
    ]);
    for (const [index, order] of life.ledger.entries()) {
      expect(order.effectiveAt).toBeGreaterThanOrEqual(life.ledger[index - 1]?.completesAt ?? 0);
    }
    expect(conditionOf(life, 'Complete')?.status).toBe('True');
    expect(life.request.status.refund).toBe('361.50 CNY');
    expect(life.faults).toEqual([]);
  });

  test('keeps the transition times of what does not change', () => {
    const life = createLife(['server-1']);
    life.pass();
    const before = life.request.status;
    life.wait(minutes(30));
    life.pass();
    expect(life.request.status).toEqual(before);
  });
});

describe('a call whose answer is lost', () => {
  test.each<[what: string, fate: Fate]>([
    ['the connection broke after it', { heard: 'Unknown', effectAfter: minutes(0) }],
    ['the process died after it', { heard: 'Nothing', effectAfter: minutes(0) }],
    ['its order showed only eighteen minutes later', { heard: 'Unknown', effectAfter: minutes(18) }],
  ])('is found to be accepted when %s', (_, fate) => {
    const life = approved('server-1');
    life.fates.push(fate);
    livesOn(life);
    expect(life.ledger).toHaveLength(1);
    expect(conditionOf(life, 'Complete')?.message).toBe(
      'Call 1.1 for server-1: Completed (order CS1 is Completed). The outcome was not known; read back as order CS1.',
    );
    expect(life.faults).toEqual([]);
  });

  test.each<[what: string, fate: Fate]>([
    ['the connection broke before it', { heard: 'Unknown', effectAfter: 'Never' }],
    ['the process died before it', { heard: 'Nothing', effectAfter: 'Never' }],
  ])('is made again when %s, not before the signature is dead', (_, fate) => {
    const life = approved('server-1');
    const signed = life.now;
    life.fates.push(fate);
    livesOn(life);
    expect(life.request.status.placements?.map(({ id, state }) => [id, state])).toEqual([
      ['1.1', 'NotPlaced'],
      ['1.2', 'Accepted'],
    ]);
    expect(life.ledger[0]?.effectiveAt).toBeGreaterThanOrEqual(signed + terms.settleWindow);
    expect(conditionOf(life, 'Complete')?.status).toBe('True');
    expect(life.faults).toEqual([]);
  });

  test('is not made again while the billing centre cannot be read, however long', () => {
    const life = approved('server-1');
    life.fates.push({ heard: 'Unknown', effectAfter: 'Never' });
    life.evidenceReadable = false;
    livesOn(life, minutes(600));
    expect(life.request.status.placements).toHaveLength(1);
    expect(conditionOf(life, 'Ready')).toMatchObject({ reason: 'OutcomeUnknown' });
    expect(conditionOf(life, 'Placed')).toMatchObject({ status: 'Unknown', reason: 'OutcomeUnknown' });
  });

  test('keeps a deleted request until it is settled', () => {
    const life = approved('server-1');
    life.fates.push({ heard: 'Unknown', effectAfter: minutes(5) });
    while (life.pass().do !== 'Place');
    life.delete();
    livesOn(life, minutes(4));
    expect(life.request.metadata.finalizers).toHaveLength(1);
    livesOn(life);
    expect(life.request.metadata.finalizers).toEqual([]);
    expect(life.request.status.placements).toMatchObject([{ state: 'Accepted', result: 'Completed' }]);
  });
});

describe('a refusal', () => {
  test('for good ends the request as failed, and no other server is ordered', () => {
    const life = approved('a', 'b');
    life.fates.push({ heard: 'Rejected', mayRetry: false });
    livesOn(life);
    expect(life.ledger).toEqual([]);
    expect(conditionOf(life, 'Failed')?.message).toBe('Call 1.1 for a: Rejected. It was refused.');
    expect(life.states.at(-1)).toBe('Failed');
    expect(life.faults).toEqual([]);
  });

  test('for now is tried again, and in the end there is one order', () => {
    const life = approved('server-1');
    life.fates.push({ heard: 'Rejected', mayRetry: true }, { heard: 'NotSent' }, { heard: 'NotSent' });
    livesOn(life);
    expect(life.request.status.placements?.map(({ state }) => state)).toEqual([
      'Rejected',
      'NotSent',
      'NotSent',
      'Accepted',
    ]);
    expect(life.ledger).toHaveLength(1);
    expect(life.states).toContain('RetryLater');
    expect(life.faults).toEqual([]);
  });

  test('ten times over fails the request', () => {
    const life = approved('server-1');
    life.fates.push(...Array.from({ length: 20 }, (): Fate => ({ heard: 'NotSent' })));
    livesOn(life);
    expect(life.request.status.placements).toHaveLength(10);
    expect(conditionOf(life, 'Failed')?.status).toBe('True');
  });
});

describe('whatever people and the cloud do', () => {
  const lateEffect = fc.oneof(fc.constant('Never' as const), fc.integer({ min: 0, max: 18 }).map(minutes));
  const fate: fc.Arbitrary<Fate> = fc.oneof(
    fc.constant<Fate>({ heard: 'Accepted' }),
    fc.boolean().map((mayRetry): Fate => ({ heard: 'Rejected', mayRetry })),
    fc.constant<Fate>({ heard: 'NotSent' }),
    fc.record({ heard: fc.constantFrom('Unknown', 'Nothing'), effectAfter: lateEffect }).map((lost): Fate => lost),
  );
  const happening = fc.constantFrom<(life: Life) => void>(
    (life) => life.observations.set('a', { dependents: read(dependents({ machines: [aMachine('vm-1')] })) }),
    (life) => life.observations.set('b', { account: unreadable('Credentials') }),
    (life) => life.observations.clear(),
    (life) => life.approve(),
    (life) => life.wait(minutes(21)),
    (life) => life.wait(minutes(4)),
    (life) => life.wait(seconds(10)),
    (life) => {
      life.mode = life.mode === 'Place' ? 'ObserveOnly' : 'Place';
    },
    (life) => {
      life.evidenceReadable = !life.evidenceReadable;
    },
    (life) => {
      const { spec } = life.request;
      life.request = { ...life.request, spec: { ...spec, suspend: !spec.suspend } };
    },
  );
  const events = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant((life: Life) => void life.pass()) },
      { weight: 2, arbitrary: happening },
    ),
    { maxLength: 60, size: 'max' },
  );
  const start = fc.record({ fates: fc.array(fate, { maxLength: 6 }), onFailure: fc.constantFrom('Stop', 'Continue') });

  function live(
    { fates, onFailure }: { fates: Fate[]; onFailure: 'Stop' | 'Continue' },
    happenings: ((life: Life) => void)[],
  ): Life {
    const life = approved('a', 'b');
    life.request = { ...life.request, spec: { ...life.request.spec, onFailure } };
    life.fates.push(...fates);
    for (const happen of happenings) happen(life);
    return life;
  }

  test('no resource is ordered twice, no call is lost, and every status can be read by tools', () => {
    let ordered = 0;
    fc.assert(
      fc.property(start, events, (settings, happenings) => {
        const life = live(settings, happenings);
        const taken = life.ledger.flatMap(({ resourceIds }) => resourceIds);
        ordered += taken.length;
        expect(new Set(taken).size).toBe(taken.length);
        expect(life.faults).toEqual([]);
      }),
      { numRuns: 200 },
    );
    expect(ordered).toBeGreaterThan(0);
  });

  test('when the world is at peace again the request comes to its end, and each order is accounted for', () => {
    fc.assert(
      fc.property(start, events, (settings, happenings) => {
        const life = live(settings, happenings);
        life.observations.clear();
        life.evidenceReadable = true;
        life.mode = 'Place';
        life.request = { ...life.request, spec: { ...life.request.spec, suspend: false } };
        livesOn(life);
        const { placements = [] } = life.request.status;
        expect(isFinished(life.request)).toBe(true);
        expect(placements.filter(isOpen)).toEqual([]);
        expect(placements.flatMap(({ orders = [] }) => orders.map(({ orderId }) => orderId)).sort()).toEqual(
          life.ledger.map(({ orderId }) => orderId).sort(),
        );
        expect(life.faults).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
