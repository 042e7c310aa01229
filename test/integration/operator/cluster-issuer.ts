import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { kubectlOutput } from '../../cluster/kubectl.ts';
import { seeded } from '../../huaweicloud/seed.ts';

/** The agency that tokens of the cluster may have. */
export const agencyUrn = `iam::${seeded.domainId}:agency:operator`;

/** The cluster as IAM knows it. */
export const provider = {
  id: 'cluster',
  urn: `iam::${seeded.domainId}:oidc-provider:cluster`,
  audience: 'huaweicloud',
};

/** What an account has that trusts the service accounts of a real API server, by the keys that it publishes. */
export async function trustIn(kubeconfig: string) {
  const raw = async <Schema extends z.ZodType>(path: string, schema: Schema) =>
    schema.parse(JSON.parse(await kubectlOutput(kubeconfig, ['get', '--raw', path])));
  const { issuer } = await raw('/.well-known/openid-configuration', z.object({ issuer: z.string() }));
  const { keys } = await raw('/openid/v1/jwks', z.object({ keys: z.array(z.record(z.string(), z.string())).min(1) }));
  const publicKeys = keys.map((key) =>
    createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString(),
  );
  return { identityProviders: [{ ...provider, issuer, publicKeys }], agencyUrns: [agencyUrn] };
}
