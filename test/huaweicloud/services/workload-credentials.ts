import { randomUUID } from 'node:crypto';
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
    writes: true,
    answer: createMetadataToken,
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

function createMetadataToken({ world, now, headers }: Call): Answer {
  if (world.credentialSources.metadataVersion2 === 'absent') return { status: 404, text: 'Not Found' };
  const lifetime = Number(headers['x-metadata-token-ttl-seconds']);
  if (!Number.isInteger(lifetime) || lifetime < 1 || lifetime > 21_600) return { status: 400, text: 'Bad Request' };
  const token = randomUUID();
  const expiresAt = new Date(now.getTime() + lifetime * 1_000).toISOString();
  world.credentialSources.metadataTokens.push({ token, expiresAt });
  return { status: 200, text: token };
}

/** A token that is shown must be good; whether one must be shown is a setting of the ECS. [inference]: the words of the refusal. */
function isLetThrough({ world, now, headers }: Call): boolean {
  const { metadataVersion2, metadataTokens } = world.credentialSources;
  const shown = headers['x-metadata-token'];
  if (shown === undefined) return metadataVersion2 !== 'required';
  return metadataTokens.some(({ token, expiresAt }) => token === shown && Date.parse(expiresAt) > now.getTime());
}

function securityKey(call: Call): Answer {
  if (!isLetThrough(call)) return { status: 401, text: 'Unauthorized' };
  const { world, now } = call;
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
