import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type Milliseconds, seconds } from '../../clock.ts';
import { microTime } from '../event-manifest.ts';
import { decodeObject, type UnparsedObject } from '../objects.ts';

/** What a Lease of coordination.k8s.io/v1 says, as far as an election reads it. Its times are for people only. */
export interface LeaseRecord {
  /** '' when nobody holds it. */
  readonly holderIdentity: string;
  /** How long the holder may be silent; undefined when the record does not say it. */
  readonly duration: Milliseconds | undefined;
  readonly leaseTransitions: number;
}

/** A Lease as it was read or written: its version is what the next write is compared with. */
export interface StoredLease {
  readonly record: LeaseRecord;
  readonly object: UnparsedObject;
}

/** Where the Lease is kept. All reject with a KubernetesError, or with the reason of the signal. */
export interface LeaseStore {
  /** A quorum read; undefined when there is no such Lease. */
  read(signal: AbortSignal): Promise<StoredLease | undefined>;
  /** Rejects with `AlreadyExists` when somebody was faster. */
  create(spec: LeaseSpec, signal: AbortSignal): Promise<StoredLease>;
  /** Replaces exactly this version; rejects with `Conflict` when it is no longer the newest. */
  update(lease: StoredLease, spec: LeaseSpec, signal: AbortSignal): Promise<StoredLease>;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/ */
export interface LeaseSpec {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaseTransitions: number;
}

/** Something that is no text is nobody that we know, which is not the same as nobody. */
function holderOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

const specSchema = z.looseObject({
  holderIdentity: z.unknown().optional(),
  leaseDurationSeconds: z.number().positive().optional().catch(undefined),
  leaseTransitions: z.int().nonnegative().catch(0),
  acquireTime: z.string().optional().catch(undefined),
});

const parseSpec = (spec: unknown) => specSchema.parse(typeof spec === 'object' && spec !== null ? spec : {});

/** Takes a Lease as JSON. @throws ZodError when its metadata is not that of a stored object; its spec may be anything. */
export function decodeLease(raw: unknown): StoredLease {
  const object = decodeObject(raw);
  const { holderIdentity, leaseDurationSeconds, leaseTransitions } = parseSpec(object.spec);
  const duration = leaseDurationSeconds === undefined ? undefined : seconds(leaseDurationSeconds);
  return { object, record: { holderIdentity: holderOf(holderIdentity), duration, leaseTransitions } };
}

/** Whether nobody wrote the spec in between. Labels and the like may differ: they are no sign of life of the holder. */
export const isUnchanged = (before: StoredLease | undefined, after: StoredLease): boolean =>
  before !== undefined && isDeepStrictEqual(before.object.spec, after.object.spec);

/** What to write to take a lease, or to renew it when it is held by `identity` already. */
export function heldBy(
  identity: string,
  duration: Milliseconds,
  before: StoredLease | undefined,
  now: Date,
): LeaseSpec {
  const renewTime = microTime(now);
  const taken = { holderIdentity: identity, leaseDurationSeconds: Math.ceil(duration / 1_000), renewTime };
  if (before === undefined) return { ...taken, acquireTime: renewTime, leaseTransitions: 0 };
  const { holderIdentity, leaseTransitions } = before.record;
  if (holderIdentity !== identity) return { ...taken, acquireTime: renewTime, leaseTransitions: leaseTransitions + 1 };
  return { ...taken, acquireTime: parseSpec(before.object.spec).acquireTime ?? renewTime, leaseTransitions };
}

/** What to write to give a lease back, as client-go does: held by nobody, and short for those who look at the duration. */
export function released({ record }: StoredLease, now: Date): LeaseSpec {
  const time = microTime(now);
  const { leaseTransitions } = record;
  return { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time, leaseTransitions };
}
