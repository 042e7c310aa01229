import { z } from 'zod';
import { accountInUrn } from '../../agency.ts';
import { seconds } from '../../clock.ts';
import { oneWord, parseValues } from '../credentials.ts';
import { askForSuccess, hiding, type Question, unsigned } from './ask.ts';
import { temporaryKey } from './temporary-key.ts';
import { readTokenFile } from './token-file.ts';
import { isAnySet, temporaryCredentials, type Way, type WaySurroundings } from './way.ts';

const remedy =
  'Set HUAWEICLOUD_OIDC_PROVIDER_URN, HUAWEICLOUD_OIDC_AGENCY_URN and HUAWEICLOUD_OIDC_TOKEN_FILE; the provider in IAM must trust the issuer, the audience and the subject of the token, and the trust policy of the agency the provider.';

// The names, and the defaults, of the SDK's OidcStsCredentialProvider.
const variables = z
  .object({
    HUAWEICLOUD_OIDC_PROVIDER_URN: oneWord,
    HUAWEICLOUD_OIDC_AGENCY_URN: oneWord,
    HUAWEICLOUD_OIDC_ID_TOKEN: oneWord.optional(),
    HUAWEICLOUD_OIDC_TOKEN_FILE: z.string().min(1, 'is empty').optional(),
    HUAWEICLOUD_OIDC_SESSION_NAME: oneWord.default('oidc-sts-session'),
    HUAWEICLOUD_OIDC_DURATION_SECONDS: z.coerce
      .number('must be a number of seconds')
      .int('must be a whole number of seconds')
      .min(900, 'must be 900 or more')
      .max(43_200, 'must be 43200 or less')
      .default(3_600),
    HUAWEICLOUD_OIDC_POLICY: z.string().optional(),
    HUAWEICLOUD_OIDC_POLICY_IDS: z
      .string()
      .optional()
      .transform((ids) => ids?.split(',').flatMap((id) => id.trim() || [])),
  })
  .refine((values) => values.HUAWEICLOUD_OIDC_ID_TOKEN ?? values.HUAWEICLOUD_OIDC_TOKEN_FILE, {
    error: 'is missing',
    path: ['HUAWEICLOUD_OIDC_TOKEN_FILE'],
  });

type Variables = z.output<typeof variables>;

/** An id token of an OpenID Connect issuer, such as the cluster, for the key of an agency (STS, the newer IAM). */
export const oidcAgency: Way = {
  name: 'OpenID Connect with an agency (STS)',
  isChosen: (environment) =>
    isAnySet(environment, [
      'HUAWEICLOUD_OIDC_PROVIDER_URN',
      'HUAWEICLOUD_OIDC_AGENCY_URN',
      'HUAWEICLOUD_OIDC_ID_TOKEN',
      'HUAWEICLOUD_OIDC_TOKEN_FILE',
    ]),
  open: (environment, surroundings) => {
    const values = parseValues(variables, environment, remedy);
    const { HUAWEICLOUD_OIDC_TOKEN_FILE: tokenFile } = values;
    const own = temporaryCredentials(
      {
        way: oidcAgency.name,
        settings: {
          provider: values.HUAWEICLOUD_OIDC_PROVIDER_URN,
          agency: values.HUAWEICLOUD_OIDC_AGENCY_URN,
          ...(tokenFile === undefined ? {} : { tokenFile }),
        },
        environment,
        remedy,
        obtain: async (signal) => {
          const question = questionOf(values, await idTokenOf(values), surroundings);
          const answer = await askForSuccess(surroundings, question, signal);
          return temporaryKey(answer, `sts.${question.operation}`, surroundings.clock);
        },
      },
      surroundings,
    );
    return { ...own, domainId: own.domainId ?? accountInUrn(values.HUAWEICLOUD_OIDC_AGENCY_URN) };
  },
};

/** As in the SDK, a token in the environment goes before the file. It cannot be replaced, so it is for a trial. */
async function idTokenOf(values: Variables): Promise<string> {
  const { HUAWEICLOUD_OIDC_ID_TOKEN: token, HUAWEICLOUD_OIDC_TOKEN_FILE: path = '' } = values;
  return token ?? (await readTokenFile(path, 'HUAWEICLOUD_OIDC_TOKEN_FILE', remedy));
}

function questionOf(values: Variables, idToken: string, { endpoints }: WaySurroundings): Question {
  return {
    service: 'sts',
    operation: 'AssumeAgencyWithOIDC',
    request: unsigned('POST', `${endpoints.sts}/v5/agencies/assume-with-oidc`, {
      body: {
        provider_urn: values.HUAWEICLOUD_OIDC_PROVIDER_URN,
        agency_urn: values.HUAWEICLOUD_OIDC_AGENCY_URN,
        agency_session_name: values.HUAWEICLOUD_OIDC_SESSION_NAME,
        id_token: idToken,
        duration_seconds: values.HUAWEICLOUD_OIDC_DURATION_SECONDS,
        policy: values.HUAWEICLOUD_OIDC_POLICY,
        policy_ids: values.HUAWEICLOUD_OIDC_POLICY_IDS,
      },
    }),
    secret: hiding(idToken),
    limit: seconds(10),
    remedy,
  };
}
