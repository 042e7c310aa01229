import { minutes, seconds } from '../../operator/clock.ts';
import type {
  AccountState,
  BackupJudgement,
  DependentMachine,
  Dependents,
  OpenOrder,
  ReadFailure,
  Reading,
  ServerObservation,
  Subscription,
} from '../../operator/inventory/observation.ts';
import { lookedAt } from './metadata.ts';

export const read = <Value>(value: Value): Reading<Value> => ({ kind: 'Read', value });

/** A source that could not be read; its words end as the operator's own do. */
export const unreadable = (
  cause: ReadFailure['cause'] = 'Unavailable',
  source = 'The billing centre',
): { kind: 'Unreadable'; failure: ReadFailure } => ({
  kind: 'Unreadable',
  failure: { source, cause, message: 'connect ECONNREFUSED.', remedy: 'Wait: it is read again.' },
});

/** An account that owes nothing. */
export const anAccount = (changes: Partial<AccountState> = {}): AccountState => ({
  debt: '0',
  currency: 'CNY',
  inArrears: false,
  openOrders: [],
  cloudTime: lookedAt,
  ...changes,
});

/** An order of the type of service that `aSubscription` has. */
export const anOpenOrder = (changes: Partial<OpenOrder> = {}): OpenOrder => ({
  orderId: 'CS2601010000',
  state: 'Processing',
  serviceTypeCode: 'hws.service.type.dcc',
  ...changes,
});

/** A subscription in use, without secondary resources. */
export const aSubscription = (changes: Partial<Subscription> = {}): Subscription => ({
  status: 'InUse',
  isPrimary: true,
  region: undefined,
  projectId: undefined,
  serviceTypeCode: 'hws.service.type.dcc',
  effectiveTime: '2026-01-01T00:00:00Z',
  expireTime: '2027-01-01T00:00:00Z',
  autoRenewal: false,
  secondaries: [],
  ...changes,
});

export const backedUp: BackupJudgement = { kind: 'Protected', id: 'backup-1', createdAt: '2026-03-01T03:00:00Z' };

/** A running ECS with a backup. */
export const aMachine = (name: string, changes: Partial<DependentMachine> = {}): DependentMachine => ({
  id: `id-of-${name}`,
  name,
  service: 'ECS',
  status: 'ACTIVE',
  placed: 'Here',
  backup: backedUp,
  ...changes,
});

/** An empty server, as the mapping in spec tells. */
export const dependents = (changes: Partial<Dependents> = {}): Dependents => ({
  basis: 'Mapping',
  machines: [],
  mismatch: undefined,
  aliveElsewhere: new Set(),
  ...changes,
});

/** One look at an empty server in use, all sources read. */
export const anObservation = (changes: Partial<ServerObservation> = {}): ServerObservation => ({
  observedAt: lookedAt,
  readBy: seconds(0),
  nextPollAt: minutes(1),
  account: read(anAccount()),
  subscription: read(aSubscription()),
  dependents: read(dependents()),
  autoPlacement: false,
  departed: read([]),
  ...changes,
});
