import { z } from 'zod';
import { count, listMap, text, timestamp } from './fields.ts';

/** Where a rule comes from, beside the operator's own safeguards: documents of Huawei Cloud. */
export const sources = {
  Operator: { title: 'a safeguard of the operator', url: undefined },
  RetireServer: {
    title: 'Can I unsubscribe from a physical server?',
    url: 'https://support.huaweicloud.com/intl/en-us/dcc_faq/dec_faq_0014.html',
  },
  NotAllowed: {
    title: 'Products that cannot be unsubscribed from',
    url: 'https://support.huaweicloud.com/eu/usermanual-billing/en-us_topic_0083138804.html',
  },
  Unsubscribe: {
    title: 'CancelResourcesSubscription',
    url: 'https://support.huaweicloud.com/api-oce/api_order_00019.html',
  },
  QueryResources: {
    title: 'ListPayPerUseCustomerResources',
    url: 'https://support.huaweicloud.com/api-oce/api_order_00021.html',
  },
  Fees: {
    title: 'Unsubscription rules and handling fees',
    url: 'https://support.huaweicloud.com/usermanual-billing/zh-cn_topic_0083138805.html',
  },
  Pools: {
    title: 'ShowResourceClusters',
    url: 'https://support.huaweicloud.com/api-dcc/dcc_api_05_0002.html',
  },
  Permissions: {
    title: 'Permissions of the billing centre',
    url: 'https://support.huaweicloud.com/api-oce/jac_00005.html',
  },
  Signatures: {
    title: 'Signing and its errors',
    url: 'https://support.huaweicloud.com/intl/ja-jp/devg-apisign/api-sign-0001.html',
  },
} as const;

export type Source = keyof typeof sources;

/**
 * The domain conditions of an UnsubscriptionRequest, in the order in which people read them, and the reasons each may
 * give besides its `True` one, with where the rule comes from. All are positive and always present; `Unknown` blocks just as
 * `False` does. `docs/rules.md` is made from this table.
 */
export const blockingConditions = {
  ServersResolved: {
    met: 'AllFound',
    reasons: {
      ServerNotFound: 'Operator',
      ServerNotSelected: 'Operator',
      ServerDeleting: 'Operator',
      ServerUnreadable: 'Operator',
      DuplicateServer: 'Operator',
      NotClaimed: 'Operator',
      ClaimedByOther: 'Operator',
      CallUnsettled: 'Operator',
      CannotRead: 'Operator',
    },
    reads: 'The DCCServer objects that the request names, the claim on each, and others for the same resource.',
  },
  ServersActive: {
    met: 'AllInUse',
    reasons: {
      ServerFrozen: 'RetireServer',
      ServerExpired: 'NotAllowed',
      AlreadyUnsubscribed: 'QueryResources',
      NotYearlyMonthly: 'QueryResources',
      NotPrimary: 'Unsubscribe',
      RegionMismatch: 'Operator',
      StatusUnknown: 'QueryResources',
      CannotRead: 'Operator',
    },
    reads: 'The billing row of each server: 2 in use, 3 closed, 4 frozen, 5 expired.',
  },
  AccountActive: {
    met: 'AccountInGoodStanding',
    reasons: {
      AccountFrozen: 'RetireServer',
      AccountInArrears: 'Signatures',
      WrongSite: 'Unsubscribe',
      CredentialsInvalid: 'Permissions',
      CannotRead: 'Operator',
    },
    reads:
      'The account: its debt, whether its domain is enabled, frozen resources, and the codes the cloud answers with.',
  },
  DependentsDrained: {
    met: 'NoVirtualMachineLeft',
    reasons: {
      VirtualMachinesRemain: 'RetireServer',
      RecycleBinNotEmpty: 'RetireServer',
      CountMismatch: 'Pools',
      CannotList: 'Operator',
    },
    reads:
      'Every source that can show a virtual machine on the server: ECS and its recycle bin, CCE, MRS, RDS, DeH, pool totals.',
  },
  DataProtected: {
    met: 'EveryVirtualMachineAccountedFor',
    reasons: {
      BackupMissing: 'RetireServer',
      BackupTooOld: 'RetireServer',
      BackupNotRestorable: 'RetireServer',
      VaultFrozen: 'RetireServer',
      CannotRead: 'Operator',
      FateUnknown: 'Operator',
      LedgerFull: 'Operator',
    },
    reads: 'What became of every virtual machine once seen on the server, and its backups.',
  },
  PortfolioComplete: {
    met: 'NothingLeftOut',
    reasons: {
      PortfolioPartial: 'RetireServer',
      PortfolioUndeclared: 'Unsubscribe',
      PortfolioTooLarge: 'Unsubscribe',
      AccountsDiffer: 'Operator',
    },
    reads: 'All DCCServer objects that share the portfolio, and whether the cloud has refused one of them alone.',
  },
  SecondariesHandled: {
    met: 'NoneLeftOver',
    reasons: { SecondaryResourcesPresent: 'RetireServer', CannotRead: 'Operator' },
    reads: 'Billing rows whose parent is one of the servers.',
  },
  OrdersSettled: {
    met: 'NoOpenOrder',
    reasons: { UnpaidOrder: 'Unsubscribe', TransactionInProgress: 'NotAllowed', CannotRead: 'Operator' },
    reads: 'The orders of the account that are unpaid, pending approval or in processing.',
  },
  RefundAcceptable: {
    met: 'NoGuardViolated',
    reasons: { BelowMinimum: 'Fees', CurrencyMismatch: 'Operator', EstimateUnavailable: 'Fees' },
    reads: 'The refund guard of the request, and an estimate from the bill and the table of fees.',
  },
  PlanReady: {
    met: 'PlanComplete',
    reasons: { InventoryIncomplete: 'Operator', RecordedPlanDiffers: 'Operator' },
    reads: 'What the orders are made of.',
  },
  Approved: {
    met: 'PlanApproved',
    reasons: { AwaitingApproval: 'Operator', ApprovedPlanDiffers: 'Operator', PlanNotReady: 'Operator' },
    reads: 'spec.approvedPlan and status.plan.id.',
  },
  HooksReleased: {
    met: 'NoHold',
    reasons: { Held: 'Operator' },
    reads: 'Annotations hold.dcc-operator.io/<owner>.',
  },
  PlacementAllowed: {
    met: 'Allowed',
    reasons: {
      Halted: 'Operator',
      ObserveOnly: 'Operator',
      Suspended: 'Operator',
      NotBefore: 'Operator',
      DeadlinePassed: 'Operator',
      BudgetExceeded: 'Operator',
      CannotRead: 'Operator',
    },
    reads:
      'The ConfigMap that halts the operator, its mode and its budget, spec.suspend, spec.notBefore and spec.deadline.',
  },
} as const satisfies Readonly<
  Record<string, { met: string; reasons: Readonly<Record<string, Source>>; reads: string }>
>;

export type BlockingCondition = keyof typeof blockingConditions;
export type BlockerReason<Type extends BlockingCondition> = Type extends BlockingCondition
  ? keyof (typeof blockingConditions)[Type]['reasons']
  : never;

/** Whether orders were placed, from the journal. Not a precondition. */
export type PlacedReason =
  | 'NothingPlaced'
  | 'IntentRecorded'
  | 'OutcomeUnknown'
  | 'Rejected'
  | 'OrderInProgress'
  | 'OrdersCompleted'
  | 'OrderCancelled';

/** The reasons of Ready on an UnsubscriptionRequest: the one word that `kubectl get` shows as its state. */
export type ReadyReason =
  | 'Observing'
  | 'Blocked'
  | 'AwaitingApproval'
  | 'Held'
  | 'Halted'
  | 'Suspended'
  | 'ObserveOnly'
  | 'NotBefore'
  | 'DeadlinePassed'
  | 'BudgetExceeded'
  | 'Ordering'
  | 'OutcomeUnknown'
  | 'OrderInProgress'
  | 'StillInUse'
  | 'RetryLater'
  | 'Unreadable'
  | 'Complete'
  | 'Failed';

export const conditionSchema = z
  .strictObject({
    type: text(64, 'What the condition is about.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('Unknown blocks just as False does.'),
    reason: text(64, 'One word for machines: why the condition has this status.'),
    message: z.string().max(2048).describe('One sentence or more for people: the fact first, the remedy last.'),
    lastTransitionTime: timestamp('When the status last changed.'),
    observedGeneration: count('The metadata.generation that the condition was computed from.').optional(),
  })
  .describe('One aspect of the state of the object.');
export type Condition = z.infer<typeof conditionSchema>;

export const conditions = listMap(conditionSchema, 'type', 32, 'Every aspect of the state, one entry a type.');
