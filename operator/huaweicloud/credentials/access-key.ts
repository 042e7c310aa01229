import { type CredentialsValues, staticCredentials } from '../credentials.ts';
import { isAnySet, type OwnCredentials, type Way } from './way.ts';

const remedy =
  "Give the operator HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK in its environment (chart: credentials.existingSecret), or name a Secret in the DCCServer's spec.credentialsSecretRef.";

/** A fixed access key and its secret, with a security token when it is a temporary one that somebody else replaces. */
export const accessKey: Way = {
  name: 'access key in the environment',
  isChosen: (environment) =>
    isAnySet(environment, ['HUAWEICLOUD_SDK_AK', 'HUAWEICLOUD_SDK_SK', 'HUAWEICLOUD_SDK_SECURITY_TOKEN']),
  open: (environment) => openAccessKey(environment, accessKey.name, remedy),
};

/** A fixed key, wherever it was found. */
export const openAccessKey = (values: CredentialsValues, way: string, remedy: string): OwnCredentials => ({
  ...staticCredentials(values, remedy),
  way,
  settings: {},
  state: () => ({}),
});
