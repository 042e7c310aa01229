import type { BlockerReason, BlockingCondition } from '../../operator/api/conditions.ts';
import type { DCCServerStatus } from '../../operator/api/dccserver.ts';
import type { UnsubscriptionRequestSpec } from '../../operator/api/unsubscriptionrequest.ts';
import { namespacesRefused } from '../../operator/cluster.ts';
import { refundRates } from '../../operator/refund-rates.ts';
import type { Blocker } from '../../operator/unsubscription/blockers/rule.ts';
import type {
  AccountState,
  Dependents,
  FoundServer,
  Snapshot,
  Subscription,
} from '../../operator/unsubscription/snapshot.ts';
import { aDepartedMachine, aSeenMachine, machinesSeen } from './dccserver.ts';
import { lookedAt, minutesLater } from './metadata.ts';
import { aMachine, anAccount, anOpenOrder, aSubscription, dependents, read, unreadable } from './observation.ts';
import { aFoundServer, aSnapshot, withJournal } from './snapshot.ts';
import { anotherPlanId } from './unsubscriptionrequest.ts';

const oneServer = (changes: Parameters<typeof aFoundServer>[1]) =>
  aSnapshot({ servers: [aFoundServer('server-1', changes)] });
const subscribed = (changes: Partial<Subscription>) =>
  oneServer({ observation: { subscription: read(aSubscription(changes)) } });
const carrying = (changes: Partial<Dependents>) =>
  oneServer({ observation: { dependents: read(dependents(changes)) } });
const inAccount = (changes: Partial<AccountState>) => oneServer({ observation: { account: read(anAccount(changes)) } });
const remembering = (status: Partial<DCCServerStatus>) => oneServer({ status });
const departed = (changes: Parameters<typeof aDepartedMachine>[1]) =>
  remembering({ departed: [aDepartedMachine('vm-1', { backup: undefined, ...changes })] });
const noSubscription = oneServer({ observation: { subscription: unreadable('Unavailable', 'Billing rows') } });
const noAccount = (cause: Parameters<typeof unreadable>[0]) =>
  oneServer({ observation: { account: unreadable(cause, 'The account') } });
const asking = (spec: Partial<UnsubscriptionRequestSpec>) => aSnapshot({ request: { spec } });
const held = { annotations: { 'hold.dcc-operator.io/finance': 'until April' } };
const portfolioOf = (count: number) =>
  Array.from({ length: count }, (_, index) => aFoundServer(`server-${index + 1}`, { spec: { portfolio: 'suite' } }));
/** A year that begins in an hour and was paid with 900: all of it would come back. */
const aYear = { begin: minutesLater(60), end: minutesLater(60 * 24 * 366), paid: '900', currency: 'CNY' };
const refunding = (minimum: string, currency: string, paid: FoundServer['paid'] = read([aYear])) =>
  aSnapshot({
    servers: [aFoundServer('server-1', { paid })],
    refundRates: refundRates.parse('{"feePercent":{"1":[10]}}'),
    request: { spec: { refund: { minimum, currency } } },
  });
const disk = { resourceId: 'disk-1', name: 'data', type: 'hws.resource.type.volume' };

type Row<Type extends BlockingCondition> = readonly [
  changed: string,
  snapshot: Snapshot,
  status: Blocker['status'],
  reason: BlockerReason<Type>,
  says: string,
  alongside?: readonly BlockingCondition[],
];

/** For each condition: what is changed in a snapshot in which every rule holds, and what the condition then says. */
const table: { [Type in BlockingCondition]: readonly Row<Type>[] } = {
  ServersResolved: [
    [
      'a call of a request that is gone was never settled',
      oneServer({
        status: { unsubscription: { request: 'gone', state: 'Unknown', signedAt: minutesLater(-60).toISOString() } },
      }),
      'Unknown',
      'CallUnsettled',
      'A call of the request gone',
    ],
    [
      'an order of a call whose request is gone may be completed, and does not show yet',
      aSnapshot({ servers: [aFoundServer('server-1', { abandonedOrders: read(['CS1']) })] }),
      'Unknown',
      'CallUnsettled',
      'Order CS1 may be that of a call for server-1',
    ],
    [
      'another request has a call for the resource open, which had another name then',
      oneServer({ openElsewhere: { resourceId: 'resource-1', request: 'shop/retire', isUnreadable: false } }),
      'False',
      'CallUnsettled',
      'The request shop/retire has a call for resource-1 open.',
    ],
    [
      'a request that cannot be understood names the resource',
      oneServer({ openElsewhere: { resourceId: 'resource-1', request: 'shop/retire', isUnreadable: true } }),
      'Unknown',
      'CallUnsettled',
      'may have a call for resource-1 open',
    ],
    [
      'the server does not exist',
      aSnapshot({ servers: [{ kind: 'Missing', name: 'server-1' }] }),
      'False',
      'ServerNotFound',
      'no DCCServer server-1',
      ['PlanReady', 'Approved'],
    ],
    [
      'the server is left to another operator',
      aSnapshot({ servers: [{ kind: 'NotSelected', name: 'server-1', selector: 'installation=north' }] }),
      'False',
      'ServerNotSelected',
      'labels do not match installation=north',
      ['PlanReady', 'Approved'],
    ],
    [
      'the object of the server does not parse',
      aSnapshot({ servers: [{ kind: 'Unreadable', name: 'server-1', problem: 'no region' }] }),
      'Unknown',
      'ServerUnreadable',
      'no region',
      ['PlanReady', 'Approved'],
    ],
    [
      'the server is being deleted',
      oneServer({ metadata: { deletionTimestamp: '2026-03-01T11:00:00Z' } }),
      'False',
      'ServerDeleting',
      'server-1',
    ],
    [
      'another object stands for it',
      oneServer({ duplicateOf: read('server-9') }),
      'False',
      'DuplicateServer',
      'server-9',
    ],
    [
      'a namespace may not be read in which another object may stand for it',
      oneServer({ duplicateOf: { kind: 'Unreadable', failure: namespacesRefused(['x']) } }),
      'Unknown',
      'CannotRead',
      'The operator may not read x',
    ],
    ['nobody has claimed the server', remembering({ claim: undefined }), 'Unknown', 'NotClaimed', 'server-1'],
    [
      'another request has claimed the server',
      remembering({ claim: { name: 'other', uid: 'uid-of-other' } }),
      'False',
      'ClaimedByOther',
      'the request other',
    ],
    [
      'a request that was deleted and made anew under its name finds its old claim',
      remembering({ claim: { name: 'retire', uid: 'uid-of-an-earlier-one' } }),
      'False',
      'ClaimedByOther',
      'the request retire',
    ],
  ],
  ServersActive: [
    ['the server is frozen', subscribed({ status: 'Frozen' }), 'False', 'ServerFrozen', 'resource-of-server-1'],
    ['it has expired', subscribed({ status: 'Expired' }), 'False', 'ServerExpired', 'resource-of-server-1'],
    ['it is closed', subscribed({ status: 'Closed' }), 'False', 'AlreadyUnsubscribed', 'resource-of-server-1'],
    [
      'its billing row is gone after an earlier request',
      oneServer({
        status: { unsubscription: { request: 'earlier', state: 'Completed' } },
        observation: { subscription: read(aSubscription({ status: 'Absent' })) },
      }),
      'False',
      'AlreadyUnsubscribed',
      'the request earlier',
    ],
    ['it has no billing row', subscribed({ status: 'Absent' }), 'False', 'NotYearlyMonthly', 'resource-of-server-1'],
    ['it hangs on another resource', subscribed({ isPrimary: false }), 'False', 'NotPrimary', 'resource-of-server-1'],
    ['its region is another', subscribed({ region: 'cn-south-1' }), 'False', 'RegionMismatch', 'region cn-south-1'],
    ['its project is another', subscribed({ projectId: 'feed' }), 'False', 'RegionMismatch', 'project feed'],
    [
      'its status is of tomorrow',
      subscribed({ status: 'Unknown' }),
      'Unknown',
      'StatusUnknown',
      'resource-of-server-1',
    ],
    [
      'its billing row cannot be read',
      noSubscription,
      'Unknown',
      'CannotRead',
      'Billing rows cannot be read',
      ['SecondariesHandled', 'PlanReady', 'Approved'],
    ],
  ],
  AccountActive: [
    ['the account owes money', inAccount({ inArrears: true, debt: '12.50' }), 'False', 'AccountInArrears', 'arrears'],
    [
      'the cloud answers that the account is frozen',
      noAccount('AccountFrozen'),
      'Unknown',
      'AccountFrozen',
      'The account cannot be read',
      ['OrdersSettled'],
    ],
    [
      'the account belongs to another site',
      noAccount('WrongSite'),
      'Unknown',
      'WrongSite',
      'The account cannot be read',
      ['OrdersSettled'],
    ],
    [
      'the credentials are refused',
      noAccount('Credentials'),
      'Unknown',
      'CredentialsInvalid',
      'The account cannot be read',
      ['OrdersSettled'],
    ],
    [
      'the account cannot be read',
      noAccount('Permission'),
      'Unknown',
      'CannotRead',
      'The account cannot be read',
      ['OrdersSettled'],
    ],
  ],
  DependentsDrained: [
    ['a machine is on it', carrying({ machines: [aMachine('vm-1')] }), 'False', 'VirtualMachinesRemain', 'vm-1'],
    [
      'a machine is in the recycle bin',
      carrying({ machines: [aMachine('vm-1', { status: 'InRecycleBin' })] }),
      'False',
      'RecycleBinNotEmpty',
      'vm-1',
    ],
    [
      'the pool counts more than is listed',
      carrying({ mismatch: { source: 'The DCC pool', counted: 3, listed: 2, excluded: 0 } }),
      'False',
      'CountMismatch',
      'The DCC pool counts 3',
    ],
    [
      'its machines cannot be listed',
      oneServer({ observation: { dependents: unreadable('Unavailable', 'ECS servers') } }),
      'Unknown',
      'CannotList',
      'ECS servers cannot be read',
    ],
  ],
  DataProtected: [
    [
      'a machine was deleted without a backup',
      departed({ problem: 'BackupMissing' }),
      'False',
      'BackupMissing',
      'vm-1 was deleted without a backup',
    ],
    [
      'a deleted machine has neither a backup nor a problem on record',
      departed({}),
      'False',
      'BackupMissing',
      'vm-1 was deleted without a backup',
    ],
    [
      'the last backup of a deleted machine was old',
      departed({ problem: 'BackupTooOld' }),
      'False',
      'BackupTooOld',
      'vm-1 was deleted with a backup older than spec.backup.maxAge',
    ],
    [
      'the vault of the backup of a deleted machine is frozen',
      departed({ problem: 'VaultFrozen' }),
      'False',
      'VaultFrozen',
      'vm-1 was deleted with a backup whose vault is frozen',
    ],
    [
      'the backup of a deleted machine was deleted since the last written observation',
      oneServer({
        status: { departed: [aDepartedMachine('vm-1')] },
        observation: {
          departed: read([aDepartedMachine('vm-1', { backup: undefined, problem: 'BackupMissing' })]),
        },
      }),
      'False',
      'BackupMissing',
      'vm-1 was deleted without a backup',
    ],
    [
      'the backups of a deleted machine cannot be read now',
      oneServer({
        status: { departed: [aDepartedMachine('vm-1')] },
        observation: { departed: unreadable('Permission', 'CBR backups') },
      }),
      'Unknown',
      'CannotRead',
      'CBR backups cannot be read',
    ],
    [
      'the backup of a machine that is still there cannot be restored',
      carrying({ machines: [aMachine('vm-1', { backup: { kind: 'Unprotected', problem: 'BackupNotRestorable' } })] }),
      'False',
      'BackupNotRestorable',
      'vm-1 is still on the server with a backup that cannot be restored',
      ['DependentsDrained'],
    ],
    [
      'it is not established what became of a machine',
      departed({ fate: 'Unknown' }),
      'Unknown',
      'FateUnknown',
      'What became of vm-1',
    ],
    [
      'a machine without a name is not accounted for',
      departed({ fate: 'Unknown', name: '' }),
      'Unknown',
      'FateUnknown',
      'What became of id-of-vm-1',
    ],
    [
      'a machine went since the last written observation',
      remembering({ virtualMachines: machinesSeen(aSeenMachine('vm-1')) }),
      'Unknown',
      'FateUnknown',
      'What became of vm-1',
    ],
    [
      'it was never observed',
      remembering({ virtualMachines: undefined }),
      'Unknown',
      'FateUnknown',
      'not been observed',
    ],
    [
      'its lists once could not hold every machine',
      remembering({ ledgerIncomplete: true }),
      'Unknown',
      'LedgerFull',
      'than can be followed',
    ],
    [
      'the backups of a machine that is still there cannot be read',
      carrying({ machines: [aMachine('vm-1', { backup: unreadable('Permission', 'CBR backups') })] }),
      'Unknown',
      'CannotRead',
      'CBR backups cannot be read',
      ['DependentsDrained'],
    ],
  ],
  PortfolioComplete: [
    [
      'the cloud has refused it alone before, and nobody has declared a portfolio',
      remembering({ unsubscription: { request: 'earlier', state: 'Rejected', code: 'CBC.99003185' } }),
      'False',
      'PortfolioUndeclared',
      'refused to give server-1 back alone',
    ],
    [
      'the cloud has refused the servers of its portfolio before, and nobody has declared another',
      aSnapshot({
        servers: ['server-1', 'server-2'].map((name) =>
          aFoundServer(name, {
            spec: { portfolio: 'suite' },
            status: {
              unsubscription: {
                request: 'earlier',
                state: 'Rejected',
                code: 'CBC.99003185',
                orderedWith: ['resource-of-server-1', 'resource-of-server-2', 'resource-of-server-3'],
              },
            },
          }),
        ),
      }),
      'False',
      'PortfolioUndeclared',
      'refused to give server-1 back with server-2 only (CBC.99003185): suite has more members',
    ],
    [
      'its portfolio has another server',
      aSnapshot({ servers: portfolioOf(1), portfolios: new Map([['suite', ['server-1', 'server-2']]]) }),
      'False',
      'PortfolioPartial',
      'server-2',
    ],
    [
      'its portfolio has more servers than one call takes',
      aSnapshot({ servers: portfolioOf(11) }),
      'False',
      'PortfolioTooLarge',
      '11 servers',
    ],
    [
      'the servers of its portfolio have different credentials',
      aSnapshot({
        servers: [
          ...portfolioOf(1),
          aFoundServer('server-0', { spec: { portfolio: 'suite', credentialsSecretRef: { name: 'other' } } }),
        ],
      }),
      'False',
      'AccountsDiffer',
      'different credentials',
    ],
  ],
  SecondariesHandled: [
    [
      'a disk hangs on it',
      subscribed({ secondaries: [disk] }),
      'False',
      'SecondaryResourcesPresent',
      'data (hws.resource.type.volume)',
    ],
    [
      'what hangs on it cannot be read',
      noSubscription,
      'Unknown',
      'CannotRead',
      'Billing rows cannot be read',
      ['ServersActive', 'PlanReady', 'Approved'],
    ],
  ],
  OrdersSettled: [
    [
      'an order is not paid',
      inAccount({ openOrders: [anOpenOrder({ state: 'Unpaid' })] }),
      'False',
      'UnpaidOrder',
      'CS2601010000',
    ],
    [
      'an order is being processed',
      inAccount({ openOrders: [anOpenOrder()] }),
      'False',
      'TransactionInProgress',
      'CS2601010000 is being processed',
    ],
    [
      'an order awaits approval',
      inAccount({ openOrders: [anOpenOrder({ state: 'PendingApproval' })] }),
      'False',
      'TransactionInProgress',
      'CS2601010000 is awaiting approval',
    ],
    [
      'the orders cannot be read',
      noAccount('Unparsable'),
      'Unknown',
      'CannotRead',
      'The account cannot be read',
      ['AccountActive'],
    ],
  ],
  RefundAcceptable: [
    [
      'a least refund is demanded, and no table of fees is there to estimate it by',
      asking({ refund: { minimum: '1200', currency: 'CNY' } }),
      'Unknown',
      'EstimateUnavailable',
      '1200 CNY is demanded, and it cannot be estimated: No table',
    ],
    [
      'a least refund is demanded, and the bill cannot be read',
      refunding('1', 'CNY', unreadable('Unavailable', 'The bill')),
      'Unknown',
      'EstimateUnavailable',
      'server-1: The bill cannot be read',
    ],
    ['less is estimated than is demanded', refunding('900.01', 'CNY'), 'False', 'BelowMinimum', '900.01 CNY'],
    [
      'a refund in another currency is demanded',
      refunding('1', 'USD'),
      'False',
      'CurrencyMismatch',
      'in USD is demanded, and the servers were paid for in CNY',
    ],
  ],
  PlanReady: [
    [
      'a server of the plan is not known',
      aSnapshot({ servers: [aFoundServer(), { kind: 'Missing', name: 'server-2' }] }),
      'Unknown',
      'InventoryIncomplete',
      'cannot be planned',
      ['ServersResolved', 'Approved'],
    ],
    [
      'the recorded plan is not that of the journal',
      withJournal(aSnapshot(), { plan: anotherPlanId, state: 'NotSent' }),
      'Unknown',
      'RecordedPlanDiffers',
      'not what was approved',
      ['Approved'],
    ],
  ],
  Approved: [
    ['nobody approved', asking({ approvedPlan: undefined }), 'False', 'AwaitingApproval', 'Nobody has approved plan-'],
    [
      'another plan is approved',
      asking({ approvedPlan: anotherPlanId }),
      'False',
      'ApprovedPlanDiffers',
      `${anotherPlanId} is not the plan`,
    ],
    [
      'a plan is approved and the plan of now is not known',
      aSnapshot({
        servers: [aFoundServer(), { kind: 'Missing', name: 'server-2' }],
        request: { spec: { approvedPlan: anotherPlanId } },
      }),
      'Unknown',
      'PlanNotReady',
      'not known',
      ['ServersResolved', 'PlanReady'],
    ],
  ],
  HooksReleased: [
    [
      'the request is held back',
      aSnapshot({ request: { metadata: held } }),
      'False',
      'Held',
      'finance holds the request',
    ],
    ['a server is held back', oneServer({ metadata: held }), 'False', 'Held', 'finance holds DCCServer server-1'],
  ],
  PlacementAllowed: [
    [
      'people have halted the operator',
      aSnapshot({ halt: read({ configMap: 'ConfigMap dcc-system/halt', reason: 'INC-42, Anna' }) }),
      'False',
      'Halted',
      'halted by the ConfigMap dcc-system/halt: INC-42, Anna',
    ],
    [
      'people have halted it and say no reason',
      aSnapshot({ halt: read({ configMap: 'ConfigMap dcc-system/halt', reason: undefined }) }),
      'False',
      'Halted',
      'halted by the ConfigMap dcc-system/halt.',
    ],
    [
      'whether it is halted cannot be read',
      aSnapshot({ halt: unreadable('Permission', 'The ConfigMap dcc-system/halt') }),
      'Unknown',
      'CannotRead',
      'The ConfigMap dcc-system/halt cannot be read',
    ],
    [
      'as many orders are open as may be',
      aSnapshot({ exceeded: { limit: 'open', most: 10 } }),
      'False',
      'BudgetExceeded',
      'open as may be at a time: 10',
    ],
    [
      'as many were placed within the hour as may be',
      aSnapshot({ exceeded: { limit: 'perHour', most: 60 } }),
      'False',
      'BudgetExceeded',
      'placed within an hour as may be: 60',
    ],
    ['the operator only observes', aSnapshot({ mode: 'ObserveOnly' }), 'False', 'ObserveOnly', 'only observes'],
    ['the request is suspended', asking({ suspend: true }), 'False', 'Suspended', 'suspended'],
    [
      'it is too early by a minute',
      asking({ notBefore: minutesLater(1).toISOString() }),
      'False',
      'NotBefore',
      '2026-03-01T12:01:00.000Z',
    ],
    [
      'the deadline is now',
      asking({ deadline: lookedAt.toISOString() }),
      'False',
      'DeadlinePassed',
      '2026-03-01T12:00:00.000Z',
    ],
  ],
};

export interface BlockedCase {
  changed: string;
  snapshot: Snapshot;
  condition: string;
  status: Blocker['status'];
  reason: string;
  /** Words of the message by which a person knows what is meant. */
  says: string;
  /** Other conditions that rightly block as well. */
  alongside: readonly string[];
}

/** Snapshots that one change made unfit for an order, with what the conditions say of each. */
export const blockedCases: readonly BlockedCase[] = Object.entries(table).flatMap(([condition, rows]) =>
  rows.map(([changed, snapshot, status, reason, says, alongside = []]) => ({
    changed,
    snapshot,
    condition,
    status,
    reason,
    says,
    alongside,
  })),
);
