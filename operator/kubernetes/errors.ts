import { z } from 'zod';
import { hours, type Milliseconds, milliseconds, seconds } from '../clock.ts';

/** What went wrong, as far as a caller can act on it. */
export type KubernetesErrorReason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  /** The object is not what the write was computed from: read it again. */
  | 'Conflict'
  | 'AlreadyExists'
  /** The version to list or watch from is no longer (or not yet) there: list again. */
  | 'Gone'
  | 'Invalid'
  | 'TooManyRequests'
  | 'ServerError'
  /** No complete answer in time; a write may or may not have taken effect. */
  | 'Timeout'
  /** The connection ended before the answer was complete; a write may or may not have taken effect. */
  | 'ConnectionLost'
  /** Certain that no byte of the request left this process. */
  | 'Unreachable'
  /** The answer is not what the API promises. */
  | 'Malformed';

export interface KubernetesErrorDetails {
  /** HTTP status, when there was an answer. */
  status?: number | undefined;
  /** How long the server asks to be left alone; an hour at most is heeded. */
  retryAfter?: Milliseconds | undefined;
  /** What the server says is to blame. */
  causes?: readonly StatusCause[] | undefined;
  /** Whether the API server itself said so, by a Status; true if left out. A proxy in front of it may answer anything. */
  explained?: boolean | undefined;
  cause?: unknown;
}

/** One of the things that an answer of the API server blames. */
export interface StatusCause {
  reason?: string | undefined;
  message?: string | undefined;
  /** Such as `.spec.replicas`. */
  field?: string | undefined;
}

/** The one error that calls to the API server reject with; only the caller's own abort reason passes through as it is. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  readonly reason: KubernetesErrorReason;
  readonly status: number | undefined;
  readonly retryAfter: Milliseconds | undefined;
  readonly causes: readonly StatusCause[];
  readonly explained: boolean;

  constructor(reason: KubernetesErrorReason, message: string, details: KubernetesErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.reason = reason;
    this.status = details.status;
    this.retryAfter = details.retryAfter;
    this.causes = details.causes ?? [];
    this.explained = details.explained ?? true;
  }

  /** The server said what is to blame. */
  get namesCauses(): boolean {
    return this.causes.length > 0;
  }
}

const hasReason =
  (reason: KubernetesErrorReason) =>
  (error: unknown): error is KubernetesError =>
    error instanceof KubernetesError && error.reason === reason;

export const isConflict = hasReason('Conflict');
const isRefused = hasReason('Forbidden');
const isNotThere = hasReason('NotFound');
/** Only the API server knows that there is no such object. */
export const isNotFound = (error: unknown): error is KubernetesError => isNotThere(error) && error.explained;
/** Said by the API server itself, and not by something on the way. */
export const isForbidden = (error: unknown): error is KubernetesError => isRefused(error) && error.explained;
export const isAlreadyExists = hasReason('AlreadyExists');
export const isInvalid = hasReason('Invalid');

/** Takes anything thrown by a call and gives a KubernetesError: what it does not know is a fault of ours or the answer's. */
export function asKubernetesError(error: unknown): KubernetesError {
  if (error instanceof KubernetesError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new KubernetesError('Malformed', message, { cause: error });
}

const causeSchema = z.object({
  reason: z.string().optional(),
  message: z.string().optional(),
  field: z.string().optional(),
});

// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
const statusSchema = z.object({
  kind: z.literal('Status'),
  message: z.string().default(''),
  reason: z.string().default(''),
  code: z.int().optional(),
  details: z
    .object({
      retryAfterSeconds: z.number().optional(),
      causes: z.array(causeSchema).default([]),
    })
    .optional(),
});

export interface ErrorAnswer {
  status: number;
  /** The body, parsed as JSON when it is JSON; a proxy in front of the API server may answer anything. */
  body: unknown;
  retryAfterHeader?: string | undefined;
}

/** The error that an answer other than 2xx stands for. `now` is needed for a Retry-After that is a date. */
export function errorFromAnswer({ status, body, retryAfterHeader }: ErrorAnswer, now: Date): KubernetesError {
  const parsed = statusSchema.safeParse(body);
  const retryAfter = heeded(parseRetryAfter(retryAfterHeader, now) ?? retryAfterOf(parsed.data));
  const message = parsed.data?.message || `HTTP ${status}${typeof body === 'string' ? `: ${body.slice(0, 200)}` : ''}`;
  const causes = parsed.data?.details?.causes;
  const explained = parsed.success;
  return new KubernetesError(reasonOf(status, parsed.data), message, { status, retryAfter, causes, explained });
}

/** The error that an ERROR event inside a watch stands for; its object is a Status. */
export function errorFromStatus(object: unknown): KubernetesError {
  const parsed = statusSchema.safeParse(object);
  if (!parsed.success) return new KubernetesError('Malformed', 'an ERROR event without a Status');
  const { code: status = 500, message } = parsed.data;
  const retryAfter = heeded(retryAfterOf(parsed.data));
  return new KubernetesError(reasonOf(status, parsed.data), message, { status, retryAfter });
}

/** Longer than this no server means it; and beyond 24 days a timer of Node is due at once, which would be a busy loop. */
const longestRest = hours(1);

const heeded = (retryAfter: Milliseconds | undefined): Milliseconds | undefined =>
  retryAfter === undefined ? undefined : milliseconds(Math.min(retryAfter, longestRest));

type Status = z.infer<typeof statusSchema>;

const reasonByStatus: Readonly<Record<number, KubernetesErrorReason>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  408: 'Timeout',
  409: 'Conflict',
  410: 'Gone',
  422: 'Invalid',
  429: 'TooManyRequests',
  504: 'Timeout',
};

function reasonOf(status: number, body: Status | undefined): KubernetesErrorReason {
  if (body?.reason === 'AlreadyExists') return 'AlreadyExists';
  // A version from the future, as after etcd was restored from a backup, comes as 504 with this cause. Waiting does not help.
  if (body?.details?.causes.some((cause) => cause.reason === 'ResourceVersionTooLarge')) return 'Gone';
  return reasonByStatus[status] ?? (status >= 400 && status < 500 ? 'BadRequest' : 'ServerError');
}

function retryAfterOf(body: Status | undefined): Milliseconds | undefined {
  const after = body?.details?.retryAfterSeconds;
  return after === undefined || after <= 0 ? undefined : seconds(after);
}

/** Seconds or an HTTP date, RFC 9110 section 10.2.3; anything else counts as absent. */
function parseRetryAfter(header: string | undefined, now: Date): Milliseconds | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return seconds(Number(header));
  const until = Date.parse(header);
  return Number.isNaN(until) ? undefined : seconds(Math.max(0, (until - now.getTime()) / 1_000));
}
