import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Answer, ok } from '../answers.ts';
import type { Call, Operation, SignedCall } from '../operations.ts';
import { accountOf } from '../world/world.ts';
import { trustedToken } from './id-token.ts';
import { requestBody } from './request-body.ts';
import { issueTemporaryKey, legacyCredential } from './temporary-keys.ts';

const self = (path: string) => ({ self: `https://iam.myhuaweicloud.com${path}` });
const links = (path: string) => ({ ...self(path), previous: null, next: null });

/** IAM v3: the project of a region, the account, and the two steps from an OIDC id token to a temporary key. */
export const iam: readonly Operation[] = [
  { name: 'iam.listProjects', method: 'GET', path: '/v3/projects', access: 'account', answer: listProjects },
  { name: 'iam.listDomains', method: 'GET', path: '/v3/auth/domains', access: 'account', answer: listDomains },
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
];

function listProjects({ world, account, query }: SignedCall) {
  const name = query.get('name');
  const projects = world.projects
    .filter((project) => project.domainId === account.domainId && (name === null || project.name === name))
    .map(({ id, name, domainId, enabled }) => ({
      id,
      name,
      domain_id: domainId,
      parent_id: domainId,
      is_domain: false,
      enabled,
      description: '',
      links: links(`/v3/projects/${id}`),
    }));
  return ok({ projects, links: links('/v3/projects') });
}

function listDomains({ account }: SignedCall) {
  const { domainId, name, enabled } = account;
  const domain = { id: domainId, name, enabled, description: '', links: self(`/v3/domains/${domainId}`) };
  return ok({ domains: [domain], links: self('/v3/auth/domains') });
}

/** IAM v3 repeats the status as its code. */
export const iamError = (status: number, title: string, message: string): Answer => ({
  status,
  body: { error: { code: status, title, message } },
});
const badRequest = (message: string): Answer => iamError(400, 'Bad Request', message);
const unauthorized = (message: string): Answer => iamError(401, 'Unauthorized', message);

const idTokenBody = z.object({ auth: z.object({ id_token: z.object({ id: z.string().min(1) }) }) });

function createTokenByIdToken(call: Call): Answer {
  const request = requestBody(call, idTokenBody, badRequest);
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
  const { token } = requestBody(call, temporaryKeyBody, badRequest).auth.identity;
  const given = token.id ?? call.headers['x-auth-token'];
  const known = call.world.credentialSources.tokens.find((candidate) => candidate.token === given);
  if (known === undefined) return unauthorized('The token is not known.');
  const account = accountOf(call.world, known.domainId);
  const key = issueTemporaryKey(call.world, account, call.now, token.duration_seconds);
  return { status: 201, body: { credential: legacyCredential(key) } };
}
