import type { Agency } from '../../agency.ts';
import type { CredentialsValues } from '../credentials.ts';
import { accessKey } from './access-key.ts';
import { switchedTo } from './agency.ts';
import { identityProvider } from './identity-provider.ts';
import { nodeAgency } from './node-agency.ts';
import { oidcAgency } from './oidc-agency.ts';
import { podIdentity } from './pod-identity.ts';
import { profile } from './profile.ts';
import type { OwnCredentials, Way, WaySurroundings } from './way.ts';

/**
 * The ways to come by credentials, in the order of Huawei's SDKs (`CredentialProviderChain` of huaweicloudsdkcore 3.1.219): the
 * first one that the environment is set for is taken, and no other is tried when it fails. Only the last two are the other way
 * round: the SDK asks the node before the pod, and so a pod that was given an identity would act as its node.
 */
export const ways: readonly Way[] = [oidcAgency, identityProvider, accessKey, profile, podIdentity, nodeAgency];

/** The operator's own credentials. Sends nothing. Throws a `CredentialsError` that names what is missing or wrong. */
export function openOwnCredentials(
  environment: CredentialsValues,
  agency: Agency | undefined,
  surroundings: WaySurroundings,
): OwnCredentials {
  const way = ways.find((one) => one.isChosen(environment)) ?? nodeAgency;
  const own = way.open(environment, surroundings);
  return agency === undefined ? own : switchedTo(agency, own, surroundings);
}
