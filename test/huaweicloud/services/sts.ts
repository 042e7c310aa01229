import { z } from 'zod';
import { type Answer, flatError, ok } from '../answers.ts';
import type { Call, Operation, SignedCall } from '../operations.ts';
import { trustedToken } from './id-token.ts';
import { requestBody } from './request-body.ts';
import { issueTemporaryKey } from './temporary-keys.ts';

/** Security Token Service: who is calling, and a temporary key for an OIDC id token. */
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
];

function callerIdentity({ account, accessKey }: SignedCall): Answer {
  const user = `user/${accessKey.accessKey}`;
  return ok({
    account_id: account.domainId,
    principal_urn: `iam::${account.domainId}:${user}`,
    principal_id: accessKey.accessKey,
  });
}

const assumeBody = z.object({
  provider_urn: z.string(),
  agency_urn: z.string(),
  agency_session_name: z.string().min(1),
  id_token: z.string().min(1),
  duration_seconds: z.int().min(900).max(43_200).default(3_600),
});

function assumeWithOidc(call: Call): Answer {
  const request = requestBody(call, assumeBody, (message) => flatError(400, 'STS5.0001', message));
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
