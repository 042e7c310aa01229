import { z } from 'zod';
import { type Placement, placementsSchema } from '../api/unsubscriptionrequest.ts';

const {
  id,
  plan,
  servers,
  resourceIds,
  state,
  account,
  signedAt,
  holder,
  estimate,
  detail,
  code,
  mayRetry,
  failed,
  result,
} = placementsSchema.element.shape;

const about = {
  request: z.string().describe('The UnsubscriptionRequest: its namespace and name.'),
  uid: z.string().describe('Its metadata.uid: another request may have its name later.'),
};
const call = id.describe('Number of the order in the plan and of the attempt: 1.1, 1.2, 2.1.');
const aboutCall = { ...about, call };
const aboutOrder = {
  ...aboutCall,
  plan: plan.describe('Id of the plan that was approved.'),
  servers,
  resourceIds: resourceIds.describe('The resources of the call.'),
};
const orders = z
  .array(
    z.strictObject({
      orderId: z.string(),
      state: z.string(),
      refund: z.string().optional(),
      fee: z.string().optional(),
      currency: z.string().optional(),
    }),
  )
  .describe('The orders of the call as they stand: orderId, state, and refund, fee and currency once they are known.');
const toLookUp = z.string().describe('What is seen, and what a person has to look up.');
const statement = z.string().describe('What a person states of the call by annotation, if anything.').optional();
const moment = (description: string) => z.iso.datetime().describe(description);

const evidence = z
  .strictObject({
    cloudTime: z.iso.datetime(),
    rows: z.record(z.string(), z.string()),
    unclaimedOrders: z.array(z.strictObject({ orderId: z.string(), state: z.string() })),
    billedOrders: z.array(z.string()),
    billedElsewhere: z.array(z.string()),
  })
  .describe(
    "What it was settled by: the cloud's time, the state of each billing row, the orders that belong to no other call, those of them that the bill ties to all the resources, and those that it ties to others alone.",
  );

/**
 * Every line that `audit.ts` can write, by its value of `audit`: its level, its words, and its fields. Names and values stay as
 * they are: people search for them. `docs/audit-log.md` shows this as a table, and a test compares the two.
 */
export const auditLines = {
  Cleared: {
    level: 'info',
    words: 'two looks at everything cleared the order',
    fields: {
      ...aboutOrder,
      firstLook: moment('When the first of the two looks began, by the clock of this machine.'),
      secondLook: moment('When the second one began.'),
      cloudTime: moment("The cloud's own time at the second look, at the earliest."),
    },
  },
  Refused: {
    level: 'info',
    words: 'the order was decided upon, and does not leave',
    fields: {
      ...aboutOrder,
      reason: z
        .enum(['Blocked', 'OutcomeUnknown', 'OrderInProgress', 'RetryLater', 'DecidedOtherwise', 'Gone'])
        .describe(
          'Blocked, OutcomeUnknown, OrderInProgress, RetryLater: what the request waits for instead. DecidedOtherwise: something else is to be done first. Gone: the request is gone, or another operator looks after it.',
        ),
      detail: z.string().describe('Why, in words.'),
      blockers: z.array(z.string()).describe('What blocks, each as condition/reason and, if it is one, the server.'),
    },
  },
  IntentNotRecorded: {
    level: 'warn',
    words: 'the order was cleared, and its intent could not be written for certain: nothing was sent',
    fields: { ...aboutOrder, detail: z.string().describe('Why, in words.') },
  },
  IntentRecorded: {
    level: 'info',
    words: 'the intent stands in the journal',
    fields: {
      ...aboutOrder,
      scope: z.string().describe('As spec.scope has it.'),
      signedAt,
      holder,
      account,
      estimate,
    },
  },
  Sending: {
    level: 'info',
    words: 'the order is about to leave',
    fields: { ...aboutOrder, signedAt },
  },
  Outcome: {
    level: 'info',
    words: 'the call that orders has ended',
    fields: { ...aboutOrder, signedAt, state, detail, code, mayRetry, orders },
  },
  OutcomeWritten: {
    level: 'info',
    words: 'the outcome stands in the journal',
    fields: { ...aboutCall, state },
  },
  OutcomeLate: {
    level: 'warn',
    words: 'the outcome of a call came late: another process has settled it by now',
    fields: { ...aboutCall, state, journal: state.describe('What stands in the journal, and stays.') },
  },
  RequestGone: {
    level: 'error',
    words: 'the request is gone: the outcome of its call stands only here',
    fields: {
      ...aboutCall,
      placement: z.custom<Placement>().describe('The whole entry, as the journal would have it.'),
    },
  },
  MachinesAppeared: {
    level: 'error',
    words: 'a virtual machine appeared while its server was being unsubscribed',
    fields: {
      ...aboutCall,
      server: z.string().describe('The server that was ordered.'),
      machines: z.array(z.string()).describe('The machines on it, by name.'),
    },
  },
  CannotLookAgain: {
    level: 'warn',
    words: 'a server could not be looked at right after its order: a machine may have come onto it',
    fields: {
      ...aboutCall,
      server: z.string().describe('The server that was ordered.'),
      detail: z.string().describe('Why, in words.'),
    },
  },
  Asked: {
    level: 'warn',
    words: 'reading cannot settle a call: a person is asked what became of it',
    fields: { ...aboutCall, detail: toLookUp },
  },
  StatementRefused: {
    level: 'warn',
    words: 'what a person states of a call is not believed',
    fields: {
      ...aboutCall,
      statement: statement.unwrap(),
      detail: toLookUp,
    },
  },
  Settled: {
    level: 'info',
    words: 'what became of a call whose answer was lost is known',
    fields: {
      ...aboutCall,
      signedAt,
      state,
      detail,
      orders,
      evidence,
      statement,
    },
  },
  Followed: {
    level: 'info',
    words: 'the cloud shows something new of an order',
    fields: { ...aboutCall, orders },
  },
  Confirmed: {
    level: 'info',
    words: 'the call has come to its end',
    fields: {
      ...aboutCall,
      result: result.unwrap(),
      resourceIds: aboutOrder.resourceIds,
      failed,
      orders,
      estimate,
      statement,
    },
  },
  Ended: {
    level: 'info',
    words: 'the request has come to its end',
    fields: {
      ...about,
      outcome: z
        .enum(['Complete', 'Failed'])
        .describe('Complete: nothing is left to be given back. Failed: an order has failed, in whole or in part.'),
      calls: z
        .array(z.string())
        .describe('Each call with how it ended, as 1.1 Completed; none when nothing was left to order.'),
    },
  },
  FinalizerHeld: {
    level: 'info',
    words: 'the request is held: deleting it waits for its call',
    fields: about,
  },
  FinalizerReleased: {
    level: 'info',
    words: 'the request is let go: no call of it is open',
    fields: about,
  },
  ReleasedByForce: {
    level: 'warn',
    words: 'a person had the request let go, whatever was open',
    fields: {
      ...about,
      reason: z.string().describe('What the person says.'),
      openCalls: z
        .array(z.string())
        .optional()
        .describe('The calls that nobody follows any more; left out when the request could not be understood.'),
    },
  },
} as const;

export type Audited = keyof typeof auditLines;

/** What a line of one kind says besides its kind. */
export type AuditFields<Kind extends Audited> = {
  [Name in keyof (typeof auditLines)[Kind]['fields']]: z.infer<(typeof auditLines)[Kind]['fields'][Name]>;
};
