/**
 * What every subject of the benchmark does to an object: it adds a finalizer, then writes eight conditions through the status
 * subresource. The Go subjects do the same, from `peers/workload`.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { isRecord } from '../../operator/kubernetes/objects.ts';

export interface Condition {
  type: string;
  status: string;
  observedGeneration: number;
  lastTransitionTime: string;
  reason: string;
  message: string;
}

/** What a controller writes. */
export interface Status {
  observedGeneration?: number | undefined;
  conditions?: Condition[] | undefined;
}

export const statusSchema: z.ZodType<Status> = z.object({
  observedGeneration: z.number().optional(),
  conditions: z
    .array(
      z.object({
        type: z.string(),
        status: z.string(),
        observedGeneration: z.number(),
        lastTransitionTime: z.string(),
        reason: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
});

/** What the schema says, without a copy: what a subject does with each object. */
export function isStatus(status: unknown): status is Status {
  if (!isRecord(status)) return false;
  const { observedGeneration, conditions } = status;
  return (
    (observedGeneration === undefined || typeof observedGeneration === 'number') &&
    (conditions === undefined || (Array.isArray(conditions) && conditions.every(isCondition)))
  );
}

const isCondition = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['observedGeneration'] === 'number' &&
  texts.every((name) => typeof value[name] === 'string');

const texts = ['type', 'status', 'lastTransitionTime', 'reason', 'message'] as const;

/** The types of the conditions that each object ends with. */
export const conditionTypes: readonly string[] = [
  'Resolved',
  'Active',
  'Drained',
  'Protected',
  'Settled',
  'Approved',
  'Placed',
  'Ready',
];

/** The status that an object should have; it equals the one that it has when there is nothing to write. */
export function wantedStatus(generation: number, { conditions = [] }: Status, now: Date): Status {
  const time = withoutFraction(now);
  return {
    observedGeneration: generation,
    conditions: conditionTypes.map((type) => ({
      type,
      status: 'True',
      observedGeneration: generation,
      lastTransitionTime: conditions.find((condition) => condition.type === type)?.lastTransitionTime ?? time,
      reason: 'AsWanted',
      message: `${type}: what the spec asks for was compared with what there is, and nothing is missing.`,
    })),
  };
}

const withoutFraction = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, 'Z');

/** Whether a status is that of an object on which all work is done. */
export const isConverged = (generation: number, { observedGeneration, conditions = [] }: Status): boolean =>
  observedGeneration === generation &&
  conditions.length === conditionTypes.length &&
  conditions.every((condition) => condition.observedGeneration === generation);

/** The flags that every subject takes. */
export interface WorkloadOptions {
  group: string;
  version: string;
  plural: string;
  finalizer: string;
  concurrency: number;
  /** Only for client-node: one agent for all requests instead of one for each. */
  sharedAgent: boolean;
}

/** Reads the command line of a subject. @throws when a flag is missing. */
export function readWorkloadOptions(args: string[]): WorkloadOptions {
  const text = { type: 'string', default: '' } as const;
  const { values } = parseArgs({
    args,
    options: {
      group: text,
      version: { type: 'string', default: 'v1' },
      plural: text,
      finalizer: text,
      concurrency: { type: 'string', default: '10' },
      'shared-agent': { type: 'boolean', default: false },
    },
  });
  for (const name of ['group', 'plural', 'finalizer'] as const) {
    if (values[name] === '') throw new Error(`--${name} is missing`);
  }
  const { group, version, plural, finalizer, concurrency } = values;
  return { group, version, plural, finalizer, concurrency: Number(concurrency), sharedAgent: values['shared-agent'] };
}

/** Writes one line of JSON on standard output, which is how a harness knows how far a subject is. */
export function tell(event: 'synced' | 'stopped', fields: Record<string, number> = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}
