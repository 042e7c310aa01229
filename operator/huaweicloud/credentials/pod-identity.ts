import { z } from 'zod';
import { seconds } from '../../clock.ts';
import { CredentialsError, oneWord, parseValues } from '../credentials.ts';
import { askForSuccess, hiding, unsigned } from './ask.ts';
import { temporaryKey } from './temporary-key.ts';
import { readTokenFile } from './token-file.ts';
import { isAnySet, temporaryCredentials, type Way } from './way.ts';

const remedy =
  'CCE sets HC_CONTAINER_CREDENTIALS_FULL_URI and HC_CONTAINER_AUTHORIZATION_TOKEN_FILE in a pod whose service account is associated with an agency: look at the association, and at the CCE add-on for pod identity on the node.';

const variables = z.object({
  HC_CONTAINER_CREDENTIALS_FULL_URI: oneWord.refine(URL.canParse, 'is no address'),
  HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: z.string('is missing').min(1, 'is empty'),
});

/** The agency that CCE associates with the service account of the pod. */
export const podIdentity: Way = {
  name: 'CCE pod identity',
  isChosen: (environment) => isAnySet(environment, Object.keys(variables.shape)),
  open: (environment, surroundings) => {
    const values = parseValues(variables, environment, remedy);
    const { HC_CONTAINER_CREDENTIALS_FULL_URI: uri, HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile } = values;
    if (!/^https?:/.test(uri)) {
      throw new CredentialsError('HC_CONTAINER_CREDENTIALS_FULL_URI is no address of http or https.', remedy);
    }
    return temporaryCredentials(
      {
        way: podIdentity.name,
        settings: { uri, tokenFile },
        environment,
        remedy,
        obtain: async (signal) => {
          const token = await readTokenFile(tokenFile, 'HC_CONTAINER_AUTHORIZATION_TOKEN_FILE', remedy);
          const operation = 'Credentials';
          // The token stands alone, without a word such as Bearer before it (SDK PodIdentityAccessor).
          const request = unsigned('POST', uri, { headers: { authorization: token }, body: {} });
          const secret = hiding(token);
          const question = { service: 'podIdentity', operation, request, secret, limit: seconds(5), remedy } as const;
          const answer = await askForSuccess(surroundings, question, signal);
          return temporaryKey(answer, `podIdentity.${operation}`, surroundings.clock);
        },
      },
      surroundings,
    );
  },
};
