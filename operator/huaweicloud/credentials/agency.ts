import { type Agency, accountInUrn } from '../../agency.ts';
import { seconds } from '../../clock.ts';
import { CredentialsError } from '../credentials.ts';
import { signRequest, type UnsignedRequest } from '../signing.ts';
import { askForSuccess } from './ask.ts';
import { refreshing } from './refreshing.ts';
import { temporaryKey } from './temporary-key.ts';
import type { OwnCredentials, WaySurroundings } from './way.ts';

/** One switched from another may not be asked to last longer (AssumeAgency). */
const keyLifetimeSeconds = 3_600;
const sessionName = 'dcc-operator';

/**
 * Credentials of an agency, which those of `from` may switch to (AssumeAgency, or CreateTemporaryAccessKeyByAgency). The ids that
 * came with the others are of their account, and so not taken over.
 */
export function switchedTo(agency: Agency, from: OwnCredentials, surroundings: WaySurroundings): OwnCredentials {
  const { clock, cloudClock, endpoints } = surroundings;
  const { service, operation, path, body, settings } = callOf(agency);
  const remedy = `Let the agency of --agency trust this account, and grant the user or agency that switches to it the action ${agency.kind === 'Urn' ? 'sts:agencies:assume' : 'iam:agencies:assume (Agent Operator)'}; the credentials that it switches from come from: ${from.way}.`;
  const { provider, renew, state } = refreshing({
    clock,
    tell: surroundings.tell,
    obtain: async (signal) => {
      const credentials = await from.provider(signal);
      const origin = endpoints[service];
      const unsigned: UnsignedRequest = { method: 'POST', origin, path, body: JSON.stringify(body) };
      const request = signRequest(unsigned, credentials, cloudClock.now(origin).at);
      const question = { service, operation, request, secret: credentials, limit: seconds(10), remedy } as const;
      try {
        const answer = await askForSuccess(surroundings, question, signal);
        return temporaryKey(answer, `${service}.${operation}`, clock);
      } catch (error) {
        if (error instanceof CredentialsError) from.renew?.();
        throw error;
      }
    },
  });
  return {
    way: `${from.way}, switched to an agency`,
    settings: { ...from.settings, ...settings },
    fingerprint: 'own: agency',
    projectId: undefined,
    domainId: agency.kind === 'Urn' ? accountInUrn(agency.urn) : undefined,
    provider,
    renew,
    state: () => ({ ...state(), switchedFrom: from.state() }),
  };
}

function callOf(agency: Agency) {
  if (agency.kind === 'Urn') {
    return {
      service: 'sts',
      operation: 'AssumeAgency',
      path: ['v5', 'agencies', 'assume'],
      body: {
        agency_urn: agency.urn,
        agency_session_name: sessionName,
        duration_seconds: keyLifetimeSeconds,
      },
      settings: { switchedTo: agency.urn },
    } as const;
  }
  const assume = { domain_name: agency.account, agency_name: agency.name, duration_seconds: keyLifetimeSeconds };
  return {
    service: 'iam',
    operation: 'CreateTemporaryAccessKeyByAgency',
    path: ['v3.0', 'OS-CREDENTIAL', 'securitytokens'],
    body: { auth: { identity: { methods: ['assume_role'], assume_role: assume } } },
    settings: { switchedTo: `${agency.account}/${agency.name}` },
  } as const;
}
