import { z } from 'zod';
import { count, listMap, text, timestamp } from './fields.ts';

/**
 * The domain conditions of an UnsubscriptionRequest, in the order in which people read them, and the reasons each may
 * give besides its `True` one. All are positive and always present; `Unknown` blocks just as `False` does.
 */
export const blockingConditions = {
  ServersResolved: {
    met: 'AllFound',
    reasons: [
      'ServerNotFound',
      'ServerNotSelected',
      'ServerDeleting',
      'ServerUnreadable',
      'DuplicateServer',
      'NotClaimed',
      'ClaimedByOther',
      'CallUnsettled',
    ],
    reads: 'The DCCServer objects that the request names, and the claim on each.',
  },
  ServersActive: {
    met: 'AllInUse',
    reasons: [
      'ServerFrozen',
      'ServerExpired',
      'AlreadyUnsubscribed',
      'NotYearlyMonthly',
      'NotPrimary',
      'RegionMismatch',
      'StatusUnknown',
      'CannotRead',
    ],
    reads: 'The billing row of each server: 2 in use, 3 closed, 4 frozen, 5 expired.',
  },
  AccountActive: {
    met: 'AccountInGoodStanding',
    reasons: ['AccountFrozen', 'AccountInArrears', 'WrongSite', 'CredentialsInvalid', 'CannotRead'],
    reads:
      'The account: its debt, whether its domain is enabled, frozen resources, and the codes the cloud answers with.',
  },
  DependentsDrained: {
    met: 'NoVirtualMachineLeft',
    reasons: ['VirtualMachinesRemain', 'RecycleBinNotEmpty', 'CountMismatch', 'CannotList'],
    reads:
      'Every source that can show a virtual machine on the server: ECS and its recycle bin, CCE, MRS, RDS, DeH, pool totals.',
  },
  DataProtected: {
    met: 'EveryVirtualMachineAccountedFor',
    reasons: [
      'BackupMissing',
      'BackupTooOld',
      'BackupNotRestorable',
      'VaultFrozen',
      'FateUnknown',
      'LedgerFull',
      'CannotRead',
    ],
    reads: 'What became of every virtual machine once seen on the server, and its backups.',
  },
  PortfolioComplete: {
    met: 'NothingLeftOut',
    reasons: ['PortfolioPartial', 'PortfolioTooLarge', 'AccountsDiffer'],
    reads: 'All DCCServer objects that share the portfolio.',
  },
  SecondariesHandled: {
    met: 'NoneLeftOver',
    reasons: ['SecondaryResourcesPresent', 'CannotRead'],
    reads: 'Billing rows whose parent is one of the servers.',
  },
  OrdersSettled: {
    met: 'NoOpenOrder',
    reasons: ['UnpaidOrder', 'TransactionInProgress', 'CannotRead'],
    reads: 'The orders of the account that are unpaid, pending approval or in processing.',
  },
  RefundAcceptable: {
    met: 'NoGuardViolated',
    reasons: ['EstimateUnavailable'],
    reads: 'The refund guard of the request.',
  },
  PlanReady: {
    met: 'PlanComplete',
    reasons: ['InventoryIncomplete', 'RecordedPlanDiffers'],
    reads: 'What the orders are made of.',
  },
  Approved: {
    met: 'PlanApproved',
    reasons: ['AwaitingApproval', 'ApprovedPlanDiffers', 'PlanNotReady'],
    reads: 'spec.approvedPlan and status.plan.id.',
  },
  HooksReleased: {
    met: 'NoHold',
    reasons: ['Held'],
    reads: 'Annotations hold.dcc-operator.io/<owner>.',
  },
  PlacementAllowed: {
    met: 'Allowed',
    reasons: ['ObserveOnly', 'Suspended', 'NotBefore', 'DeadlinePassed'],
    reads: 'The operator mode, spec.suspend, spec.notBefore and spec.deadline.',
  },
} as const;

export type BlockingCondition = keyof typeof blockingConditions;
export type BlockerReason<Type extends BlockingCondition> = (typeof blockingConditions)[Type]['reasons'][number];

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
  | 'Suspended'
  | 'ObserveOnly'
  | 'NotBefore'
  | 'DeadlinePassed'
  | 'Ordering'
  | 'OutcomeUnknown'
  | 'OrderInProgress'
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
