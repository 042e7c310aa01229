import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Answer, ok } from '../answers.ts';
import type { Call, Operation, SignedCall } from '../operations.ts';
import type { Account } from '../world/account.ts';
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

const lifetime = z.int().min(900).max(86_400).default(900);
const temporaryKeyBody = z.object({
  auth: z.object({
    identity: z.union([
      z.object({
        methods: z.tuple([z.literal('token')]),
        token: z.object({ id: z.string().optional(), duration_seconds: lifetime }),
      }),
      z.object({
        methods: z.tuple([z.literal('assume_role')]),
        assume_role: z
          .object({
            agency_name: z.string(),
            domain_name: z.string().optional(),
            domain_id: z.string().optional(),
            duration_seconds: lifetime,
          })
          .refine(({ domain_name, domain_id }) => domain_name ?? domain_id, 'domain_id or domain_name is required'),
      }),
    ]),
  }),
});

/** CreateTemporaryAccessKeyByToken and CreateTemporaryAccessKeyByAgency are one path. */
function createTemporaryKey(call: Call & { account?: Account }): Answer {
  const { identity } = requestBody(call, temporaryKeyBody, badRequest).auth;
  if ('assume_role' in identity) return keyOfAgency(call, identity.assume_role);
  const given = identity.token.id ?? call.headers['x-auth-token'];
  const known = call.world.credentialSources.tokens.find((candidate) => candidate.token === given);
  if (known === undefined) return unauthorized('The token is not known.');
  return keyOf(call, accountOf(call.world, known.domainId), identity.token.duration_seconds);
}

interface AssumedRole {
  readonly agency_name: string;
  readonly domain_name?: string | undefined;
  readonly domain_id?: string | undefined;
  readonly duration_seconds: number;
}

function keyOfAgency(call: Call & { account?: Account }, role: AssumedRole): Answer {
  const { account: caller, world } = call;
  if (caller === undefined) return unauthorized('The request you have made requires authentication.');
  const owner = world.accounts.find(({ name, domainId, agencies }) => {
    const isNamed = name === role.domain_name || domainId === role.domain_id;
    return isNamed && agencies.some((one) => one.name === role.agency_name && one.trusts.includes(caller.domainId));
  });
  return owner === undefined
    ? iamError(403, 'Forbidden', 'You have no right to do this action.')
    : keyOf(call, owner, role.duration_seconds);
}

const keyOf = ({ world, now }: Call, account: Account, seconds: number): Answer => ({
  status: 201,
  body: { credential: legacyCredential(issueTemporaryKey(world, account, now, seconds)) },
});
