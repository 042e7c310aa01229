import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** An OpenID Connect issuer whose tokens the API server takes; the subject of a token, after `oidc:`, is the user. */
export interface TrustedIssuer {
  readonly url: string;
  /** PEM: whom the API server trusts when it asks the issuer for its keys. */
  readonly authority: string;
  /** For whom a token must be meant. */
  readonly audience: string;
}

/** The file from which the API server knows them. */
export const authenticationFile = (directory: string) => join(directory, 'authentication.json');

/**
 * Makes the API server of the control plane in `directory` take the tokens of these issuers, and of no others; it reads the file
 * again soon after it is replaced.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
 */
export async function trustIssuers(directory: string, issuers: readonly TrustedIssuer[]): Promise<void> {
  const content = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    jwt: issuers.map(({ url, authority, audience }) => ({
      issuer: { url, certificateAuthority: authority, audiences: [audience] },
      claimMappings: { username: { claim: 'sub', prefix: 'oidc:' } },
    })),
  };
  const file = authenticationFile(directory);
  await writeFile(`${file}.new`, JSON.stringify(content));
  await rename(`${file}.new`, file);
}
