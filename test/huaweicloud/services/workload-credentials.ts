import { type Answer, ok } from '../answers.ts';
import type { Call, Operation } from '../operations.ts';
import { accountOf } from '../world/world.ts';
import { iamError } from './iam.ts';
import { issueTemporaryKey, legacyCredential } from './temporary-keys.ts';

/** What a workload finds around itself: the agency of its node, or its CCE pod identity. */
export const workloadCredentials: readonly Operation[] = [
  {
    name: 'metadata.createToken',
    method: 'PUT',
    path: '/meta-data/latest/api/token',
    access: 'public',
    answer: ({ headers }) => ({ status: 200, text: headers['x-metadata-token-ttl-seconds'] ?? '' }),
  },
  {
    name: 'metadata.securityKey',
    method: 'GET',
    path: '/openstack/latest/securitykey',
    access: 'public',
    writes: true,
    answer: securityKey,
  },
  {
    // The address is whatever HC_CONTAINER_CREDENTIALS_FULL_URI says, so the path is this simulator's own.
    name: 'podIdentity.credentials',
    method: 'POST',
    path: '/pod-identity/credentials',
    access: 'public',
    writes: true,
    answer: podIdentityCredentials,
  },
];

function securityKey({ world, now }: Call): Answer {
  const { nodeAgencyDomainId } = world.credentialSources;
  if (nodeAgencyDomainId === null) return { status: 401, text: 'Please configure Cloud Service Agency first' };
  const key = issueTemporaryKey(world, accountOf(world, nodeAgencyDomainId), now, 3_600);
  return ok({ credential: legacyCredential(key) });
}

function podIdentityCredentials({ world, now, headers }: Call): Answer {
  const { podIdentity } = world.credentialSources;
  if (podIdentity === null || headers['authorization'] !== podIdentity.token)
    return iamError(401, 'Unauthorized', 'Unknown pod.');
  return ok(legacyCredential(issueTemporaryKey(world, accountOf(world, podIdentity.domainId), now, 3_600)));
}
