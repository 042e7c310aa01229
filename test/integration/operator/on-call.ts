import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import { template } from '../../chart/helm.ts';
import { kubectlOutput } from '../../cluster/kubectl.ts';
import { freePorts } from '../../cluster/ports.ts';
import { type Prometheus, startPrometheus } from '../../cluster/prometheus.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { commandsOf } from '../../runbooks/commands.ts';
import { shellOf } from '../../runbooks/shell.ts';
import { openScenarioWithoutOperator, type Scenario } from './scenario.ts';
import { grantRights, openServiceAccount } from './service-account.ts';

/** What a person on call fills into a command: the labels of the alert. */
export type Labels = Readonly<
  Partial<Record<'REQUEST' | 'SERVER' | 'KIND' | 'NAME' | 'CALL' | 'ORDER-ID' | 'NAMESPACE', string>>
>;

/** The hands of a person with a runbook. */
export interface Follower extends AsyncDisposable {
  /** The commands that were run so far, as the runbooks have them. */
  readonly tried: ReadonlySet<string>;
  /** Runs the one command of the runbook that has these words in it; gives all that it says, and fails when it fails. */
  follow(runbook: string, words: string, labels?: Labels, environment?: Record<string, string>): Promise<string>;
}

/** An installation of two operators that a real Prometheus scrapes, and somebody on call for them. */
export interface OnCall extends Follower {
  readonly scenario: Scenario;
  readonly prometheus: Prometheus;
  /** What `helm upgrade` does for rights that somebody changed. */
  restoreRights(): Promise<void>;
}

/** The table says that nothing is kept, and the cloud keeps something: refunds are less than they were estimated. */
const wrongTable = JSON.stringify({ feePercent: { monthly: [0], '1': [0] } });

export async function openOnCall(): Promise<OnCall> {
  const hosts = ['lost', 'console', 'failing', 'waiting', 'short', 'inhabited', 'held', 'locked'];
  const world = aWorld().withServer({ name: 'large' }, { paid: '360000.00' });
  for (const name of hosts) world.withServer({ name });
  world.withVault('vault-01').withVm({ name: 'web-01' }, 'inhabited').withVm({ name: 'db-01' }, 'held');
  const ports = await freePorts(2);
  await using parts = new AsyncDisposableStack();
  const scenario = parts.use(await openScenarioWithoutOperator({ world, mayLogErrors: true }));
  const { namespace } = scenario;
  const kubeconfig = inject('kubeconfig');
  const rights = { namespaces: `{${namespace}}`, 'credentials.allowSecretRefs': 'true' };
  await grantRights(kubeconfig, namespace, rights);
  await applyDeployment(kubeconfig, namespace);
  const account = parts.use(await openServiceAccount(kubeconfig, namespace));
  const flags = {
    kubeconfig: account.kubeconfig,
    namespaces: namespace,
    'leader-election': 'Lease',
    'lease-name': 'dcc-dcc-operator',
    'halt-config-map': 'dcc-dcc-operator-halt',
    'refund-rates': wrongTable,
  };
  const [first, second] = ports.map((port) => `127.0.0.1:${port}`);
  await scenario.operators.start({ ...flags, 'health-address': first ?? '' });
  await scenario.operators.startStandby({ ...flags, 'health-address': second ?? '' });
  const prometheus = parts.use(await startPrometheus({ 'dcc-0': first ?? '', 'dcc-1': second ?? '' }));
  const { follow, tried } = parts.use(await openFollower(scenario, first ?? ''));
  const started = parts.move();
  return {
    scenario,
    prometheus,
    tried,
    restoreRights: () => grantRights(kubeconfig, namespace, rights),
    follow,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** Follows the runbooks for the operators of a scenario, of which one serves its health at this address. */
export async function openFollower({ namespace, operators }: Scenario, health: string): Promise<Follower> {
  const run = await shellOf(inject('kubeconfig'));
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-on-call-'));
  const log = join(folder, 'log');
  const tried = new Set<string>();
  return {
    tried,
    follow: async (runbook, words, labels = {}, environment = {}) => {
      const [command, ...more] = commandsOf(runbook).filter(({ text }) => text.includes(words));
      if (command === undefined || more.length > 0) expect.fail(`not one command of ${runbook} has ${words}`);
      tried.add(`${runbook}: ${command.text}`);
      await writeFile(log, `${operators.log.join('\n')}\n`);
      return await run(filledIn(command.text, { namespace, health, log }, labels), environment);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** So that there is one to look at. Nobody runs its pods here: the operators are processes beside the cluster. */
async function applyDeployment(kubeconfig: string, namespace: string): Promise<void> {
  const rendered = await template({}, ['templates/deployment.yaml']);
  const input = rendered.replaceAll('namespace: dcc-system', `namespace: ${namespace}`);
  await kubectlOutput(kubeconfig, ['apply', '-f', '-'], { input });
}

/**
 * The command as a person runs it, but for what needs pods: the log of the processes stands in a file, and their health is on a port
 * of this machine already. `-A` would show what other tests have.
 */
function filledIn(text: string, at: { namespace: string; health: string; log: string }, labels: Labels): string {
  const words = { NAMESPACE: at.namespace, OPERATOR: at.namespace, ...labels };
  const local = text
    .replace(/(\bdeploy\/|[:=]OPERATOR:)dcc-operator\b/, '$1dcc-dcc-operator')
    .replace(/kubectl -n OPERATOR logs -l \S+ --tail=(-1|\d+)/, (_, count) =>
      count === '-1' ? `cat ${at.log}` : `tail -n ${count} ${at.log}`,
    )
    .replaceAll('localhost:8080', at.health)
    .replace(/^(kubectl [^|]*?) -A(?= |$)/, '$1 -n NAMESPACE');
  const names = new RegExp(`(?<![\\w-])(${Object.keys(words).join('|')})(?![\\w])`, 'g');
  return local.replaceAll(names, (name) => new Map(Object.entries(words)).get(name) ?? name);
}

/** Longer than the settle window of 13 s, and than what comes after it. */
export const afterTheWindow = seconds(45);
