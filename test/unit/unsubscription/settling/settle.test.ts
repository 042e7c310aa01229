import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SettleTerms, settle } from '../../../../operator/unsubscription/settling/settle.ts';
import { statementOn } from '../../../../operator/unsubscription/settling/statement.ts';
import type { CandidateOrder, PlacementEvidence } from '../../../../operator/unsubscription/snapshot.ts';
import { arbitraryEvidence } from '../../../builders/arbitrary.ts';
import { resourceIdOf } from '../../../builders/dccserver.ts';
import { lookedAt, millisecondsLater } from '../../../builders/metadata.ts';
import { aCandidate, anEvidence, rows } from '../../../builders/snapshot.ts';
import { terms as ofTheProduct } from '../../../builders/terms.ts';
import { aPlacement, aRequest } from '../../../builders/unsubscriptionrequest.ts';

const terms: SettleTerms = {
  request: { namespace: 'datacenter', name: 'retire' },
  ...{ window: ofTheProduct.settleWindow, orderVisibleWithin: ofTheProduct.orderVisibleWithin, givesBack: true },
};
const serviceType = 'hws.service.type.dcc';
const call = { state: 'Unknown', signedAt: lookedAt.toISOString(), serviceType } as const;
const lost = aPlacement(call);
const both = aPlacement({ ...call, resourceIds: ['server-1', 'server-2'].map(resourceIdOf) });
const ended = aCandidate({ state: 'Completed' });
const dead = millisecondsLater(terms.window);
const stillAlive = millisecondsLater(terms.window - 1);
const gone = rows('Closed', 'server-1');
const command = (says: string) =>
  `\`kubectl -n datacenter annotate unsub retire --overwrite settle.dcc-operator.io/1.1=${says}\``;

describe('a lost answer', () => {
  test('is an acceptance when the signature is dead, the resource is gone and one order is without a claim', () => {
    const order = { ...ended, refund: { amount: '120.50', fee: '10', currency: 'CNY' } };
    expect(settle(lost, anEvidence({ rows: gone, unclaimedOrders: [order], cloudTime: dead }), terms)).toEqual({
      kind: 'Settled',
      placement: {
        ...lost,
        state: 'Accepted',
        detail: 'The outcome was not known; read back as order CS2603011200.',
        orders: [{ orderId: order.orderId, state: 'Completed', refund: '120.50', fee: '10', currency: 'CNY' }],
      },
    });
  });

  test.each(['Closed', 'Absent'] as const)(
    'waits while the row is %s and its own order may still come to light',
    (row) => {
      const evidence = anEvidence({ rows: rows(row, 'server-1'), unclaimedOrders: [ended], cloudTime: stillAlive });
      expect(settle(lost, evidence, terms).kind).toBe('Waiting');
      const later = { ...evidence, cloudTime: dead };
      expect(settle(lost, later, terms)).toMatchObject({ kind: 'Settled', placement: { state: 'Accepted' } });
    },
  );

  test('is the order that the bill ties to the resource when it ties the other to another one, and no other can come to light', () => {
    const [first, second] = twoOrders();
    const evidence = anEvidence({
      ...{ rows: gone, unclaimedOrders: [first, second], cloudTime: dead },
      ...{ billedOrders: new Set([second.orderId]), billedElsewhere: new Set([first.orderId]) },
    });
    expect(settle(lost, evidence, terms)).toMatchObject({
      kind: 'Settled',
      placement: { state: 'Accepted', orders: [{ orderId: second.orderId }] },
    });
    expect(settle(lost, { ...evidence, cloudTime: stillAlive }, terms).kind).toBe('Waiting');
  });

  describe.each([
    ['whose type of service is known', lost],
    ['whose type of service is not known', { ...lost, serviceType: undefined }],
  ])('%s, when it was cancelled and somebody ordered the same in the console,', (_, call) => {
    const [own, console] = [
      aCandidate({ orderId: 'CS2', state: 'Cancelled' }),
      aCandidate({ orderId: 'CS3', state: 'Completed' }),
    ];
    const evidence = anEvidence({
      ...{ rows: gone, unclaimedOrders: [own, console], cloudTime: dead },
      ...{ billedOrders: new Set([console.orderId]), statedOrder: own },
    });

    test('is not the order of the console because the bill ties that to the resource: a person is asked which it is', () => {
      expect(settle(call, evidence, terms)).toMatchObject({
        kind: 'Stuck',
        detail: expect.stringContaining('the order may be CS2 or CS3.'),
        asked: { ...call, askedAt: dead.toISOString() },
      });
    });

    test('is what a person states, whatever the bill says', () => {
      const asked = { ...call, askedAt: dead.toISOString() };
      expect(settle(asked, evidence, { ...terms, statement: own.orderId })).toMatchObject({
        placement: { state: 'Accepted', orders: [{ orderId: own.orderId, state: 'Cancelled' }] },
      });
    });
  });

  test('is not a cancelled order because the resource is gone: that took nothing away', () => {
    const evidence = anEvidence({
      rows: gone,
      unclaimedOrders: [aCandidate({ state: 'Cancelled' })],
      cloudTime: dead,
    });
    expect(settle(lost, evidence, terms).kind).toBe('Stuck');
  });

  describe('whose resource is gone', () => {
    const evidence = anEvidence({ rows: gone, unclaimedOrders: [ended], cloudTime: dead });

    test('waits until an order that took it away must show: it may be another', () => {
      const lastToShow = terms.window - terms.orderVisibleWithin;
      const since = (duration: number) => ({ ...evidence, goneSince: millisecondsLater(duration) });
      expect(settle(lost, since(lastToShow + 1), terms)).toEqual({
        kind: 'Waiting',
        detail: expect.stringContaining('it may be CS2603011200 (Completed)'),
      });
      expect(settle(lost, { ...since(lastToShow + 1), unclaimedOrders: [] }, terms).kind).toBe('Waiting');
      expect(settle(lost, since(lastToShow), terms).kind).toBe('Settled');
      expect(settle(lost, { ...evidence, goneSince: undefined }, terms).kind).toBe('Waiting');
    });

    test('waits for an order in progress, which is not why, and asks a person after three windows', () => {
      const running = { ...evidence, unclaimedOrders: [aCandidate()] };
      const last = millisecondsLater(3 * terms.window - 1);
      expect(settle(lost, { ...running, cloudTime: last }, terms).kind).toBe('Waiting');
      expect(settle(lost, { ...evidence, cloudTime: last }, terms).kind).toBe('Settled');
      for (const shown of [running, evidence])
        expect(settle(lost, { ...shown, cloudTime: millisecondsLater(3 * terms.window) }, terms).kind).toBe('Stuck');
    });
  });

  test('is not the only order that is left when something else may explain that the resource is gone', () => {
    const evidence = anEvidence({ rows: gone, unclaimedOrders: [aCandidate({ state: 'Completed' })], cloudTime: dead });
    expect(settle(lost, { ...evidence, isOnlyExplanation: false }, terms).kind).toBe('Stuck');
    expect(settle(lost, anEvidence({ isOnlyExplanation: false, cloudTime: dead }), terms)).toMatchObject({
      placement: { state: 'NotPlaced' },
    });
  });

  test('is not the only order that is left when the bill ties that to another resource', () => {
    const order = aCandidate({ state: 'Completed' });
    const evidence = anEvidence({ rows: gone, unclaimedOrders: [order], cloudTime: dead });
    const billedElsewhere = new Set([order.orderId]);
    expect(settle(lost, evidence, terms).kind).toBe('Settled');
    expect(settle(lost, { ...evidence, billedElsewhere }, terms).kind).toBe('Stuck');
  });

  test('is no order from before the call, though the bill ties that to the resource, too', () => {
    const [before, own] = twoOrders();
    const unclaimedOrders = [{ ...before, made: 'Before' as const }, own];
    const billedOrders = new Set([before.orderId, own.orderId]);
    expect(
      settle(lost, anEvidence({ rows: gone, unclaimedOrders, billedOrders, cloudTime: dead }), terms),
    ).toMatchObject({
      placement: { state: 'Accepted', orders: [{ orderId: own.orderId }] },
    });
  });

  test('is no order that the bill ties to the resource while that is still in use: it may have cancelled renewals', () => {
    const unclaimedOrders = [aCandidate({ state: 'Completed' })];
    const billedOrders = new Set(unclaimedOrders.map(({ orderId }) => orderId));
    const evidence = anEvidence({ unclaimedOrders, billedOrders, cloudTime: dead });
    expect(settle(lost, evidence, terms).kind).toBe('Stuck');
    expect(settle(lost, { ...evidence, rows: rows('Unknown', 'server-1') }, terms).kind).toBe('Stuck');
    expect(settle(lost, evidence, { ...terms, givesBack: false })).toMatchObject({ placement: { state: 'Accepted' } });
  });

  test.each([gone, rows('InUse', 'server-1')])(
    'asks a person while nothing but an order from before the call shows (%#)',
    (states) => {
      const before = { ...aCandidate({ state: 'Completed' }), made: 'Before' } as const;
      const billedOrders = new Set([before.orderId]);
      const evidence = anEvidence({ rows: states, unclaimedOrders: [before], billedOrders, cloudTime: dead });
      expect(settle(lost, evidence, terms).kind).toBe('Stuck');
    },
  );

  test("asks a person when the bill ties two orders to its resources: one of them is somebody else's", () => {
    const orders = twoOrders();
    const billedOrders = new Set(orders.map(({ orderId }) => orderId));
    const evidence = anEvidence({ rows: gone, unclaimedOrders: orders, billedOrders, cloudTime: dead });
    expect(settle(lost, evidence, terms).kind).toBe('Stuck');
  });

  test('is a call never placed when the resource is in use, no order exists and the signature is dead', () => {
    expect(settle(lost, anEvidence({ cloudTime: dead }), terms)).toMatchObject({
      kind: 'Settled',
      placement: { state: 'NotPlaced', detail: expect.stringContaining('no order was made') },
    });
  });

  test.each<[what: string, evidence: Partial<PlacementEvidence>]>([
    ['the signature lives a millisecond longer', { cloudTime: stillAlive }],
    ['the resource is gone and the order is not visible yet', { rows: gone }],
    ['the resource is gone and two orders may be it', { rows: gone, unclaimedOrders: twoOrders() }],
    [
      'an order is being processed',
      { cloudTime: millisecondsLater(3 * terms.window - 1), unclaimedOrders: [aCandidate()] },
    ],
  ])('waits while %s', (_, changes) => {
    expect(settle(lost, anEvidence(changes), terms)).toMatchObject({
      kind: 'Waiting',
      detail: expect.stringMatching(/^The outcome of call 1\.1 for resource-of-server-1 is not known: .*[.]$/),
    });
  });

  test.each(['Processing', 'Unrecognised 7'])('needs a person when an order is %s for three windows', (state) => {
    const evidence = anEvidence({ unclaimedOrders: [aCandidate({ state })] });
    const at = (duration: number) => settle(lost, { ...evidence, cloudTime: millisecondsLater(duration) }, terms).kind;
    expect([at(3 * terms.window - 1), at(3 * terms.window)]).toEqual(['Waiting', 'Stuck']);
  });

  test.each<[what: string, evidence: Partial<PlacementEvidence>]>([
    ['the resource is gone without any order', { rows: gone }],
    ['the resource is gone and two orders may be it', { rows: gone, unclaimedOrders: twoOrders() }],
    [
      'an order was completed and the resource is still in use',
      { unclaimedOrders: [aCandidate({ state: 'Completed' })] },
    ],
    ['an order was cancelled, which may be ours', { unclaimedOrders: [aCandidate({ state: 'Cancelled' })] }],
    ['two orders were cancelled', { unclaimedOrders: twoOrders().map((order) => ({ ...order, state: 'Cancelled' })) }],
    ['its row has a status of tomorrow', { rows: rows('Unknown', 'server-1') }],
    ['its row was not read', { rows: new Map() }],
  ])('needs a person, once the signature is dead, when %s', (_, changes) => {
    expect(settle(lost, anEvidence({ ...changes, cloudTime: dead }), terms)).toMatchObject({
      kind: 'Stuck',
      detail: expect.stringMatching(
        /^Call 1\.1 cannot be settled: .* Look in Billing Center > My Orders .* If .*: `kubectl -n datacenter annotate unsub retire --overwrite settle\.dcc-operator\.io\/1\.1=\w+`\. If there is none: `kubectl .*=none`\.$/,
      ),
    });
  });

  test.each(['Frozen', 'Expired'] as const)('is a call never placed also when the resource is %s by then', (state) => {
    const evidence = anEvidence({ rows: rows(state, 'server-1'), cloudTime: dead });
    expect(settle(lost, evidence, terms)).toMatchObject({ placement: { state: 'NotPlaced' } });
  });

  test.each([
    ['CS9', { state: 'Accepted', orders: [{ orderId: 'CS9', state: 'Completed' }] }],
    ['none', { state: 'NotPlaced' }],
  ])('is what a person states, %s, only when nothing else settles it', (statement, placement) => {
    const statedOrder = statement === 'none' ? undefined : { orderId: statement, state: 'Completed' };
    const open = anEvidence({ rows: gone, unclaimedOrders: twoOrders(), statedOrder });
    const asked = { ...lost, askedAt: dead.toISOString() };
    expect(settle(asked, open, { ...terms, statement }).kind).toBe('Waiting');
    expect(settle(asked, { ...open, cloudTime: dead }, { ...terms, statement })).toMatchObject({ placement });
  });

  test('is asked for once, and that there is no order is not heeded when it was stated before', () => {
    const open = anEvidence({ rows: gone, unclaimedOrders: twoOrders(), cloudTime: dead });
    const asked = { ...lost, askedAt: dead.toISOString() };
    expect(settle(lost, open, terms)).toMatchObject({ kind: 'Stuck', asked });
    expect(settle(asked, open, terms)).not.toHaveProperty('asked');
    expect(settle(lost, open, { ...terms, statement: 'none' })).toEqual({
      kind: 'Stuck',
      detail:
        'The annotation settle.dcc-operator.io/1.1: none was there before call 1.1 for resource-of-server-1 could be judged. Remove it (`kubectl -n datacenter annotate unsub retire settle.dcc-operator.io/1.1-`), look in Billing Center > My Orders once the operator asks for it, and write it again if there is still no order.',
      refused: 'none',
    });
    const statedOrder = { orderId: 'CS9', state: 'Completed' };
    expect(settle(lost, { ...open, statedOrder }, { ...terms, statement: 'CS9' })).toMatchObject({
      placement: { state: 'Accepted' },
    });
  });

  test.each([
    ['the account does not have', 'NotKnown', 'which the account does not have'],
    ['is no unsubscription', 'NoUnsubscription', 'which is no unsubscription'],
    ['is older than the call', 'MadeBefore', 'which was made before the call'],
    ['is younger than the call could make', 'MadeAfter', 'which was made when the call could not take effect any more'],
    ['the bill ties to others', 'BilledElsewhere', 'which the bill ties to other resources alone'],
  ] as const)('is no order that %s, whatever a person states', (_, fault, inWords) => {
    const statedOrder = { orderId: 'CS9', state: 'Completed', fault };
    const open = anEvidence({ rows: gone, unclaimedOrders: twoOrders(), cloudTime: dead, statedOrder });
    expect(settle(lost, open, { ...terms, statement: 'CS9' })).toEqual({
      kind: 'Stuck',
      detail: `The annotation settle.dcc-operator.io/1.1 names order CS9, ${inWords}. Look in Billing Center > My Orders for the unsubscription order of resource-of-server-1 from about ${lost.signedAt}. If there is one, say which: ${command('ORDER_ID')}. If there is none: ${command('none')}.`,
      asked: { ...lost, askedAt: dead.toISOString() },
      refused: 'CS9',
    });
  });

  test("is not asked for as if an order could be the call's that cannot, and names the one that can", () => {
    const [mine, other] = twoOrders();
    for (const order of [mine, other]) order.state = 'Cancelled';
    const asking = (changes: Partial<PlacementEvidence>) =>
      settle(lost, anEvidence({ cloudTime: dead, ...changes }), terms);
    const before = { ...other, made: 'Before' } as const;
    expect(asking({ unclaimedOrders: [before] })).toMatchObject({
      detail: expect.stringContaining('and no order that explains it is visible (CS8 cannot be). Look in'),
    });
    const elsewhere = { unclaimedOrders: [mine, other], billedElsewhere: new Set(['CS8']) };
    expect(asking(elsewhere)).toMatchObject({
      detail: expect.stringMatching(
        /and the order may be CS7 \(CS8 cannot be\)\. .* If it is CS7, say so: `kubectl .*=CS7`\./,
      ),
    });
  });

  test('is asked for in words that an Event has room for, however much there is to name', () => {
    const many = { ...lost, resourceIds: Array.from({ length: 10 }, (_, index) => `${index}`.padStart(36, 'r')) };
    const orders = Array.from({ length: 80 }, (_, index) =>
      aCandidate({ orderId: `CS${`${index}`.padStart(18, '0')}` }),
    );
    const changes = { unclaimedOrders: orders, rows: new Map(), cloudTime: dead };
    const { detail } = settle(many, anEvidence(changes), terms) as { detail: string };
    expect(detail).toMatch(/=none`\.$/);
    expect(detail.length).toBeLessThan(1_024);
  });

  test('is no order that cannot be looked up, and what else settles it is not held up by that', () => {
    const statedOrder = { orderId: 'CS9', state: 'Unknown', unreadable: 'It answered 403 CBC.0151' };
    const [first, second] = twoOrders();
    const open = anEvidence({ rows: gone, unclaimedOrders: [first, second], cloudTime: dead, statedOrder });
    expect(settle(lost, open, { ...terms, statement: 'CS9' })).toMatchObject({
      kind: 'Stuck',
      detail: expect.stringContaining('names order CS9, which cannot be looked up: It answered 403 CBC.0151. Look in'),
    });
    const bill = { billedOrders: new Set([second.orderId]), billedElsewhere: new Set([first.orderId]) };
    expect(settle(lost, { ...open, ...bill }, { ...terms, statement: 'CS9' })).toMatchObject({
      placement: { state: 'Accepted', orders: [{ orderId: second.orderId }] },
    });
  });

  test('is no order that has ended while the resource is still there, but for one about renewals', () => {
    const statedOrder = { orderId: 'CS9', state: 'Completed' };
    const unclaimedOrders = [aCandidate({ state: 'Completed' })];
    const open = anEvidence({ unclaimedOrders, cloudTime: dead, statedOrder });
    const stated = { ...terms, statement: 'CS9' };
    expect(settle(lost, open, stated)).toMatchObject({
      kind: 'Stuck',
      detail: expect.stringContaining('which has ended, and what it would have taken away is still there.'),
    });
    const cancelled = { ...open, statedOrder: { ...statedOrder, state: 'Cancelled' } };
    for (const settlement of [
      settle(lost, { ...open, rows: gone, unclaimedOrders: twoOrders() }, stated),
      settle(lost, cancelled, stated),
      settle(lost, open, { ...stated, givesBack: false }),
    ])
      expect(settlement).toMatchObject({ placement: { state: 'Accepted', orders: [{ orderId: 'CS9' }] } });
  });

  test('is not what is left when the resource goes after a person was asked: it may be by an order of theirs', () => {
    const evidence = anEvidence({ rows: gone, unclaimedOrders: [ended], cloudTime: dead });
    const asked = { ...lost, askedAt: dead.toISOString() };
    expect(settle(asked, evidence, terms).kind).toBe('Stuck');
    expect(settle(asked, evidence, { ...terms, statement: 'none' })).toMatchObject({
      placement: { state: 'NotPlaced' },
    });
  });

  test('is not the only order while its own type of service is not known, as of a secondary resource, unless the bill ties it', () => {
    const order = ended;
    const evidence = anEvidence({ rows: gone, unclaimedOrders: [order], cloudTime: dead });
    const ofAnyType = { ...lost, serviceType: undefined };
    expect(settle(ofAnyType, evidence, terms).kind).toBe('Stuck');
    expect(settle(ofAnyType, { ...evidence, billedOrders: new Set([order.orderId]) }, terms)).toMatchObject({
      placement: { state: 'Accepted' },
    });
  });

  test('is no order that was made when it was dead, which may yet be why the resource is gone', () => {
    const later = { ...ended, orderId: 'CS9', made: 'After' } as const;
    const evidence = anEvidence({ rows: gone, unclaimedOrders: [later], cloudTime: dead });
    expect(settle(lost, evidence, terms).kind).toBe('Stuck');
    expect(settle(lost, { ...evidence, unclaimedOrders: [ended, later] }, terms).kind).toBe('Stuck');
    const billedOrders = new Set([later.orderId]);
    expect(settle(lost, { ...evidence, billedOrders }, terms).kind).toBe('Stuck');
    expect(settle(lost, { ...evidence, rows: rows('InUse', 'server-1') }, terms)).toMatchObject({
      placement: { state: 'NotPlaced' },
    });
  });

  test.each([undefined, { orderId: 'CS8', state: 'Completed' }])(
    'is no order that was not looked up (%#)',
    (statedOrder) => {
      const open = anEvidence({ rows: gone, unclaimedOrders: twoOrders(), cloudTime: dead, statedOrder });
      expect(settle(lost, open, { ...terms, statement: 'CS9' }).kind).toBe('Stuck');
    },
  );

  test('takes white space around what a person states for nothing', () => {
    const annotated = (text: string) => ({
      metadata: { ...aRequest().metadata, annotations: { 'settle.dcc-operator.io/1.1': text } },
    });
    expect(statementOn(annotated(' CS9\n'), lost)).toBe('CS9');
    expect(statementOn(annotated('CS9'), { ...lost, id: '1.2' })).toBeUndefined();
  });

  test('is not the order of another call, whatever a person states', () => {
    const statedOrder = { orderId: 'CS-of-another', state: 'Unknown', fault: 'OfAnotherCall' } as const;
    const open = anEvidence({ rows: gone, unclaimedOrders: twoOrders(), cloudTime: dead, statedOrder });
    expect(settle(lost, open, { ...terms, statement: 'CS-of-another' })).toMatchObject({
      kind: 'Stuck',
      detail: expect.stringMatching(
        /settle\.dcc-operator\.io\/1\.1 names order CS-of-another, which belongs to another call/,
      ),
    });
  });

  test('waits while one of two orders is being processed, though the other has ended', () => {
    const [first, second] = twoOrders();
    const evidence = anEvidence({ cloudTime: dead, unclaimedOrders: [{ ...first, state: 'Completed' }, second] });
    expect(settle(lost, evidence, terms).kind).toBe('Waiting');
  });

  test('says which orders it may be, in the same words whatever their order', () => {
    const detailOf = (evidence: Partial<PlacementEvidence>) => {
      const settlement = settle(lost, anEvidence(evidence), terms);
      return settlement.kind === 'Settled' ? '' : settlement.detail;
    };
    const reversed = twoOrders().reverse();
    expect(detailOf({})).toBe(
      'The outcome of call 1.1 for resource-of-server-1 is not known: no order is visible so far. Nothing is sent again before it is settled.',
    );
    expect(detailOf({ unclaimedOrders: reversed })).toContain('it may be CS7 (Processing) or CS8 (Processing).');
    expect(detailOf({ cloudTime: dead, rows: gone })).toBe(
      `Call 1.1 cannot be settled: resource-of-server-1 is no longer in use, and no order that explains it is visible. Look in Billing Center > My Orders for the unsubscription order of resource-of-server-1 from about ${lost.signedAt}. If there is one, say which: ${command('ORDER_ID')}. If there is none: ${command('none')}.`,
    );
    expect(detailOf({ cloudTime: dead, rows: gone, unclaimedOrders: reversed })).toContain(
      'the order may be CS7 or CS8.',
    );
    expect(detailOf({ cloudTime: dead, rows: rows('Unknown', 'server-1') })).toContain(
      'is not in a state that settles it',
    );
  });

  test('of a portfolio of which one server is gone and another is not needs a person', () => {
    const mixed = new Map([...rows('Closed', 'server-1'), ...rows('InUse', 'server-2')]);
    expect(settle(both, anEvidence({ rows: mixed, cloudTime: dead }), terms).kind).toBe('Stuck');
  });

  test('about renewals is never taken for an acceptance because of the rows: they say nothing of it', () => {
    const evidence = anEvidence({ rows: gone, unclaimedOrders: [aCandidate({ state: 'Completed' })], cloudTime: dead });
    expect(settle(lost, evidence, { ...terms, givesBack: false }).kind).toBe('Stuck');
  });

  test('of a process that died after the intent is settled alike', () => {
    const evidence = anEvidence({ rows: gone, unclaimedOrders: [ended], cloudTime: dead });
    expect(settle({ ...lost, state: 'Intended' }, evidence, terms)).toMatchObject({
      placement: { state: 'Accepted', orders: [{ orderId: 'CS2603011200' }] },
    });
  });
});

describe('whatever the cloud shows', () => {
  const evidence = arbitraryEvidence(both.resourceIds);
  const givesBack = fc.boolean();
  /** More like those in which all is gone and an order is why. */
  const evidenceOfGone = evidence.map((shown) => ({
    ...{ ...shown, isOnlyExplanation: true },
    rows: new Map(both.resourceIds.map((id) => [id, 'Closed' as const])),
  }));

  test('no call counts as never placed while it may live, an order may be it, or a resource is not in use', () => {
    let settled = 0;
    fc.assert(
      fc.property(evidence, givesBack, (shown, back) => {
        const settlement = settle(both, shown, { ...terms, givesBack: back });
        if (settlement.kind !== 'Settled' || settlement.placement.state !== 'NotPlaced') return;
        settled += 1;
        expect(shown.cloudTime.getTime() - lookedAt.getTime()).toBeGreaterThanOrEqual(terms.window);
        expect(shown.unclaimedOrders.filter(({ made }) => made !== 'After')).toEqual([]);
        for (const id of both.resourceIds) expect(shown.rows.get(id)).toMatch(/InUse|Frozen|Expired/);
      }),
      { numRuns: 2_000 },
    );
    expect(settled).toBeGreaterThan(0);
  });

  test('no call counts as accepted but by the one order that the bill leaves and names, or the only one once all is gone', () => {
    let settled = 0;
    fc.assert(
      fc.property(fc.oneof(evidence, evidenceOfGone), givesBack, (shown, back) => {
        const settlement = settle(both, shown, { ...terms, givesBack: back });
        if (settlement.kind !== 'Settled' || settlement.placement.state !== 'Accepted') return;
        const accepted = settlement.placement.orders?.map(({ orderId }) => orderId);
        const candidates = shown.unclaimedOrders.map(({ orderId }) => orderId);
        const within = shown.unclaimedOrders.filter(({ made }) => made === 'Within').map(({ orderId }) => orderId);
        const left = within.filter((orderId) => !shown.billedElsewhere.has(orderId));
        const isBilled = left.length === 1 && left.every((orderId) => shown.billedOrders.has(orderId));
        expect(shown.cloudTime.getTime() - lookedAt.getTime()).toBeGreaterThanOrEqual(terms.window);
        expect(accepted).toEqual(left);
        if (isBilled) return;
        settled += 1;
        expect(candidates).toHaveLength(1);
        expect(shown.cloudTime.getTime()).toBeGreaterThanOrEqual(
          (shown.goneSince?.getTime() ?? Number.NaN) + terms.orderVisibleWithin,
        );
        expect(shown.cloudTime.getTime()).toBeLessThan(millisecondsLater(3 * terms.window).getTime());
        expect(shown.isOnlyExplanation).toBe(true);
        expect(shown.unclaimedOrders).toMatchObject([{ state: 'Completed' }]);
        expect(both.resourceIds.map((id) => shown.rows.get(id)).join()).toMatch(/^(Closed|Absent),(Closed|Absent)$/);
        expect(back).toBe(true);
      }),
      { numRuns: 10_000 },
    );
    expect(settled).toBeGreaterThan(0);
  });

  test('a call keeps what was sent, whose plan it was, and when it was signed', () => {
    fc.assert(
      fc.property(evidence, (shown) => {
        const settlement = settle(both, shown, terms);
        if (settlement.kind !== 'Settled') return;
        const { state: _, detail: __, orders: ___, ...kept } = settlement.placement;
        const { state: ____, ...sent } = both;
        expect(kept).toEqual(sent);
      }),
    );
  });
});

function twoOrders(): [CandidateOrder, CandidateOrder] {
  return [aCandidate({ orderId: 'CS7' }), aCandidate({ orderId: 'CS8' })];
}
