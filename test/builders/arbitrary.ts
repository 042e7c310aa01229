import fc from 'fast-check';
import type { CountMismatch } from '../../operator/api/count-mismatch.ts';
import type { Placement } from '../../operator/api/unsubscriptionrequest.ts';
import type { ReadFailure, Reading, ServerObservation } from '../../operator/inventory/observation.ts';
import { planOf } from '../../operator/unsubscription/plan.ts';
import type {
  FoundServer,
  PlacementEvidence,
  ServerSnapshot,
  Snapshot,
} from '../../operator/unsubscription/snapshot.ts';
import { aDepartedMachine, resourceIdOf } from './dccserver.ts';
import { lookedAt, minutesLater } from './metadata.ts';
import {
  aMachine,
  anAccount,
  anObservation,
  anOpenOrder,
  aSubscription,
  dependents,
  read,
  unreadable,
} from './observation.ts';
import { aFoundServer, approve, aSnapshot, withStatus } from './snapshot.ts';
import { anotherPlanId, aPlacement } from './unsubscriptionrequest.ts';

/** The good value most of the time, so that what depends on many of them is reached too. */
const mostly = <Value>(good: Value, ...others: Value[]): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

/** Words that come from elsewhere: sentences or not. */
const words = fc.constantFrom(
  'It does not answer.',
  'connect ECONNREFUSED',
  'answered 503..',
  ' two  spaces\nand a line ',
);

const failure: fc.Arbitrary<ReadFailure> = fc.record({
  source: fc.constantFrom('The billing centre', 'ECS servers'),
  cause: fc.constantFrom(
    'Credentials',
    'WrongSite',
    'AccountFrozen',
    'Permission',
    'Unavailable',
    'Unparsable',
    'Configuration',
  ),
  message: words,
  remedy: fc.constant('Wait: it is read again.'),
});

export const unreadableReading = failure.map((cause): Reading<never> => ({ kind: 'Unreadable', failure: cause }));

const reading = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Reading<Value>> =>
  fc.oneof({ weight: 12, arbitrary: value.map(read) }, { weight: 1, arbitrary: unreadableReading });

const openOrder = fc.record({
  orderId: fc.constantFrom('CS1', 'CS2', 'CS3'),
  state: fc.constantFrom('Unpaid', 'Processing', 'PendingApproval'),
  serviceTypeCode: mostly<string | undefined>('hws.service.type.vpc', 'hws.service.type.dcc', undefined),
});

const account = fc
  .record({
    inArrears: mostly(false, true),
    openOrders: fc.uniqueArray(openOrder.map(anOpenOrder), { maxLength: 2, selector: ({ orderId }) => orderId }),
  })
  .map(anAccount);

const subscription = (name: string) =>
  fc
    .record({
      status: mostly<'InUse' | 'Closed' | 'Frozen' | 'Expired' | 'Absent' | 'Unknown'>(
        'InUse',
        'Closed',
        'Frozen',
        'Expired',
        'Absent',
        'Unknown',
      ),
      isPrimary: mostly(true, false),
      region: mostly<string | undefined>(undefined, 'cn-south-1'),
      secondaries: mostly(0, 1, 2).map((count) =>
        Array.from({ length: count }, (_, index) => ({
          resourceId: `disk-${index}-of-${name}`,
          name: '',
          type: 'disk',
        })),
      ),
    })
    .map(aSubscription);

const backup = fc.constantFrom<Parameters<typeof aMachine>[1]>(
  {},
  { backup: { kind: 'Unprotected', problem: 'BackupMissing' } },
  { status: 'InRecycleBin' },
  { service: 'RDS', placed: 'MaybeHere' },
  { placed: 'MaybeHere' },
);

const onServer = fc
  .record({
    basis: fc.constantFrom('HostList', 'Mapping', 'WholeZone'),
    machines: mostly(0, 1, 5).chain((count) =>
      fc
        .array(backup, { minLength: count, maxLength: count })
        .map((changes) => changes.map((change, index) => aMachine(`vm-${index}`, change))),
    ),
    mismatch: mostly<CountMismatch | undefined>(undefined, {
      source: 'The DCC pool',
      counted: 3,
      listed: 2,
      excluded: 0,
    }),
  })
  .map(dependents);

/** One look at a server of this name: mostly good news, every piece of bad news, every source unreadable at times. */
export const arbitraryObservation = (name: string): fc.Arbitrary<ServerObservation> =>
  fc
    .record({ account: reading(account), subscription: reading(subscription(name)), dependents: reading(onServer) })
    .map(anObservation);

export const arbitraryFoundServer = (name: string): fc.Arbitrary<FoundServer> =>
  fc
    .record({
      observation: arbitraryObservation(name),
      metadata: mostly(
        {},
        { deletionTimestamp: lookedAt.toISOString() },
        { annotations: { 'hold.dcc-operator.io/a': '' } },
      ),
      spec: fc.constantFrom({}, { portfolio: 'suite' }, { backup: { requirement: 'Waived' as const } }),
      status: mostly<Parameters<typeof aFoundServer>[1] & object>(
        {},
        { status: { departed: [aDepartedMachine('vm-9', { backup: undefined })] } },
        { status: { departed: [aDepartedMachine('vm-9', { fate: 'Unknown', backup: undefined })] } },
        { status: { virtualMachines: undefined } },
        { status: { claim: undefined } },
        { status: { claim: { name: 'other', uid: 'other' } } },
      ),
      backups: reading(fc.constant('Read')),
    })
    .map(({ status, backups, observation, ...changes }) => {
      const departed = backups.kind === 'Unreadable' ? backups : read(status.status?.departed ?? []);
      return aFoundServer(name, { ...changes, ...status, observation: { ...observation, departed } });
    });

const serverEntry = (name: string): fc.Arbitrary<ServerSnapshot> =>
  fc.oneof(
    { weight: 12, arbitrary: arbitraryFoundServer(name) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<ServerSnapshot>(
        { kind: 'Missing', name },
        { kind: 'NotSelected', name, selector: 'installation=north' },
        { kind: 'Ordered', name },
      ),
    },
    { weight: 1, arbitrary: words.map((problem): ServerSnapshot => ({ kind: 'Unreadable', name, problem })) },
  );

const servers = fc
  .integer({ min: 1, max: 3 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => serverEntry(`server-${index + 1}`))));

const requestSpec = fc.record({
  scope: mostly<'ResourceAndRenewals' | 'RenewalsOnly'>('ResourceAndRenewals', 'RenewalsOnly'),
  secondaryResources: fc.constantFrom('Refuse', 'Separately', undefined),
  onFailure: fc.constantFrom('Stop', 'Continue', undefined),
  suspend: mostly<boolean | undefined>(undefined, false, true),
  notBefore: mostly<string | undefined>(undefined, minutesLater(-1).toISOString(), minutesLater(1).toISOString()),
  deadline: mostly<string | undefined>(undefined, minutesLater(-1).toISOString(), minutesLater(1).toISOString()),
  refund: mostly<{ minimum: string; currency: string } | undefined>(undefined, { minimum: '1', currency: 'CNY' }),
});

const requestMetadata = fc.record({
  finalizers: mostly<string[] | undefined>(['dcc-operator.io/placement'], undefined, []),
  deletionTimestamp: mostly<string | undefined>(undefined, lookedAt.toISOString()),
  annotations: mostly<Record<string, string> | undefined>(undefined, { 'hold.dcc-operator.io/finance': '' }),
});

/** An outcome of a call, as the journal has it. */
export const arbitraryOutcome = fc.constantFrom<Partial<Placement>>(
  { state: 'Intended' },
  { state: 'Unknown', detail: 'The connection was reset.' },
  { state: 'Rejected', code: 'CBC.99003185', detail: 'A portfolio.', mayRetry: false },
  { state: 'Rejected', code: 'CBC.30000056', detail: 'Another order is open.', mayRetry: true },
  { state: 'NotSent', detail: 'The connection was refused.' },
  { state: 'NotPlaced', detail: 'Read back.' },
  { state: 'Accepted', orders: [{ orderId: 'CS9', state: 'Processing' }] },
  { state: 'Accepted', orders: [{ orderId: 'CS9', state: 'Completed' }], result: 'Completed' },
  { state: 'Accepted', orders: [{ orderId: 'CS9', state: 'Cancelled' }], result: 'Cancelled' },
  {
    state: 'Accepted',
    orders: [{ orderId: 'CS9', state: 'Completed' }],
    result: 'Completed',
    failed: [{ resourceId: 'disk-1', code: 'CBC.0100', message: 'No.' }],
  },
);

const rowState = fc.constantFrom('InUse', 'Closed', 'Frozen', 'Expired', 'Absent', 'Unknown');
const anOrder = {
  orderId: fc.constantFrom('CS7', 'CS8', 'CS9'),
  state: fc.constantFrom('PendingApproval', 'Processing', 'Completed', 'Cancelled'),
  refund: fc.constantFrom(undefined, { amount: '120.50', fee: '10', currency: 'CNY' }),
};

const observedOrder = fc.record(anOrder);
const candidateOrder = fc.record({ ...anOrder, made: fc.constantFrom('Within', 'Before', 'After') });

/** What the cloud may show of calls for these resources, also after the three windows within which it tells most. */
export const arbitraryEvidence = (resourceIds: readonly string[]): fc.Arbitrary<PlacementEvidence> =>
  fc.record({
    cloudTime: fc.integer({ min: -5, max: 75 }).map(minutesLater),
    readUntil: fc.integer({ min: -5, max: 76 }).map(minutesLater),
    goneSince: fc.option(fc.integer({ min: -5, max: 40 }).map(minutesLater), { nil: undefined }),
    rows: fc
      .array(fc.option(rowState), { minLength: resourceIds.length, maxLength: resourceIds.length })
      .map((states) => new Map(resourceIds.flatMap((id, index) => pair(id, states[index])))),
    orders: fc.uniqueArray(observedOrder, { maxLength: 2, selector: ({ orderId }) => orderId }),
    isOnlyExplanation: fc.boolean(),
    unclaimedOrders: fc.uniqueArray(candidateOrder, { maxLength: 2, selector: ({ orderId }) => orderId }),
    billedOrders: fc.constantFrom(new Set<string>(), new Set(['CS7']), new Set(['CS7', 'CS8'])),
    billedElsewhere: fc.constantFrom(new Set<string>(), new Set(['CS8'])),
  });

const pair = <Key, Value>(key: Key, value: Value | null | undefined): [Key, Value][] =>
  value === null || value === undefined ? [] : [[key, value]];

/** What cannot be read here is said in whole sentences: `failureOf` makes them where the cloud is read. */
const evidenceOrNone = (evidence: fc.Arbitrary<PlacementEvidence>): fc.Arbitrary<Reading<PlacementEvidence>> =>
  fc.oneof({ weight: 12, arbitrary: evidence.map(read) }, { weight: 1, arbitrary: fc.constant(unreadable()) });

const journal = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.record({
        outcome: arbitraryOutcome,
        attempt: fc.integer({ min: 1, max: 10 }),
        detail: fc.option(words, { nil: undefined }),
        evidence: evidenceOrNone(arbitraryEvidence(['server-1', 'server-2', 'server-3'].map(resourceIdOf))),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  },
);

/** Any snapshot that may come up: mostly one in which little is wrong, with or without calls in its journal. */
export const arbitrarySnapshot: fc.Arbitrary<Snapshot> = fc
  .record({
    servers,
    spec: requestSpec,
    metadata: requestMetadata,
    mode: mostly<Snapshot['mode']>('Place', 'ObserveOnly'),
    halt: fc.oneof(
      {
        weight: 12,
        arbitrary: mostly<Snapshot['halt']>(
          read(undefined),
          read({ configMap: 'ConfigMap a/halt', reason: undefined }),
        ),
      },
      { weight: 1, arbitrary: words.map((reason) => read({ configMap: 'ConfigMap a/halt', reason })) },
      { weight: 1, arbitrary: unreadableReading },
    ),
    exceeded: mostly<Snapshot['exceeded']>(undefined, { limit: 'open', most: 1 }, { limit: 'perHour', most: 1 }),
    approval: mostly<'Given' | 'Missing' | 'Other'>('Given', 'Missing', 'Other'),
    ended: mostly<undefined | 'Complete' | 'Failed'>(undefined, 'Complete', 'Failed'),
    takenAt: fc.integer({ min: 0, max: 60 }).map(minutesLater),
    journal,
  })
  .map(({ spec, metadata, approval, ended, journal: calls, ...rest }) => {
    const unapproved = aSnapshot({ ...rest, request: { metadata, spec: { ...spec, approvedPlan: undefined } } });
    const plan = planOf(unapproved);
    const entries = plan?.orders.slice(0, calls.length).map((order, index) => {
      const attempt = calls[index]?.attempt ?? 1;
      const { servers: ordered, resourceIds } = order;
      return aPlacement({
        servers: ordered,
        resourceIds,
        id: `${index + 1}.${attempt}`,
        attempt,
        plan: plan.id,
        ...calls[index]?.outcome,
        ...(calls[index]?.detail === undefined ? {} : { detail: calls[index].detail }),
      });
    });
    const evidence = new Map(entries?.flatMap(({ id }, index) => pair(id, calls[index]?.evidence)));
    const journaled = withStatus(
      { ...unapproved, evidence },
      {
        ...(entries === undefined || entries.length === 0 ? {} : { plan, placements: entries }),
        ...(ended === undefined ? {} : { conditions: [endedCondition(ended)] }),
      },
    );
    if (approval === 'Given') return approve(journaled);
    return { ...journaled, request: withApproval(journaled, approval === 'Other' ? anotherPlanId : undefined) };
  });

const withApproval = ({ request }: Snapshot, approvedPlan: string | undefined) => ({
  ...request,
  spec: { ...request.spec, approvedPlan },
});

const endedCondition = (type: 'Complete' | 'Failed') => ({
  type,
  status: 'True' as const,
  reason: type,
  message: 'It has ended.',
  lastTransitionTime: lookedAt.toISOString(),
  observedGeneration: 1,
});
