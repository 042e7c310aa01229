import { z } from 'zod';
import { blockingConditions, type ReadyReason } from '../../operator/api/conditions.ts';
import { type Milliseconds, parseDuration } from '../../operator/clock.ts';
import { cloudCommandSchema } from './cloud-commands.ts';
import { worldSchema } from './world.ts';

const name = z.string().min(1);
const names = z.array(name).min(1);
const changes = z.record(z.string(), z.unknown());
const texts = z.record(z.string(), z.string());

export const duration = z.string().transform((text, context): Milliseconds => {
  const parsed = parseDuration(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'write a duration such as 2s, 10m or 1h' });
  return z.NEVER;
});

/** What stands in a manifest beside its name. */
const manifest = { spec: changes.optional(), labels: texts.optional(), annotations: texts.optional() };

const applied = z.strictObject({
  server: name,
  /** The server of the simulated cloud that it stands for, when that has another name. */
  of: name.optional(),
  ...manifest,
});

const requested = z.strictObject({ name, servers: names, ...manifest });

/** Fields that a person changes; `null` takes one away. */
const changed = z
  .strictObject({
    server: name.optional(),
    request: name.optional(),
    spec: changes.optional(),
    /** What only the operator should write. */
    status: changes.optional(),
    labels: z.record(z.string(), z.string().nullable()).optional(),
    annotations: z.record(z.string(), z.string().nullable()).optional(),
  })
  .refine(...exactlyOne('server', 'request'));

const named = z
  .strictObject({ server: name.optional(), request: name.optional() })
  .refine(...exactlyOne('server', 'request'));

const blocker = z
  .strictObject({
    condition: z.string(),
    reason: z.string(),
    /** Left out when it concerns the whole request. */
    server: name.optional(),
    message: z.string(),
    remedy: z.string(),
  })
  .check(({ value: { condition, reason }, issues }) => {
    const known = Object.entries(blockingConditions).find(([type]) => type === condition)?.[1].reasons;
    if (known !== undefined && Object.hasOwn(known, reason)) return;
    const message =
      known === undefined
        ? `there is no condition ${condition}: write one of ${Object.keys(blockingConditions).join(', ')}`
        : `${condition} has no reason ${reason}: write one of ${Object.keys(known).join(', ')}`;
    issues.push({ code: 'custom', input: reason, path: [known === undefined ? 'condition' : 'reason'], message });
  });
export type ExpectedBlocker = z.infer<typeof blocker>;

const states = [
  'Observing',
  'Blocked',
  'AwaitingApproval',
  'Held',
  'Halted',
  'Suspended',
  'ObserveOnly',
  'NotBefore',
  'DeadlinePassed',
  'BudgetExceeded',
  'Ordering',
  'OutcomeUnknown',
  'OrderInProgress',
  'StillInUse',
  'RetryLater',
  'Unreadable',
  'Complete',
  'Failed',
] as const satisfies readonly ReadyReason[];

const conditionText = z
  .string()
  .regex(
    /^(True|False|Unknown) [A-Z][A-Za-z]+(: .+)?$/s,
    'write "<status> <reason>" or "<status> <reason>: <message>"',
  );

const warning = z.strictObject({ server: name, reason: z.string(), message: z.string(), remedy: z.string() });

export const asTheyStood = 'as they stood';

/** A moment in the life of a request; what it does not mention must not be there. */
const moment = z.strictObject({
  request: name,
  /** The reason of Ready. */
  state: z.enum(states),
  /** The message of Ready. */
  ready: z.string().optional(),
  blockers: z.array(blocker).default([]),
  /** Of a request that ended without an order the rules keep the last word that they had, whichever that was. */
  conditions: z.union([z.record(z.string(), conditionText), z.literal(asTheyStood)]).default({}),
  warnings: z.array(warning).default([]),
  /** The journal, a line a call: `1.1 Rejected CBC.99003185`. */
  calls: z.array(z.string()).optional(),
  within: duration.optional(),
});
export type Moment = z.output<typeof moment>;

const steps = {
  apply: applied,
  request: requested,
  /** Approves the plan that stands now, as a person does. */
  approve: name,
  change: changed,
  /** Does not wait for the end. */
  delete: named,
  /** Makes the ConfigMap that halts the operator, with this reason. */
  halt: z.string(),
  resume: z.literal('ordering'),
  /** Credentials; what is left out is that of the seeded account. */
  secret: z.strictObject({ name, accessKey: z.string().optional(), secretKey: z.string().optional() }),
  cloud: cloudCommandSchema,
  /** Stops the operator and starts it with these flags beside those of before. */
  restart: z.strictObject({ flags: texts.default({}) }),
  expect: moment,
  expectServer: z.strictObject({ server: name, shows: changes }),
  expectGone: named,
} as const;

const step = z
  .strictObject(optional(steps))
  .refine(
    (value) => Object.values(value).filter((one) => one !== undefined).length === 1,
    `a step does one thing: write one of ${Object.keys(steps).join(', ')}`,
  );
export type Step = z.output<typeof step>;

export const scenarioSchema = z.strictObject({
  title: z.string().min(1),
  world: worldSchema,
  cloud: z
    .strictObject({
      orderProcessing: duration.optional(),
      vmDeletion: duration.optional(),
      /** How far its clock is ahead of everybody else's. */
      ahead: duration.optional(),
    })
    .default({}),
  operator: z
    .strictObject({
      flags: texts.default({}),
      credentials: z.enum(['None', 'Wrong']).optional(),
      /** Runs it under a service account that lacks this right, and has all others that it needs. */
      mayNot: z.enum(['get configmaps', 'update dccservers/status']).optional(),
      mayLogErrors: z.boolean().default(false),
    })
    .prefault({}),
  steps: z.array(step).min(1),
  /** The orders that the operator placed, in their order: each the names of the resources in it. */
  orders: z.array(names),
  /** How many calls that order the cloud refused by its own rules. */
  refusals: z.int().min(1).optional(),
  /** Virtual machines that an order destroyed. */
  losses: names.optional(),
});
export type Scenario = z.output<typeof scenarioSchema>;

function optional<Shape extends Readonly<Record<string, z.ZodType>>>(shape: Shape) {
  const entries = Object.entries(shape).map(([key, schema]) => [key, schema.optional()]);
  return Object.fromEntries(entries) as { [Key in keyof Shape]: z.ZodOptional<Shape[Key]> };
}

function exactlyOne(...fields: readonly string[]): [(value: object) => boolean, string] {
  const isGiven = (value: object) => fields.filter((field) => Reflect.get(value, field) !== undefined).length === 1;
  return [isGiven, `write exactly one of ${fields.join(', ')}`];
}
