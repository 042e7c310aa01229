import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { seconds } from '../../operator/clock.ts';
import { seeded } from './seed.ts';
import { aCloud, aTestWorld, NOW, type TestCall, type TestCloud } from './test-cloud.ts';

const issuer = 'https://kubernetes.default.svc';
const keys = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const provider = {
  id: 'cluster',
  urn: 'iam::oidc/cluster',
  issuer,
  audience: 'huaweicloud',
  publicKeys: Object.values(keys).map(({ publicKey }) => String(publicKey.export({ type: 'spki', format: 'pem' }))),
};
const agencyUrn = 'iam::agency:operator';
const trusting = () => aTestWorld({ identityProviders: [provider], agencyUrns: [agencyUrn] });

/** A token as the API server issues it for a service account. */
function idToken(
  claims: object = {},
  algorithm: keyof typeof keys = 'ES256',
  key = keys[algorithm].privateKey,
): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const soon = Date.parse(NOW) / 1_000 + 600;
  const all = { iss: issuer, aud: ['huaweicloud'], sub: 'system:serviceaccount:a:b', exp: soon, ...claims };
  const signed = `${encode({ alg: algorithm })}.${encode(all)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

const assume = (cloud: TestCloud, token: string, agency = agencyUrn) =>
  cloud.post('/v5/agencies/assume-with-oidc', {
    unsigned: true,
    body: { provider_urn: provider.urn, agency_urn: agency, agency_session_name: 's', id_token: token },
  });

const legacy = z.object({ access: z.string(), secret: z.string(), securitytoken: z.string(), expires_at: z.string() });

/** Proves that a key is good by using it. */
const use = (cloud: TestCloud, { access, secret, securitytoken }: z.infer<typeof legacy>) =>
  cloud.get('/v5/caller-identity', {
    accessKey: access,
    secretKey: secret,
    headers: { 'X-Security-Token': securitytoken },
  });

describe('credentials', () => {
  it.each(['ES256', 'RS256'] as const)('are given by STS for a trusted id token (%s)', async (algorithm) => {
    const cloud = await aCloud(trusting());
    const { status, body } = await assume(cloud, idToken({}, algorithm));
    expect(status).toBe(200);
    const given = z
      .object({
        access_key_id: z.string(),
        secret_access_key: z.string(),
        security_token: z.string(),
        expiration: z.string(),
      })
      .parse(body['credentials']);
    expect(given.expiration).toBe('2026-06-15T09:30:00.000Z');
    const key = { access: given.access_key_id, secret: given.secret_access_key, securitytoken: given.security_token };
    expect((await use(cloud, { ...key, expires_at: '' })).body).toMatchObject({ account_id: seeded.domainId });
  });

  it.each([
    ['an expired token', idToken({ exp: Date.parse(NOW) / 1_000 })],
    ['another issuer', idToken({ iss: 'https://elsewhere' })],
    ['another audience', idToken({ aud: 'elsewhere' })],
    ['a foreign key', idToken({}, 'ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)],
    ['no token at all', 'nonsense'],
  ])('are refused for %s', async (_, token) => {
    const cloud = await aCloud(trusting());
    expect((await assume(cloud, token)).status).toBe(403);
  });

  it('are refused for an agency that the account does not have', async () => {
    const cloud = await aCloud(trusting());
    expect((await assume(cloud, idToken(), 'iam::agency:another')).status).toBe(403);
  });

  it('stop working when they expire', async () => {
    const cloud = await aCloud(aTestWorld());
    cloud.cloud.world.credentialSources.nodeAgencyDomainId = seeded.domainId;
    const { body } = await cloud.get('/openstack/latest/securitykey', { unsigned: true });
    const key = legacy.parse(body['credential']);
    expect((await use(cloud, key)).status).toBe(200);
    cloud.clock.advance(seconds(3_600));
    expect((await use(cloud, key)).status).toBe(401);
  });

  it('are given by IAM v3 in two steps', async () => {
    const cloud = await aCloud(trusting());
    const first = await cloud.post('/v3.0/OS-AUTH/id-token/tokens', {
      unsigned: true,
      headers: { 'X-Idp-Id': 'cluster' },
      body: { auth: { id_token: { id: idToken() } } },
    });
    expect(first.status).toBe(201);
    const token = { id: first.headers.get('x-subject-token'), duration_seconds: 900 };
    const second = await cloud.post('/v3.0/OS-CREDENTIAL/securitytokens', {
      unsigned: true,
      body: { auth: { identity: { methods: ['token'], token } } },
    });
    expect(second.status).toBe(201);
    expect((await use(cloud, legacy.parse(second.body['credential']))).status).toBe(200);
  });

  it('are refused on a node without an agency', async () => {
    const cloud = await aCloud(aTestWorld());
    const { status, body } = await cloud.get('/openstack/latest/securitykey', { unsigned: true });
    expect([status, body]).toEqual([401, { text: 'Please configure Cloud Service Agency first' }]);
  });

  it('are given to a pod that presents its identity', async () => {
    const cloud = await aCloud(aTestWorld());
    cloud.cloud.world.credentialSources.podIdentity = { token: 'pod-token', domainId: seeded.domainId };
    const ask = (authorization: string) =>
      cloud.post('/pod-identity/credentials', { unsigned: true, body: {}, headers: { authorization } });
    expect((await ask('another')).status).toBe(401);
    expect((await use(cloud, legacy.parse((await ask('pod-token')).body))).status).toBe(200);
  });

  it('are given by a metadata service that requires version 2 only for a token that has not ended', async () => {
    const cloud = await aCloud(aTestWorld());
    Object.assign(cloud.cloud.world.credentialSources, {
      nodeAgencyDomainId: seeded.domainId,
      metadataVersion2: 'required',
    });
    const path = '/openstack/latest/securitykey';
    const statusWith = async (headers: Record<string, string>) =>
      (await cloud.get(path, { unsigned: true, headers })).status;
    const createToken = (lifetime: string) =>
      cloud.send('PUT', '/meta-data/latest/api/token', {
        unsigned: true,
        headers: { 'X-Metadata-Token-Ttl-Seconds': lifetime },
      });
    expect((await createToken('21601')).status).toBe(400);
    const token = String((await createToken('60')).body['text']);
    expect(await statusWith({})).toBe(401);
    expect(await statusWith({ 'X-Metadata-Token': 'another' })).toBe(401);
    expect(await statusWith({ 'X-Metadata-Token': token })).toBe(200);
    cloud.clock.advance(seconds(60));
    expect(await statusWith({ 'X-Metadata-Token': token })).toBe(401);
  });

  it('of an agency are given to who may switch to it, and to a temporary key for an hour at most', async () => {
    const agency = { urn: 'iam::other:agency:a', name: 'a', trusts: [seeded.domainId] };
    const cloud = await aCloud(aTestWorld({ agencies: [agency] }));
    cloud.cloud.world.credentialSources.nodeAgencyDomainId = seeded.domainId;
    const node = await cloud.get('/openstack/latest/securitykey', { unsigned: true });
    const temporary = legacy.parse(node.body['credential']);
    const byTemporaryKey = {
      accessKey: temporary.access,
      secretKey: temporary.secret,
      headers: { 'X-Security-Token': temporary.securitytoken },
    };
    const assume = async (duration: number, call: TestCall = {}, urn = agency.urn) => {
      const body = { agency_urn: urn, agency_session_name: 'name', duration_seconds: duration };
      return (await cloud.post('/v5/agencies/assume', { ...call, body })).status;
    };
    expect(await assume(7_200)).toBe(200);
    expect(await assume(3_600, byTemporaryKey)).toBe(200);
    expect(await assume(7_200, byTemporaryKey)).toBe(400);
    expect(await assume(899)).toBe(400);
    expect(await assume(3_600, { unsigned: true })).toBe(401);
    expect(await assume(3_600, {}, 'iam::other:agency:b')).toBe(403);
  });
});
