import { hours, seconds } from '../../clock.ts';
import { CredentialsError } from '../credentials.ts';
import { CloudError } from '../errors.ts';
import type { Answer } from '../transport.ts';
import { ask, hiding, type Question, throwIfFailed, unsigned } from './ask.ts';
import type { ObtainKey } from './refreshing.ts';
import { temporaryKey } from './temporary-key.ts';
import { temporaryCredentials, type Way, type WaySurroundings } from './way.ts';

const remedy =
  "Give the operator credentials in one of the ways of docs/credentials.md, such as HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK (chart: credentials.existingSecret), or an agency to the node (CCE node pool: agency), or name a Secret in the DCCServer's spec.credentialsSecretRef.";

/** The agency of the ECS that the operator runs on. It takes no setting, so it is what is left when nothing is set. */
export const nodeAgency: Way = {
  name: 'agency of the node (nothing else is set)',
  isChosen: () => true,
  open: (environment, surroundings) => {
    const { metadata } = surroundings.endpoints;
    const obtain = obtainFromNode(surroundings);
    return temporaryCredentials(
      { way: nodeAgency.name, settings: { metadataService: metadata }, environment, remedy, obtain },
      surroundings,
    );
  },
};

const tokenLifetime = hours(6);
/** Version 2 of the metadata service may be missing (SDK MetadataAccessor); then version 1 needs no token. */
const withoutVersion2 = [404, 405, 503];
const noAgency = 'Please configure Cloud Service Agency first';

function obtainFromNode(surroundings: WaySurroundings): ObtainKey {
  const { endpoints, clock } = surroundings;
  let token: string | undefined;

  async function createToken(signal: AbortSignal): Promise<string | undefined> {
    const headers = { 'x-metadata-token-ttl-seconds': String(tokenLifetime / 1_000) };
    const request = unsigned('PUT', `${endpoints.metadata}/meta-data/latest/api/token`, { headers });
    const question = questionOf('CreateToken', request, undefined);
    const answer = await askNode(surroundings, question, signal);
    if (withoutVersion2.includes(answer.status)) return undefined;
    throwIfFailed(question, answer);
    return answer.body.trim() || undefined;
  }

  async function askForKey(signal: AbortSignal): Promise<{ question: Question; answer: Answer }> {
    const headers: Record<string, string> = token === undefined ? {} : { 'x-metadata-token': token };
    const request = unsigned('GET', `${endpoints.metadata}/openstack/latest/securitykey`, { headers });
    const question = questionOf('SecurityKey', request, token);
    return { question, answer: await askNode(surroundings, question, signal) };
  }

  return async (signal) => {
    token ??= await createToken(signal);
    let asked = await askForKey(signal);
    // The token has ended, or is required since.
    if (asked.answer.status === 401 && !asked.answer.body.includes(noAgency)) {
      token = await createToken(signal);
      asked = await askForKey(signal);
    }
    if (asked.answer.body.includes(noAgency)) throw new CredentialsError('The node has no agency.', remedy);
    throwIfFailed(asked.question, asked.answer);
    return temporaryKey(asked.answer, 'metadata.SecurityKey', clock);
  };
}

const questionOf = (operation: string, request: Question['request'], token: string | undefined): Question => ({
  service: 'metadata',
  operation,
  request,
  secret: hiding(token ?? 'none'),
  limit: seconds(3),
  remedy,
});

/** Where there is no metadata service, there are no credentials: a person has to give some. */
async function askNode(surroundings: WaySurroundings, question: Question, signal: AbortSignal): Promise<Answer> {
  try {
    return await ask(surroundings, question, signal);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    const message = `No credentials are set, and the metadata service of the node does not answer: ${error.message}.`;
    throw new CredentialsError(message, remedy);
  }
}
