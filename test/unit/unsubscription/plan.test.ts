import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DCCServerSpec } from '../../../operator/api/dccserver.ts';
import { planId } from '../../../operator/api/plan-id.ts';
import type { Placement, UnsubscriptionRequestSpec } from '../../../operator/api/unsubscriptionrequest.ts';
import { blockersOf } from '../../../operator/unsubscription/blockers/rules.ts';
import { countedPlan, planOf } from '../../../operator/unsubscription/plan.ts';
import type { ServerSnapshot, Snapshot } from '../../../operator/unsubscription/snapshot.ts';
import { decide } from '../../../operator/unsubscription/steps.ts';
import { arbitraryFoundServer, arbitrarySnapshot } from '../../builders/arbitrary.ts';
import { resourceIdOf, type ServerChanges } from '../../builders/dccserver.ts';
import { aSubscription, read, unreadable } from '../../builders/observation.ts';
import { aFoundServer, aSnapshot, withJournal } from '../../builders/snapshot.ts';
import { terms } from '../../builders/terms.ts';
import { anotherPlanId, aPlacement } from '../../builders/unsubscriptionrequest.ts';

const inPortfolio = (name: string, portfolio: string) => aFoundServer(name, { spec: { portfolio } });
const withDisks = (name: string, ...disks: string[]) => withDisksOf(name, {}, ...disks);
const withDisksOf = (name: string, status: ServerChanges['status'], ...disks: string[]) =>
  aFoundServer(name, {
    ...(status === undefined ? {} : { status }),
    observation: {
      subscription: read(
        aSubscription({ secondaries: disks.map((resourceId) => ({ resourceId, name: '', type: 'disk' })) }),
      ),
    },
  });
const madeAnew = (name: string) => aFoundServer(name, { metadata: { uid: `another-uid-of-${name}` } });
const planned = (servers: ServerSnapshot[], spec: Partial<UnsubscriptionRequestSpec> = {}) =>
  planOf(aSnapshot({ servers, request: { spec } }))?.orders.map(({ resourceIds }) => resourceIds);

const turnedRound = <Value extends object>(value: Value): Value => {
  const blanks = Object.keys(value).map((key) => [key, undefined]);
  return Object.assign(Object.fromEntries(blanks.reverse()), value);
};

describe('the orders', () => {
  test('are none for secondary resources that orders of ours gave back, whatever still shows of them', () => {
    const server = withDisksOf('a', { secondariesGivenBack: ['disk-1'] }, 'disk-1', 'disk-2');
    const separately = { secondaryResources: 'Separately' } as const;
    expect(planned([server], separately)).toEqual([['disk-2'], ['resource-of-a']]);
    const snapshot = aSnapshot({ servers: [withDisksOf('a', { secondariesGivenBack: ['disk-1'] }, 'disk-1')] });
    expect(blockersOf(snapshot)).toEqual([]);
  });

  test('are one for each server, in the order of spec', () => {
    expect(planned([aFoundServer('b'), aFoundServer('a')])).toEqual([['resource-of-b'], ['resource-of-a']]);
  });

  test('are one for all servers of a portfolio, where its first server stands', () => {
    const servers = [
      inPortfolio('b', 'suite'),
      aFoundServer('c'),
      inPortfolio('a', 'suite'),
      inPortfolio('d', 'other'),
    ];
    expect(planned(servers)).toEqual([['resource-of-a', 'resource-of-b'], ['resource-of-c'], ['resource-of-d']]);
  });

  test('name the servers that each gives back, and their objects', () => {
    const plan = planOf(aSnapshot({ servers: [inPortfolio('b', 'suite'), inPortfolio('a', 'suite')] }));
    expect(plan?.orders).toMatchObject([{ servers: ['a', 'b'], serverUids: ['uid-of-a', 'uid-of-b'] }]);
  });

  test('name them for secondary resources, too', () => {
    const spec = { secondaryResources: 'Separately' as const };
    const plan = planOf(aSnapshot({ servers: [withDisks('a', 'disk-1')], request: { spec } }));
    expect(plan?.orders.map(({ serverUids }) => serverUids)).toEqual([['uid-of-a'], ['uid-of-a']]);
  });

  test('have each secondary resource before its server when those go separately', () => {
    const servers = [withDisks('a', 'disk-2', 'disk-1'), withDisks('b', 'disk-3')];
    expect(planned(servers, { secondaryResources: 'Separately' })).toEqual([
      ['disk-1'],
      ['disk-2'],
      ['resource-of-a'],
      ['disk-3'],
      ['resource-of-b'],
    ]);
  });

  test('leave secondary resources out when they are refused', () => {
    expect(planned([withDisks('a', 'disk-1')])).toEqual([['resource-of-a']]);
  });

  test.each<[what: string, entry: ServerSnapshot]>([
    ['is missing', { kind: 'Missing', name: 'b' }],
    ['is left to another operator', { kind: 'NotSelected', name: 'b', selector: 'installation=north' }],
    ['cannot be understood', { kind: 'Unreadable', name: 'b', problem: '' }],
    ['was ordered already, though no call is in the journal', { kind: 'Ordered', name: 'b' }],
    ['has unreadable billing rows', aFoundServer('b', { observation: { subscription: unreadable() } })],
  ])('do not exist while a server %s', (_, entry) => {
    expect(planned([aFoundServer('a'), entry])).toBeUndefined();
  });

  test('concern every server exactly once, whatever is known', () => {
    fc.assert(
      fc.property(arbitrarySnapshot, (snapshot) => {
        const ordered = planOf(snapshot)?.orders.flatMap(({ resourceIds }) => resourceIds);
        fc.pre(ordered !== undefined && snapshot.servers.length > 0);
        expect(ordered).toEqual(expect.arrayContaining(snapshot.servers.map(({ name }) => resourceIdOf(name))));
        expect(new Set(ordered).size).toBe(ordered?.length);
      }),
    );
  });
});

describe('the id', () => {
  const idOf = (snapshot: Snapshot) => planOf(snapshot)?.id;
  const aTwin = () => aSnapshot({ servers: [aFoundServer('a'), aFoundServer('b')] });

  const agreed: [what: string, snapshot: Snapshot][] = [
    ['a server more', aSnapshot({ servers: ['a', 'b', 'c'].map((name) => aFoundServer(name)) })],
    ['a server less', aSnapshot({ servers: [aFoundServer('a')] })],
    [
      'another resource',
      aSnapshot({ servers: [aFoundServer('a'), aFoundServer('b', { spec: { resourceId: 'other' } })] }),
    ],
    ['a server that was made anew', aSnapshot({ servers: [aFoundServer('a'), madeAnew('b')] })],
    ...stating(
      ['another mapping', { virtualMachines: { hypervisorHostnames: ['nova-9'] } }],
      [
        'something that does not count',
        { virtualMachines: { exclude: [{ id: 'rds-1', service: 'RDS', reason: 'elsewhere' }] } },
      ],
      ['no backups', { backup: { requirement: 'Waived' } }],
      ['older backups', { backup: { maxAge: '48h' } }],
      ['other credentials', { credentialsSecretRef: { name: 'finance' } }],
    ),
    ['one call for both', aSnapshot({ servers: [inPortfolio('a', 'suite'), inPortfolio('b', 'suite')] })],
    ['another order of the calls', aSnapshot({ servers: [aFoundServer('b'), aFoundServer('a')] })],
    [
      'a disk that goes separately',
      aSnapshot({
        servers: [withDisks('a', 'disk-1'), aFoundServer('b')],
        request: { spec: { secondaryResources: 'Separately' } },
      }),
    ],
    ...differing(
      ['another scope', { scope: 'RenewalsOnly' }],
      ['another type of reason', { reason: { type: 'TooComplex', text: 'Retired.' } }],
      ['another text of the reason', { reason: { type: 'Other', text: 'Moved.' } }],
      ['no text of the reason', { reason: { type: 'Other' } }],
      ['a guard on the refund', { refund: { minimum: '100', currency: 'CNY' } }],
      ['another minimum', { refund: { minimum: '200', currency: 'CNY' } }],
      ['another currency', { refund: { minimum: '100', currency: 'USD' } }],
    ),
  ];

  test('is of the form that spec.approvedPlan takes', () => {
    expect(idOf(aTwin())).toMatch(/^plan-[0-9a-f]{24}$/);
  });

  test('is another for each thing that the approver agrees to', () => {
    const ids = [aTwin(), ...agreed.map(([, snapshot]) => snapshot)].map(idOf);
    const repeated = agreed.filter((_, index) => ids.indexOf(ids[index + 1]) !== index + 1).map(([what]) => what);
    expect(repeated).toEqual([]);
  });

  test('is another in another namespace', () => {
    const request = { metadata: { namespace: 'elsewhere' } };
    expect(idOf(aSnapshot({ request }))).not.toBe(idOf(aSnapshot()));
  });

  test('does not depend on what changes by the hour, nor on what does not bear on the orders', () => {
    fc.assert(
      fc.property(arbitraryFoundServer('a'), arbitraryFoundServer('a'), fc.boolean(), (one, other, suspend) => {
        const sameSpec = { ...other, server: { ...other.server, spec: one.server.spec } };
        const before = aSnapshot({ servers: [one], portfolios: new Map() });
        const after = aSnapshot({
          servers: [sameSpec],
          portfolios: new Map(),
          takenAt: new Date('2027-01-01T00:00:00Z'),
          mode: 'ObserveOnly',
          request: { spec: { suspend, approvedPlan: anotherPlanId, drainTimeout: '1h' }, metadata: { generation: 9 } },
        });
        fc.pre(idOf(before) !== undefined && idOf(after) !== undefined);
        expect(idOf(after)).toBe(idOf(before));
      }),
    );
  });

  test('does not depend on the order of the keys in spec', () => {
    const snapshot = aSnapshot({ request: { spec: { refund: { minimum: '1', currency: 'CNY' } } } });
    const spec = turnedRound({
      ...snapshot.request.spec,
      reason: turnedRound(snapshot.request.spec.reason),
      refund: { currency: 'CNY', minimum: '1' },
    });
    expect(idOf({ ...snapshot, request: { ...snapshot.request, spec } })).toBe(idOf(snapshot));
  });

  test('does not depend on the order in which the cloud lists secondary resources', () => {
    const request = { spec: { secondaryResources: 'Separately' as const } };
    const one = aSnapshot({ servers: [withDisks('a', 'disk-1', 'disk-2')], request });
    const other = aSnapshot({ servers: [withDisks('a', 'disk-2', 'disk-1')], request });
    expect(idOf(one)).toBe(idOf(other));
  });
});

describe('once a call is in the journal', () => {
  const begun = withJournal(aSnapshot({ servers: [aFoundServer('a'), aFoundServer('b')] }), { state: 'NotSent' });
  const completed: Partial<Placement> = {
    state: 'Accepted',
    result: 'Completed',
    orders: [{ orderId: 'CS1', state: 'Completed' }],
  };

  test('the recorded plan stays, though a server that was ordered has left the inventory', () => {
    const placed = withJournal(begun, completed);
    const later = { ...placed, servers: [{ kind: 'Ordered' as const, name: 'a' }, aFoundServer('b')] };
    expect(planOf(later)).toEqual(begun.request.status.plan);
  });

  test('there is no plan when a server that is still to be ordered is gone, was made anew, or is described otherwise', () => {
    const other = aFoundServer('b', { spec: { resourceId: 'another' } });
    const waived = aFoundServer('b', { spec: { backup: { requirement: 'Waived' } } });
    for (const second of [[], [madeAnew('b')], [other], [waived]]) {
      const servers = [aFoundServer('a'), ...second];
      expect(planOf({ ...begun, servers })).toBeUndefined();
      expect(countedPlan({ ...begun, servers })).toEqual(begun.request.status.plan);
    }
  });

  test('a server that was made anew since it was ordered is no hindrance', () => {
    const placed = withJournal(begun, completed);
    expect(planOf({ ...placed, servers: [madeAnew('a'), aFoundServer('b')] })).toEqual(begun.request.status.plan);
  });

  describe('with a plan that a version recorded which knew no uids', () => {
    const { spec, metadata, status } = begun.request;
    const orders = (status.plan?.orders ?? []).map(({ serverUids: _, ...order }) => order);
    const id = planId({
      namespace: metadata.namespace,
      orders: orders.map(({ resourceIds, relyingOn }) => [resourceIds, relyingOn]),
      scope: spec.scope,
      reason: [spec.reason.type, spec.reason.text],
      refund: null,
    });
    const older = (...journal: Partial<Placement>[]) => {
      const placements = journal.map((entry) => aPlacement({ plan: id, ...entry }));
      const recorded = { spec: { ...spec, approvedPlan: id }, status: { placements, plan: { id, orders } } };
      return { ...begun, request: { ...begun.request, ...recorded } };
    };

    test('that plan counts, so that what was ordered is followed to its end', () => {
      const snapshot = older(completed, { ...completed, id: '2.1' });
      expect(planOf(snapshot)).toEqual({ id, orders });
      expect(decide(snapshot, terms)).toEqual({ do: 'Finish', outcome: 'Complete' });
    });

    test('nothing more is ordered by it', () => {
      const snapshot = older(completed);
      expect(planOf(snapshot)).toBeUndefined();
      expect(blockersOf(snapshot).map(({ reason }) => reason)).toEqual(['RecordedPlanDiffers', 'PlanNotReady']);
    });

    test('its approval is void where nothing was ordered', () => {
      const snapshot = older();
      expect(blockersOf(snapshot).map(({ reason }) => reason)).toEqual(['ApprovedPlanDiffers']);
    });
  });

  test('a recorded plan that its own id does not fit is no plan', () => {
    const { request } = begun;
    const status = { ...request.status, plan: { id: anotherPlanId, orders: request.status.plan?.orders ?? [] } };
    expect(planOf({ ...begun, request: { ...request, status } })).toBeUndefined();
  });

  test('a plan is never made anew: its orders would no longer be those that the journal numbers', () => {
    const { request } = begun;
    const status = { placements: request.status.placements };
    expect(planOf({ ...begun, request: { ...request, status } })).toBeUndefined();
  });

  test('a journal of another plan belongs to no plan', () => {
    const foreign = { plan: anotherPlanId, id: '2.1', state: 'NotSent' } as const;
    expect(planOf(withJournal(begun, foreign))).toBeUndefined();
    expect(planOf(withJournal(begun, { state: 'NotSent' }, foreign))).toBeUndefined();
  });
});

function differing(...changes: [what: string, spec: Partial<UnsubscriptionRequestSpec>][]): [string, Snapshot][] {
  const servers = [aFoundServer('a'), aFoundServer('b')];
  return changes.map(([what, spec]) => [what, aSnapshot({ servers, request: { spec } })]);
}

function stating(...changes: [what: string, spec: Partial<DCCServerSpec>][]): [string, Snapshot][] {
  return changes.map(([what, spec]) => [
    what,
    aSnapshot({ servers: [aFoundServer('a'), aFoundServer('b', { spec })] }),
  ]);
}
