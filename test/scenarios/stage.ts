import { type Clock, milliseconds, seconds, systemClock } from '../../operator/clock.ts';
import { seeded } from '../huaweicloud/seed.ts';
import {
  openScenario,
  openScenarioWithoutOperator,
  type ScenarioOptions,
  type Scenario as Stage,
} from '../integration/operator/scenario.ts';
import { openServiceAccount, type ServiceAccount } from '../integration/operator/service-account.ts';
import type { Scenario } from './format.ts';
import { worldOf } from './world.ts';

/** Opens the namespace, the cloud and the operator that a scenario asks for; whoever disposes of `parts` ends them. */
export async function openStage(scenario: Scenario, kubeconfig: string, parts: AsyncDisposableStack): Promise<Stage> {
  const options = optionsOf(scenario);
  const { mayNot } = scenario.operator;
  if (mayNot === undefined) return parts.use(await openScenario(options));
  const stage = parts.use(await openScenarioWithoutOperator(options));
  const account = await serviceAccountWithout(mayNot, stage, kubeconfig);
  parts.use(account);
  await stage.operators.start({ kubeconfig: account.kubeconfig });
  return stage;
}

function optionsOf({ world, cloud, operator, refusals, losses }: Scenario): ScenarioOptions {
  const { ahead, ...settings } = cloud;
  const { accessKey } = seeded;
  return {
    world: worldOf(world),
    settings: Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
    ...(ahead === undefined ? {} : { clock: aheadBy(ahead) }),
    flags: operator.flags,
    ...(operator.credentials === 'None' ? { credentials: 'None' } : {}),
    ...(operator.credentials === 'Wrong' ? { credentials: { accessKey, secretKey: wrongSecretKey } } : {}),
    ...(refusals === undefined ? {} : { expectedRefusals: refusals }),
    ...(losses === undefined ? {} : { expectedLosses: losses }),
    mayLogErrors: operator.mayLogErrors,
  };
}

export const wrongSecretKey = 'wrong-secret-key-of-the-tests-000000000001';

const aheadBy = (ahead: number): Clock => ({
  ...systemClock,
  now: () => new Date(systemClock.now().getTime() + milliseconds(ahead)),
});

type Right = NonNullable<Scenario['operator']['mayNot']>;

/** What the operator does in its namespace, besides what `mayNot` takes away. */
function rulesWithout(missing: Right) {
  const every = ['get', 'list', 'watch', 'create', 'update', 'patch'];
  const statuses = missing === 'update dccservers/status' ? [] : ['dccservers/status'];
  return [
    { apiGroups: ['dcc-operator.io'], resources: ['dccservers', 'unsubscriptionrequests'], verbs: every },
    { apiGroups: ['dcc-operator.io'], resources: ['unsubscriptionrequests/status', ...statuses], verbs: every },
    { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: every },
    { apiGroups: [''], resources: ['secrets'], verbs: every },
    ...(missing === 'get configmaps' ? [] : [{ apiGroups: [''], resources: ['configmaps'], verbs: every }]),
  ];
}

async function serviceAccountWithout(missing: Right, stage: Stage, kubeconfig: string): Promise<ServiceAccount> {
  const metadata = { name: 'dcc-dcc-operator' };
  const apiGroup = 'rbac.authorization.k8s.io';
  await stage.applyDirectly(
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: `${apiGroup}/v1`, kind: 'Role', metadata, rules: rulesWithout(missing) },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'Role', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace: stage.namespace }],
    },
  );
  return openServiceAccount(kubeconfig, stage.namespace);
}

/** Longer than it takes to order what wrongly nothing keeps back any more: two looks a second apart, and the call. */
export const longEnoughToOrder = seconds(2.5);
