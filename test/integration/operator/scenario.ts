import { randomBytes } from 'node:crypto';
import { KubeConfig } from '@kubernetes/client-node';
import { expect, inject } from 'vitest';
import type { DCCServerSpec } from '../../../operator/api/dccserver.ts';
import { deadline, type Milliseconds, seconds, systemClock } from '../../../operator/clock.ts';
import { kubectl, kubectlOutput } from '../../cluster/kubectl.ts';
import { type ControlClient, controlClient } from '../../huaweicloud/control-client.ts';
import { aWorld, seeded, type WorldBuilder } from '../../huaweicloud/seed.ts';
import { type HuaweiCloud, startHuaweiCloud } from '../../huaweicloud/server.ts';
import type { Settings } from '../../huaweicloud/settings.ts';
import type { AcceptedUnsubscription } from '../../huaweicloud/world/ledger.ts';
import { type OperatorProcess, startOperatorProcess } from '../../operator-process.ts';
import {
  eventually,
  type RequestExpectations,
  requestExpectations,
  type ServerExpectations,
  serverExpectations,
  stays,
} from './expectations.ts';
import { expectLedgerToBeSound, expectStatusesToBeSound } from './invariants.ts';
import { aServer, type Changes, type Manifest } from './manifests.ts';
import { type ObservedObjects, observeObjects } from './observed-objects.ts';

export interface ScenarioOptions {
  world?: WorldBuilder;
  settings?: Partial<Settings>;
  /** Flags of the operator that differ from those of `operator-process.ts`. */
  flags?: Readonly<Record<string, string>>;
  /** How many calls that order the cloud refuses by its own rules; none when left out. */
  expectedRefusals?: number;
  /** Virtual machines that an order destroys, because nobody could know of them; none when left out. */
  expectedLosses?: readonly string[];
  /** Whether the operator may write errors to its log: when the API server is cut from it, for one. */
  mayLogErrors?: boolean;
  /** The operator's own credentials; those of the seeded account when left out. */
  credentials?: { accessKey: string; secretKey: string } | 'None';
}

/** A namespace of its own, a simulated cloud of its own, and the real operator as a process between the two. */
export interface Scenario extends AsyncDisposable {
  readonly namespace: string;
  readonly cloud: HuaweiCloud;
  /** Changes the cloud as its customers and its operators do. */
  readonly control: ControlClient;
  readonly objects: ObservedObjects;
  /** Every line that any operator of this scenario wrote. */
  readonly log: readonly string[];
  /** The accepted orders, as the cloud itself has them. */
  readonly orders: readonly AcceptedUnsubscription[];
  /** Starts an operator and waits until it works; all of them are ended at the end. */
  startOperator(flags?: Readonly<Record<string, string>>): Promise<OperatorProcess>;
  /** Ends every operator at once, as the loss of its node does. */
  killOperators(): Promise<void>;
  /** Runs kubectl in the namespace, for a command that has to succeed. */
  kubectl(...args: string[]): Promise<string>;
  apply(...manifests: Manifest[]): Promise<void>;
  /** Applies DCCServers for servers of the simulated cloud. */
  applyServers(...names: string[]): Promise<void>;
  /** A manifest for a server of the simulated cloud. */
  server(name: string, changes?: Changes<DCCServerSpec>): Manifest;
  /** What the API server says when it refuses the manifests; fails when it does not. */
  refusalOf(...manifests: Manifest[]): Promise<string>;
  /** Waits for a plan and approves it, as a person does. */
  approve(request: string): Promise<void>;
  patch(kind: string, name: string, patch: object): Promise<string>;
  expectRequest(name: string): RequestExpectations;
  expectServer(name: string): ServerExpectations;
  /** Waits until nothing was written for a second, then expects that this stays so. */
  expectNoWriteFor(during: Milliseconds): Promise<void>;
  /** The log, every version of every object, and the events: all that anybody can read of the operator's work. */
  everythingWritten(): Promise<string>;
  /** Ends everything, and checks what holds in every scenario. */
  close(): Promise<void>;
}

/** Tells an operator to stop, and gives how it ended; rejects when that takes too long. */
export async function stopWithin(within: Milliseconds, operator: OperatorProcess): Promise<number | NodeJS.Signals> {
  const limit = deadline(within);
  const late = new Promise<never>((_, reject) => limit.addEventListener('abort', () => reject(limit.reason)));
  return await Promise.race([operator.end('SIGTERM'), late]);
}

/** What is no line of its log at all is the trace of a crash. */
const isError = (line: string): boolean => !/^\{"level":"(debug|info|warn)"/.test(line);

/** Short times, so that no test waits for the cloud. */
const quick: Partial<Settings> = {
  signatureLifetime: seconds(10),
  orderProcessing: seconds(0.3),
  vmDeletion: seconds(0.2),
  vmMigration: seconds(0.2),
};

/** Opens a scenario with an operator that works; the caller closes it. */
export async function openScenario(options: ScenarioOptions = {}): Promise<Scenario> {
  const scenario = await openScenarioWithoutOperator(options);
  await scenario.startOperator();
  return scenario;
}

export async function openScenarioWithoutOperator(options: ScenarioOptions = {}): Promise<Scenario> {
  const kubeconfig = inject('kubeconfig');
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfig);
  const namespace = `operator-test-${randomBytes(4).toString('hex')}`;
  await kubectlOutput(kubeconfig, ['create', 'namespace', namespace]);
  const world = (options.world ?? aWorld()).build();
  const cloud = await startHuaweiCloud({ world, settings: { ...quick, ...options.settings } });
  const objects = observeObjects(kubeConfig, namespace);
  const credentials = options.credentials ?? { accessKey: seeded.accessKey, secretKey: seeded.secretKey };
  const running = new Set<OperatorProcess>();
  const log: string[] = [];
  const run = (...args: string[]) => kubectlOutput(kubeconfig, ['--namespace', namespace, ...args]);
  const apply = (manifests: readonly Manifest[]) =>
    kubectl(kubeconfig, ['--namespace', namespace, 'apply', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests }),
    });

  const scenario: Scenario = {
    namespace,
    cloud,
    objects,
    log,
    control: controlClient(cloud.url),
    get orders() {
      return world.ledger.accepted;
    },
    startOperator: async (flags = {}) => {
      const operator = startOperatorProcess({
        kubeconfig,
        cloudUrl: cloud.url,
        namespace,
        flags: { ...options.flags, ...flags },
        onLine: (line) => log.push(line),
        ...(credentials === 'None' ? {} : { credentials }),
      });
      running.add(operator);
      void operator.exited.then(() => running.delete(operator));
      await operator.ready;
      return operator;
    },
    killOperators: async () => {
      await Promise.all([...running].map((operator) => operator.end('SIGKILL')));
    },
    kubectl: run,
    apply: async (...manifests) => {
      const { code, stderr } = await apply(manifests);
      expect(code, stderr).toBe(0);
    },
    applyServers: (...names) => scenario.apply(...names.map((name) => scenario.server(name))),
    server: (name, changes) => aServer(world, name, changes),
    refusalOf: async (...manifests) => {
      const { code, stderr } = await apply(manifests);
      expect(code, 'the API server took the manifest').not.toBe(0);
      return stderr;
    },
    approve: async (name) => {
      const plan = await eventually(() => objects.request(name)?.status.plan ?? expect.fail(`${name} has no plan`));
      await scenario.patch('unsub', name, { spec: { approvedPlan: plan.id } });
    },
    patch: (kind, name, patch) => run('patch', kind, name, '--type=merge', '-p', JSON.stringify(patch)),
    expectRequest: (name) => requestExpectations(objects, name, log),
    expectServer: (name) => serverExpectations(objects, name),
    expectNoWriteFor: async (during) => {
      const versions = () => [...objects.histories().values()].flat().length;
      let settled = -1;
      await eventually(async () => {
        settled = versions();
        await systemClock.sleep(seconds(1));
        expect(versions()).toBe(settled);
      });
      await stays(() => expect(versions(), 'something was written').toBe(settled), during);
    },
    everythingWritten: async () => {
      const events = await run('get', 'events.events.k8s.io', '-o', 'json');
      return [...log, JSON.stringify([...objects.histories()]), events].join('\n');
    },
    [Symbol.asyncDispose]: () => scenario.close(),
    close: async () => {
      try {
        await stopOperators();
        expectLedgerToBeSound(cloud, { refusals: options.expectedRefusals ?? 0, losses: options.expectedLosses ?? [] });
        if (!options.mayLogErrors) expect(log.filter(isError), 'errors in the log of the operator').toEqual([]);
        expectStatusesToBeSound(objects.histories());
        expect(await scenario.everythingWritten()).not.toContain(seeded.secretKey);
      } finally {
        await Promise.all([...running].map((operator) => operator.end('SIGKILL')));
        objects.close();
        await cloud.stop();
        await removeNamespace();
      }
    },
  };
  return scenario;

  /** Every operator ends by itself within seconds when it is told to. */
  async function stopOperators(): Promise<void> {
    const codes = await Promise.all([...running].map((operator) => stopWithin(seconds(10), operator)));
    expect(codes, 'exit codes of the operators').toEqual(codes.map(() => 0));
  }

  /** Nobody is left who would take the finalizers off. */
  async function removeNamespace(): Promise<void> {
    const held = (await run('get', 'dccs,unsub', '-o', 'name')).split('\n').filter((name) => name !== '');
    const release = JSON.stringify({ metadata: { finalizers: null } });
    for (const name of held) await kubectl(kubeconfig, ['-n', namespace, 'patch', name, '--type=merge', '-p', release]);
    await run('delete', 'namespace', namespace, '--wait=false');
  }
}
