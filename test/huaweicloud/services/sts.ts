import { z } from 'zod';
import { type Answer, flatError, ok } from '../answers.ts';
import type { Call, Operation, SignedCall } from '../operations.ts';
import { trustedToken } from './id-token.ts';
import { requestBody } from './request-body.ts';
import { issueTemporaryKey, type TemporaryKey } from './temporary-keys.ts';

/** Security Token Service: who is calling, and a temporary key of an agency, for an OIDC id token or for another key. */
export const sts: readonly Operation[] = [
  { name: 'sts.callerIdentity', method: 'GET', path: '/v5/caller-identity', access: 'account', answer: callerIdentity },
  {
    name: 'sts.assumeWithOidc',
    method: 'POST',
    path: '/v5/agencies/assume-with-oidc',
    access: 'public',
    writes: true,
    answer: assumeWithOidc,
  },
  {
    name: 'sts.assume',
    method: 'POST',
    path: '/v5/agencies/assume',
    access: 'account',
    writes: true,
    answer: assume,
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

const assumeOidcBody = z.object({
  provider_urn: z.string(),
  agency_urn: z.string(),
  agency_session_name: z.string().min(1),
  id_token: z.string().min(1),
  duration_seconds: z.int().min(900).max(43_200).default(3_600),
});

function assumeWithOidc(call: Call): Answer {
  const request = requestBody(call, assumeOidcBody, (message) => flatError(400, 'STS5.0001', message));
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
    credentials: credentialsOf(key),
  });
}

const credentialsOf = (key: TemporaryKey) => ({
  access_key_id: key.accessKey,
  secret_access_key: key.secretKey,
  security_token: key.securityToken,
  expiration: key.expiresAt,
});

const assumeBody = z.object({
  agency_urn: z.string().max(1_500),
  agency_session_name: z.string().regex(/^[\w+=,.@-]{2,128}$/),
  duration_seconds: z.int().min(900).max(43_200).default(3_600),
});

/** The limits are those of the API reference (AssumeAgency); it names no codes for refusals, so those here are [inference]. */
function assume(call: SignedCall): Answer {
  const request = requestBody(call, assumeBody, (message) => flatError(400, 'STS5.0001', message));
  const { world, now, account, accessKey } = call;
  if (accessKey.securityToken !== undefined && request.duration_seconds > 3_600) {
    return flatError(400, 'STS5.0001', 'duration_seconds is more than 3600 for a temporary security credential.');
  }
  const owner = world.accounts.find(({ agencies }) =>
    agencies.some(({ urn, trusts }) => urn === request.agency_urn && trusts.includes(account.domainId)),
  );
  if (owner === undefined)
    return flatError(403, 'STS5.0003', 'The agency does not exist or does not trust the caller.');
  return ok({ credentials: credentialsOf(issueTemporaryKey(world, owner, now, request.duration_seconds)) });
}
