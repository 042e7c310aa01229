import { z } from 'zod';
import { hours, seconds } from '../../clock.ts';
import { oneWord, parseValues } from '../credentials.ts';
import { unparsable } from '../errors.ts';
import { askForSuccess, hiding, unsigned } from './ask.ts';
import type { TemporaryKey } from './refreshing.ts';
import { temporaryKey } from './temporary-key.ts';
import { readTokenFile } from './token-file.ts';
import { isAnySet, temporaryCredentials, type Way, type WaySurroundings } from './way.ts';

const remedy =
  'Set HUAWEICLOUD_SDK_IDP_ID to the name of the identity provider in IAM and HUAWEICLOUD_SDK_ID_TOKEN_FILE to the file of the token; the provider must trust the issuer and the audience of the token, and map its subject to a user group.';

const variables = z.object({
  HUAWEICLOUD_SDK_IDP_ID: oneWord,
  HUAWEICLOUD_SDK_ID_TOKEN_FILE: z.string('is missing').min(1, 'is empty'),
});

/** As in the SDK. It is asked to be that long; IAM allows 15 minutes to 24 hours (api-iam iam_04_0002). */
const keyLifetime = hours(6);
const limit = seconds(10);

/** An id token of an OpenID Connect issuer for the key of a federated user (the older IAM, version 3). */
export const identityProvider: Way = {
  name: 'OpenID Connect with an identity provider (IAM v3)',
  isChosen: (environment) => isAnySet(environment, Object.keys(variables.shape)),
  open: (environment, surroundings) => {
    const values = parseValues(variables, environment, remedy);
    const { HUAWEICLOUD_SDK_IDP_ID: provider, HUAWEICLOUD_SDK_ID_TOKEN_FILE: tokenFile } = values;
    return temporaryCredentials(
      {
        way: identityProvider.name,
        settings: { provider, tokenFile },
        environment,
        remedy,
        obtain: async (signal) => {
          const idToken = await readTokenFile(tokenFile, 'HUAWEICLOUD_SDK_ID_TOKEN_FILE', remedy);
          const token = await unscopedToken(provider, idToken, surroundings, signal);
          return await keyOfToken(token, surroundings, signal);
        },
      },
      surroundings,
    );
  },
};

/** First step: the id token for a token of IAM, which comes in a header. */
async function unscopedToken(
  provider: string,
  idToken: string,
  surroundings: WaySurroundings,
  signal: AbortSignal,
): Promise<string> {
  const operation = 'CreateTokenWithIdToken';
  const request = unsigned('POST', `${surroundings.endpoints.iam}/v3.0/OS-AUTH/id-token/tokens`, {
    headers: { 'x-idp-id': provider },
    body: { auth: { id_token: { id: idToken } } },
  });
  const question = { service: 'iam', operation, request, secret: hiding(idToken), limit, remedy } as const;
  const { headers } = await askForSuccess(surroundings, question, signal);
  const token = headers['x-subject-token'];
  if (typeof token === 'string' && token !== '') return token;
  throw unparsable(`iam.${operation}`, 'the answer has no header X-Subject-Token');
}

/** Second step: the token of IAM for a key. */
async function keyOfToken(token: string, surroundings: WaySurroundings, signal: AbortSignal): Promise<TemporaryKey> {
  const operation = 'CreateTemporaryAccessKeyByToken';
  const identity = { methods: ['token'], token: { id: token, duration_seconds: keyLifetime / 1_000 } };
  const request = unsigned('POST', `${surroundings.endpoints.iam}/v3.0/OS-CREDENTIAL/securitytokens`, {
    body: { auth: { identity } },
  });
  const question = { service: 'iam', operation, request, secret: hiding(token), limit, remedy } as const;
  const answer = await askForSuccess(surroundings, question, signal);
  return temporaryKey(answer, `iam.${operation}`, surroundings.clock);
}
