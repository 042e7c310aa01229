import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Answer, flatError, ok, Refusal } from '../answers.ts';
import type { Call, Operation, SignedCall } from '../operations.ts';
import { accountOf } from '../world/world.ts';
import { trustedToken } from './id-token.ts';
import { issueTemporaryKey, legacyCredential } from './temporary-keys.ts';

/** Every way to a (temporary) key: STS and IAM v3 with an OIDC id token, the node's agency, CCE pod identity. */
export const credentials: readonly Operation[] = [
  {
    name: 'sts.callerIdentity',
    method: 'GET',
    path: '/v5/caller-identity',
    access: 'account',
    answer: callerIdentity,
  },
  {
    name: 'sts.assumeWithOidc',
    method: 'POST',
    path: '/v5/agencies/assume-with-oidc',
    access: 'public',
    writes: true,
    answer: assumeWithOidc,
  },
  {
    name: 'iam.createTokenByIdToken',
    method: 'POST',
    path: '/v3.0/OS-AUTH/id-token/tokens',
    access: 'public',
    writes: true,
    answer: createTokenByIdToken,
  },
  {
    name: 'iam.createTemporaryKey',
    method: 'POST',
    path: '/v3.0/OS-CREDENTIAL/securitytokens',
    access: 'public',
    writes: true,
    answer: createTemporaryKey,
  },
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

function callerIdentity({ account, accessKey }: SignedCall): Answer {
  const user = `user/${accessKey.accessKey}`;
  return ok({
    account_id: account.domainId,
    principal_urn: `iam::${account.domainId}:${user}`,
    principal_id: accessKey.accessKey,
  });
}

/** Parses a body, or refuses with 400 in the service's own words. */
function body<Schema extends z.ZodType>(call: Call, schema: Schema, refuse: (message: string) => Answer) {
  const parsed = schema.safeParse(call.body);
  if (!parsed.success) throw new Refusal(refuse(z.prettifyError(parsed.error)));
  return parsed.data;
}

const assumeBody = z.object({
  provider_urn: z.string(),
  agency_urn: z.string(),
  agency_session_name: z.string().min(1),
  id_token: z.string().min(1),
  duration_seconds: z.int().min(900).max(43_200).default(3_600),
});

function assumeWithOidc(call: Call): Answer {
  const request = body(call, assumeBody, (message) => flatError(400, 'STS5.0001', message));
  const { world, now } = call;
  const trusted = trustedToken(world, request.id_token, ({ urn }) => urn === request.provider_urn, now);
  if (trusted === undefined || !trusted.account.agencyUrns.includes(request.agency_urn)) {
    return flatError(403, 'STS5.0002', 'The id token is not trusted by the provider, or the agency does not exist.');
  }
  const key = issueTemporaryKey(world, trusted.account, now, request.duration_seconds);
  return ok({
    provider: request.provider_urn,
    audience: trusted.provider.audience,
    subject_from_id_token: trusted.subject,
    credentials: {
      access_key_id: key.accessKey,
      secret_access_key: key.secretKey,
      security_token: key.securityToken,
      expiration: key.expiresAt,
    },
  });
}

const iamError = (status: number, title: string, message: string): Answer => ({
  status,
  body: { error: { code: status, title, message } },
});
const badRequest = (message: string): Answer => iamError(400, 'Bad Request', message);
const unauthorized = (message: string): Answer => iamError(401, 'Unauthorized', message);

const idTokenBody = z.object({ auth: z.object({ id_token: z.object({ id: z.string().min(1) }) }) });

function createTokenByIdToken(call: Call): Answer {
  const request = body(call, idTokenBody, badRequest);
  const providerId = call.headers['x-idp-id'];
  const trusted = trustedToken(call.world, request.auth.id_token.id, ({ id }) => id === providerId, call.now);
  if (trusted === undefined) return unauthorized('The id token is not trusted by the identity provider.');
  const token = randomUUID();
  call.world.credentialSources.tokens.push({ token, domainId: trusted.account.domainId });
  const user = { name: trusted.subject, domain: { id: trusted.account.domainId, name: trusted.account.name } };
  return { status: 201, headers: { 'X-Subject-Token': token }, body: { token: { methods: ['mapped'], user } } };
}

const temporaryKeyBody = z.object({
  auth: z.object({
    identity: z.object({
      methods: z.array(z.literal('token')),
      token: z.object({ id: z.string().optional(), duration_seconds: z.int().min(900).max(86_400).default(900) }),
    }),
  }),
});

function createTemporaryKey(call: Call): Answer {
  const { token } = body(call, temporaryKeyBody, badRequest).auth.identity;
  const given = token.id ?? call.headers['x-auth-token'];
  const known = call.world.credentialSources.tokens.find((candidate) => candidate.token === given);
  if (known === undefined) return unauthorized('The token is not known.');
  const account = accountOf(call.world, known.domainId);
  const key = issueTemporaryKey(call.world, account, call.now, token.duration_seconds);
  return { status: 201, body: { credential: legacyCredential(key) } };
}

function securityKey({ world, now }: Call): Answer {
  const { nodeAgencyDomainId } = world.credentialSources;
  if (nodeAgencyDomainId === null) return { status: 401, text: 'Please configure Cloud Service Agency first' };
  const key = issueTemporaryKey(world, accountOf(world, nodeAgencyDomainId), now, 3_600);
  return ok({ credential: legacyCredential(key) });
}

function podIdentityCredentials({ world, now, headers }: Call): Answer {
  const { podIdentity } = world.credentialSources;
  if (podIdentity === null || headers['authorization'] !== podIdentity.token) return unauthorized('Unknown pod.');
  return ok(legacyCredential(issueTemporaryKey(world, accountOf(world, podIdentity.domainId), now, 3_600)));
}
