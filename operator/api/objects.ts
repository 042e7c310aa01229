import { z } from 'zod';
import { type DCCServerSpec, type DCCServerStatus, dccServerSpecSchema, dccServerStatusSchema } from './dccserver.ts';
import { fitted } from './fit.ts';
import { forceReleaseAnnotation, holdPrefix } from './names.ts';
import {
  type UnsubscriptionRequestSpec,
  type UnsubscriptionRequestStatus,
  unsubscriptionRequestSpecSchema,
  unsubscriptionRequestStatusSchema,
} from './unsubscriptionrequest.ts';

/** The metadata that the rules look at. */
export interface Metadata {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  generation: number;
  creationTimestamp: string;
  deletionTimestamp?: string | undefined;
  finalizers?: string[] | undefined;
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
}

export interface DCCServer {
  metadata: Metadata;
  spec: DCCServerSpec;
  status: DCCServerStatus;
}

export interface UnsubscriptionRequest {
  metadata: Metadata;
  spec: UnsubscriptionRequestSpec;
  status: UnsubscriptionRequestStatus;
}

/** An object of a kind, or why it cannot be understood: it is then reported, and nothing is done with it. */
export type Parsed<Object> =
  | { kind: 'Readable'; object: Object }
  | { kind: 'Unreadable'; metadata: Metadata; problem: string };

function parser<Spec, Status>(specSchema: z.ZodType<Spec>, statusSchema: z.ZodType<Status>) {
  const schema = z.object({ spec: specSchema, status: z.preprocess((status) => status ?? {}, statusSchema) });
  return (raw: { metadata: Metadata }): Parsed<{ metadata: Metadata; spec: Spec; status: Status }> => {
    const result = schema.safeParse(raw);
    const { metadata } = raw;
    if (result.success) return { kind: 'Readable', object: { metadata, ...result.data } };
    return { kind: 'Unreadable', metadata, problem: inOneLine(result.error).slice(0, 1_000) };
  };
}

/** All faults in one line, as conditions and events want it. */
function inOneLine({ issues }: z.ZodError): string {
  return `${issues.map(({ path, message }) => `${path.join('.')}: ${message.replace(/[.]$/, '')}`).join('; ')}.`;
}

/** Reads a DCCServer as the API server gave it; a status that does not parse makes the whole object unreadable. */
export const parseDCCServer: (raw: { metadata: Metadata }) => Parsed<DCCServer> = parser(
  dccServerSpecSchema,
  dccServerStatusSchema,
);

/** Reads an UnsubscriptionRequest; a journal that does not parse makes the whole object unreadable. */
export const parseUnsubscriptionRequest: (raw: { metadata: Metadata }) => Parsed<UnsubscriptionRequest> = parser(
  unsubscriptionRequestSpecSchema,
  unsubscriptionRequestStatusSchema,
);

/** The status of a DCCServer such that the API server takes it. */
export const fitDCCServerStatus = (status: DCCServerStatus): DCCServerStatus => fitted(dccServerStatusSchema, status);

/**
 * The status of an UnsubscriptionRequest such that the API server takes it. A journal that forgot a call could order
 * twice, and a plan that hides one is not what a person approves: when there is no room for them the status stays as it
 * is, the API server refuses it, and nothing is ordered.
 */
export const fitUnsubscriptionRequestStatus = (status: UnsubscriptionRequestStatus): UnsubscriptionRequestStatus =>
  fitted(unsubscriptionRequestStatusSchema, status, ['placements', 'plan.orders']);

/** Whether a request has ended for good; both conditions are latched. */
export function isFinished(request: { status: UnsubscriptionRequestStatus }): boolean {
  return ['Complete', 'Failed'].some((type) => isConditionTrue(request.status.conditions, type));
}

export function isConditionTrue(
  conditions: readonly { type: string; status: string }[] | undefined,
  type: string,
): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

/** The annotations by which people hold an object back, sorted. */
export const holdsOf = ({ annotations = {} }: Metadata): string[] =>
  Object.keys(annotations)
    .filter((key) => key.startsWith(holdPrefix))
    .sort();

/** Why a person wants an object that is being deleted to be let go whatever holds it; undefined when nobody does. */
export function forcedRelease({ annotations, deletionTimestamp }: Metadata): string | undefined {
  const reason = annotations?.[forceReleaseAnnotation]?.trim();
  return deletionTimestamp === undefined || reason === '' ? undefined : reason;
}
