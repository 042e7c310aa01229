import { CredentialsError } from '../huaweicloud/credentials.ts';
import { EndpointError } from '../huaweicloud/endpoints.ts';
import { CloudError } from '../huaweicloud/errors.ts';
import { KubernetesError, type KubernetesErrorReason } from '../kubernetes/errors.ts';
import { failed, type Outcome } from './outcome.ts';

/** What an error means for a person who installs the operator. Pure. */
export function failureOf(error: unknown): Outcome<never> {
  if (error instanceof CloudError) return failed(error.message, error.remedy);
  if (error instanceof CredentialsError) return failed(error.message, error.remedy);
  if (error instanceof EndpointError) return failed(error.message, 'Correct --site, --endpoints or the region.');
  if (error instanceof KubernetesError) return failed(`${error.reason}: ${error.message}`, kubernetesRemedy(error));
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return failed(tooLate, 'Give it longer with --check-timeout, or see what else failed.');
  return failed(error instanceof Error ? error.message : String(error), 'Put right what the message names.');
}

const tooLate = 'it had not ended when the time for all checks was over';

const remedies: Partial<Record<KubernetesErrorReason, string>> = {
  Unauthorized: 'Use a kubeconfig or service account whose token or certificate the API server accepts.',
  Forbidden: 'Grant the right, as the chart does (templates/rbac.yaml).',
  Unreachable: 'Check the address of the API server, the network, and its certificate authority.',
  Timeout: 'Check the network and the load of the API server, then check again.',
  ConnectionLost: 'Check the network and the load of the API server, then check again.',
};

const kubernetesRemedy = ({ reason }: KubernetesError): string =>
  remedies[reason] ?? 'Look into the log of the API server, or of what stands before it.';
