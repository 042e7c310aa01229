import { z } from 'zod';
import { group } from '../../api/names.ts';
import type { Connection } from '../../kubernetes/connection.ts';
import { KubernetesError } from '../../kubernetes/errors.ts';
import { type Nothing, type Outcome, ok, skipped, warning } from '../outcome.ts';

const named = { metadata: z.object({ name: z.string() }) };
const rule = z.object({ apiGroups: z.array(z.string()).default([]) });
const policies = z.object({
  items: z.array(
    z.object({
      ...named,
      spec: z.object({ matchConstraints: z.object({ resourceRules: z.array(rule).default([]) }).optional() }),
    }),
  ),
});
const bindings = z.object({
  items: z.array(
    z.object({
      ...named,
      spec: z.object({ policyName: z.string(), validationActions: z.array(z.string()).default([]) }),
    }),
  ),
});

const root = '/apis/admissionregistration.k8s.io/v1';
const remedy =
  'Install them with the chart (admission.enabled=true), or leave it so when everybody who may edit a request may also approve it.';

/**
 * Whether the API server itself refuses approvals by whoever lacks the verb. The operator has no right to look at policies, and
 * no need to: an administrator has, with a kubeconfig.
 */
export async function checkAdmissionPolicies(
  connection: Pick<Connection, 'request'>,
  signal: AbortSignal,
): Promise<Outcome<Nothing>> {
  try {
    const [all, bound] = await Promise.all([
      connection.request('GET', `${root}/validatingadmissionpolicies`, { signal }),
      connection.request('GET', `${root}/validatingadmissionpolicybindings`, { signal }),
    ]);
    return verdictOn(policies.parse(all), bindings.parse(bound));
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    if (error.reason === 'Forbidden') return skipped('only an administrator may look: use --kubeconfig of one');
    if (error.reason === 'NotFound') return warning('the API server knows no admission policies', remedy, undefined);
    throw error;
  }
}

function verdictOn(all: z.infer<typeof policies>, bound: z.infer<typeof bindings>): Outcome<Nothing> {
  const ours = all.items.filter(({ spec }) =>
    spec.matchConstraints?.resourceRules.some(({ apiGroups }) => apiGroups.includes(group)),
  );
  const names = ours.map(({ metadata }) => metadata.name);
  if (names.length === 0)
    return warning(`no policy guards ${group}: whoever may edit a request may approve it`, remedy, undefined);
  const denying = bound.items.filter(({ spec }) => spec.validationActions.includes('Deny'));
  const idle = names.filter((name) => !denying.some(({ spec }) => spec.policyName === name));
  if (idle.length > 0) return warning(`no binding lets ${idle.join(', ')} deny anything`, remedy, undefined);
  return ok(`${names.join(', ')}, each with a binding that denies`, undefined);
}
