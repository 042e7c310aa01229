import { placementFinalizer } from '../../operator/api/names.ts';
import type { Metadata, UnsubscriptionRequest } from '../../operator/api/objects.ts';
import type {
  Placement,
  UnsubscriptionRequestSpec,
  UnsubscriptionRequestStatus,
} from '../../operator/api/unsubscriptionrequest.ts';
import { resourceIdOf } from './dccserver.ts';
import { aMetadata, lookedAt } from './metadata.ts';

export interface RequestChanges {
  metadata?: Partial<Metadata>;
  spec?: Partial<UnsubscriptionRequestSpec>;
  status?: Partial<UnsubscriptionRequestStatus>;
}

export const aRequestSpec = (changes: Partial<UnsubscriptionRequestSpec> = {}): UnsubscriptionRequestSpec => ({
  servers: [{ name: 'server-1' }],
  scope: 'ResourceAndRenewals',
  reason: { type: 'Other', text: 'Retired.' },
  acknowledge: { dataUnrecoverable: true, handlingFee: true },
  ...changes,
});

/** A request for server-1 that holds its finalizer and was never reported on. */
export const aRequest = ({ metadata, spec, status }: RequestChanges = {}, name = 'retire'): UnsubscriptionRequest => ({
  metadata: aMetadata(name, { finalizers: [placementFinalizer], ...metadata }),
  spec: aRequestSpec(spec),
  status: { ...status },
});

/** A plan id that no plan of a test has. */
export const anotherPlanId = `plan-${'0'.repeat(24)}`;

/** The first attempt of the first order, for server-1, of which nothing is known but that it was intended. */
export const aPlacement = (changes: Partial<Placement> = {}): Placement => ({
  id: '1.1',
  plan: anotherPlanId,
  attempt: 1,
  servers: ['server-1'],
  resourceIds: [resourceIdOf('server-1')],
  state: 'Intended',
  signedAt: lookedAt.toISOString(),
  holder: 'operator-0',
  ...changes,
});
