import { z } from 'zod';
import { blockingConditions, conditions } from './conditions.ts';
import {
  amount,
  count,
  currency,
  duration,
  formatted,
  immutable,
  list,
  listMap,
  objectName,
  rules,
  set,
  text,
  timestamp,
} from './fields.ts';

const frozen = (field: string) =>
  immutable(`${field} cannot be changed: a request is one-shot. Delete this request and create another.`);

const reasonTypes = ['ProductNotGood', 'MissingFunctions', 'TooComplex', 'ServiceNotGood', 'Other'] as const;
export type ReasonType = (typeof reasonTypes)[number];

const planIdField = (description: string) =>
  formatted(
    32,
    /^plan-[0-9a-f]{24}$/,
    'Copy the plan id from status.plan.id: plan- and 24 hexadecimal digits.',
    description,
  );

const serverRef = z
  .strictObject({ name: objectName('Name of a DCCServer in the same namespace.') })
  .describe('A server.');

const reasonSpec = z
  .strictObject({
    type: z.enum(reasonTypes).describe('Why the server is given back; passed to the cloud.'),
    text: text(200, 'The reason in words; passed to the cloud.').optional(),
  })
  .meta({ description: 'The reason that the cloud asks for.', ...rules(frozen('reason')) });

const acknowledgement =
  'Set spec.acknowledge.dataUnrecoverable and spec.acknowledge.handlingFee to true: after the unsubscription the data cannot be recovered, and the cloud charges a handling fee.';

const acknowledgeSpec = z
  .strictObject({
    dataUnrecoverable: z
      .boolean()
      .describe('I know that data on the server cannot be recovered afterwards.')
      .optional(),
    handlingFee: z.boolean().describe('I know that the cloud charges a handling fee.').optional(),
  })
  .meta({
    description: 'The confirmation that the console asks for with a checkbox. Both must be true.',
    ...rules(frozen('acknowledge')),
  });

const refundSpec = z
  .strictObject({
    minimum: amount('Least refund at which the order may be placed.'),
    currency: currency('Currency of the minimum.'),
  })
  .meta({ description: 'Guard on the refund: nothing is ordered when less is expected.', ...rules(frozen('refund')) });

/** Most servers that one request names. */
const mostServers = 50;

export const unsubscriptionRequestSpecSchema = z
  .strictObject({
    servers: z
      .array(serverRef)
      .min(1)
      .max(mostServers)
      .meta({
        description: 'The servers to unsubscribe, each once.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        ...rules(frozen('servers')),
      }),
    scope: z.enum(['ResourceAndRenewals', 'RenewalsOnly']).meta({
      description:
        'ResourceAndRenewals gives the server back. RenewalsOnly cancels renewed periods that have not begun and keeps the server.',
      ...rules(frozen('scope')),
    }),
    reason: reasonSpec,
    acknowledge: acknowledgeSpec.optional(),
    refund: refundSpec.optional(),
    secondaryResources: z
      .enum(['Refuse', 'Separately'])
      .meta({
        description:
          'What to do with resources that the cloud would unsubscribe together with a server. Refuse (when omitted): block. Separately: order each by itself, before its server.',
        ...rules(frozen('secondaryResources')),
      })
      .optional(),
    onFailure: z
      .enum(['Stop', 'Continue'])
      .meta({
        description:
          'What happens to the remaining orders when one fails: it was refused, in whole or in part, or cancelled, or ten attempts had no effect. Stop when omitted.',
        ...rules(frozen('onFailure')),
      })
      .optional(),
    notBefore: timestamp('Nothing is ordered before this time.')
      .meta(rules(frozen('notBefore')))
      .optional(),
    deadline: timestamp('Nothing is ordered after this time.')
      .meta(rules(frozen('deadline')))
      .optional(),
    drainTimeout: duration(
      'When virtual machines remain for longer than this, it is reported as a warning. It never makes the operator proceed.',
      [frozen('drainTimeout')],
    ).optional(),
    suspend: z.boolean().describe('While true nothing is ordered. May be changed at any time.').optional(),
    approvedPlan: planIdField(
      'Id of the plan that a person approved: must equal status.plan.id when the order is placed. May be changed at any time.',
    ).optional(),
  })
  .refine(
    (spec) => spec.acknowledge?.dataUnrecoverable === true && spec.acknowledge.handlingFee === true,
    acknowledgement,
  )
  .meta({
    description: 'What is to be unsubscribed. Only approvedPlan and suspend may change.',
    ...rules(
      {
        rule: 'has(self.acknowledge) && has(self.acknowledge.dataUnrecoverable) && self.acknowledge.dataUnrecoverable && has(self.acknowledge.handlingFee) && self.acknowledge.handlingFee',
        message: acknowledgement,
      },
      ...['refund', 'secondaryResources', 'onFailure', 'notBefore', 'deadline', 'drainTimeout'].map((field) => ({
        rule: `has(self.${field}) == has(oldSelf.${field})`,
        message: `${field} cannot be added or removed: a request is one-shot. Delete this request and create another.`,
      })),
    ),
  });
export type UnsubscriptionRequestSpec = z.infer<typeof unsubscriptionRequestSpecSchema>;

// A portfolio may have more servers than one call takes: such a plan is shown, and blocked as PortfolioTooLarge.
const plannedOrder = z
  .strictObject({
    servers: set(text(253, 'Name of a DCCServer.'), mostServers, 'The servers that the call gives back.'),
    // Plans that were recorded by an older version have none, and such a request is to be followed to its end all the same.
    serverUids: set(
      text(64, 'Uid of a DCCServer.'),
      mostServers,
      'The uids of the servers, in the same order. The approval is for these very objects: of a DCCServer that is made anew under its name, or of one in another cluster, nobody has approved anything.',
    ).optional(),
    resourceIds: set(text(64, 'A resource id.'), mostServers, 'The resource ids as they would be sent, in one call.'),
    relyingOn: list(
      text(1_024, 'One statement.'),
      7_000,
      'What people state about the servers, which the cloud cannot confirm: where their virtual machines are looked for, which do not count, what is demanded of backups. The approval covers it.',
    ),
  })
  .describe('One call to the cloud.');
export type PlannedOrder = z.infer<typeof plannedOrder>;

const estimateStatus = z
  .strictObject({
    refund: amount('What would be refunded.').optional(),
    atLeast: amount(
      'What would be refunded if nothing is paid back unconditionally. The guard of the request is compared with this.',
    ).optional(),
    fee: amount('The handling fee.').optional(),
    currency: currency('Currency of the amounts.').optional(),
    asOf: timestamp('The hour that the amounts are worked out for: refunds go by full hours.').optional(),
    note: text(512, 'What the amounts are, or why there are none.'),
  })
  .describe(
    'An estimate of the refund by the published formula. The cloud tells no refund beforehand: the bill decides.',
  );
export type EstimateStatus = z.infer<typeof estimateStatus>;

const planStatus = z
  .strictObject({
    id: planIdField('What spec.approvedPlan must be to approve this plan.'),
    orders: list(plannedOrder, 550, 'The calls in the order in which they would be made.'),
    estimate: estimateStatus.optional(),
  })
  .describe('What would be ordered.');
export type Plan = z.infer<typeof planStatus>;

const failedResource = z
  .strictObject({
    resourceId: text(64, 'The resource id.'),
    code: z.string().max(64).describe("The cloud's error code."),
    message: z.string().max(512).describe("The cloud's words."),
  })
  .describe('A resource that the cloud refused.');

const orderState = z
  .strictObject({
    orderId: text(64, 'Id of the unsubscription order.'),
    state: text(
      64,
      'State of the order: PendingApproval, PendingRefund, Processing, Completed, Cancelled, or as the cloud says it.',
    ),
    refund: amount('Amount refunded.').optional(),
    fee: amount('Handling fee.').optional(),
    currency: currency('Currency of the amounts.').optional(),
  })
  .describe('An order that the cloud accepted.');
export type OrderState = z.infer<typeof orderState>;

const placement = z
  .strictObject({
    id: text(32, 'Number of the order in the plan and of the attempt: 1.1, 1.2, 2.1.'),
    plan: planIdField('The plan that was approved when the intent was written.'),
    attempt: count('How many times this order was intended, this time included.'),
    servers: set(text(253, 'Name of a DCCServer.'), 10, 'The servers concerned.'),
    resourceIds: set(text(64, 'A resource id.'), 10, 'What was sent.'),
    state: z
      .enum(['Intended', 'Accepted', 'Rejected', 'NotSent', 'Unknown', 'NotPlaced'])
      .describe(
        'Intended: written before the call. Accepted: answered, read back or stated by a person. Rejected: as the cloud answered. NotSent: the call never left. Unknown: the answer was lost, or says nothing for certain. NotPlaced: the cloud has no such order, as was read back or stated by a person.',
      ),
    account: text(64, 'Id of the account (domain) that the call was signed for.').optional(),
    serviceType: text(128, 'Service type code of its resources, by which its order is told from others.').optional(),
    signedAt: timestamp(
      "The cloud's time at which the call was signed. Its gateway refuses the call 15 minutes later.",
    ),
    holder: text(253, 'Which process of the operator wrote the intent.'),
    estimate: z
      .strictObject({
        refund: amount('What would be refunded.'),
        atLeast: amount('The same, if nothing is paid back unconditionally.'),
        currency: currency('Currency of the amounts.'),
      })
      .describe('The refund as it was estimated when the intent was written.')
      .optional(),
    detail: z.string().max(512).describe('What is known of the outcome, in words.').optional(),
    askedAt: timestamp(
      'When a person was first asked what became of the call, by the time of the cloud. That no order was made counts only when it is stated afterwards.',
    ).optional(),
    code: z.string().max(64).describe("The cloud's error code when it refused.").optional(),
    mayRetry: z
      .boolean()
      .describe('Whether the same order may be tried again: it was refused only for now.')
      .optional(),
    failed: list(failedResource, 10, 'Resources that the cloud refused while it accepted others.').optional(),
    orders: listMap(orderState, 'orderId', 10, 'The orders that the cloud made.').optional(),
    answered: z
      .boolean()
      .describe(
        "Whether the cloud's own answer to the call named the orders. Else they were read back, or a person stated them.",
      )
      .optional(),
    ordersEndedAt: timestamp(
      'When all its orders were first seen to have ended while what follows their end was still missing, by the time of the cloud.',
    ).optional(),
    result: z
      .enum(['Completed', 'Cancelled'])
      .describe(
        'How it ended, as read back. Completed: every order of the call is completed and, unless it was for renewals only, its resources are gone, refused ones aside. Cancelled: the cloud cancelled an order of the call.',
      )
      .optional(),
  })
  .describe('One attempt to place one order.');
export type Placement = z.infer<typeof placement>;

/** Whether a call may still take effect, or was accepted and is not confirmed to its end. */
export const isOpen = ({ state, result }: Placement): boolean =>
  state === 'Intended' || state === 'Unknown' || (state === 'Accepted' && result === undefined);

export const placementsSchema = listMap(
  placement,
  'id',
  1000,
  'The journal: every attempt, written before the call and again after it.',
);

const blockerTypes = Object.keys(blockingConditions);

export const blockerSchema = z
  .strictObject({
    condition: z
      .string()
      .max(64)
      .describe(`The condition that blocks: ${blockerTypes.join(', ')}.`),
    reason: text(64, 'One word for machines.'),
    server: z.string().max(253).describe('The server concerned; empty when it concerns the whole request.'),
    message: z.string().max(1024).describe('What blocks.'),
    remedy: z.string().max(1024).describe('What to do.'),
    since: timestamp('When it was first seen.'),
  })
  .describe('Something that keeps the order from being placed.');
export type BlockerStatus = z.infer<typeof blockerSchema>;

const warningSchema = z
  .strictObject({
    server: text(253, 'The server concerned.'),
    reason: z.enum(['AutoRenewalOn', 'AutoPlacementOn']).describe('One word for machines.'),
    message: text(512, 'What is worth a look.'),
    remedy: text(512, 'What to do.'),
  })
  .describe('Something that does not keep the order from being placed, and is worth a look all the same.');
export type WarningStatus = z.infer<typeof warningSchema>;

export const unsubscriptionRequestStatusSchema = z
  .strictObject({
    observedGeneration: count('The metadata.generation that this status was computed from.').optional(),
    lastHandledReconcileAt: z
      .string()
      .max(256)
      .describe('Value of the annotation dcc-operator.io/reconcile that was last acted on.')
      .optional(),
    plan: planStatus.optional(),
    placements: placementsSchema.optional(),
    drainingSince: timestamp(
      'Since when it is not known that no virtual machine is left. Only with spec.drainTimeout, which is measured from it.',
    ).optional(),
    blockers: list(blockerSchema, 200, 'Everything that keeps the order from being placed, sorted.').optional(),
    warnings: list(warningSchema, 100, 'What is worth a look although it does not block, sorted.').optional(),
    blockerCount: count('Number of blockers, those left out of the list included.').optional(),
    serverNames: z.string().max(256).describe('The servers in short, for kubectl get.').optional(),
    refund: z
      .string()
      .max(64)
      .describe('The refund in short, for kubectl get: what came back so far, or an estimate that begins with ~.')
      .optional(),
    conditions: conditions.optional(),
  })
  .describe('What the operator knows and did. Written by the operator only.');
export type UnsubscriptionRequestStatus = z.infer<typeof unsubscriptionRequestStatusSchema>;
