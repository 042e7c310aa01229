import { KubeConfig } from '@kubernetes/client-node';
import { expect, inject } from 'vitest';
import { z } from 'zod';
import type { DCCServerSpec } from '../../../operator/api/dccserver.ts';
import { type Clock, type Milliseconds, seconds, systemClock } from '../../../operator/clock.ts';
import { type ControlClient, controlClient } from '../../huaweicloud/control-client.ts';
import { aWorld, seeded, type WorldBuilder } from '../../huaweicloud/seed.ts';
import { type HuaweiCloud, startHuaweiCloud } from '../../huaweicloud/server.ts';
import type { Settings } from '../../huaweicloud/settings.ts';
import type { AcceptedUnsubscription } from '../../huaweicloud/world/ledger.ts';
import {
  eventually,
  type RequestExpectations,
  requestExpectations,
  type ServerExpectations,
  serverExpectations,
  stays,
} from './expectations.ts';
import { expectLedgerToBeSound, expectLogToBeSound, expectStatusesToBeSound } from './invariants.ts';
import { aServer, type Changes, type Manifest } from './manifests.ts';
import { createNamespace, type Namespace } from './namespace.ts';
import { type ObservedObjects, observeObjects } from './observed-objects.ts';
import { createOperators, type Operators } from './operators.ts';

export interface ScenarioOptions {
  world?: WorldBuilder;
  settings?: Partial<Settings>;
  /** The clock of the cloud; that of this machine when left out. */
  clock?: Clock;
  /** Flags of the operator that differ from those of `operator-process.ts`. */
  flags?: Readonly<Record<string, string>>;
  /** The operator's own credentials; those of the seeded account when left out. */
  credentials?: { accessKey: string; secretKey: string } | 'None';
  /** Variables of the operator that say where its credentials come from, instead of an access key. */
  environment?: Readonly<Record<string, string>>;
  /** A module to run in the process of the operator before it: its path. */
  preload?: string;
  /** How many calls that order the cloud refuses by its own rules; none when left out. */
  expectedRefusals?: number;
  /** Virtual machines that an order destroys, because nobody could know of them; none when left out. */
  expectedLosses?: readonly string[];
  /** Whether the operator may write errors to its log: when the API server is cut from it, for one. */
  mayLogErrors?: boolean;
}

/** A namespace of its own, a simulated cloud of its own, and the real operator as a process between the two. */
export interface Scenario extends Omit<Namespace, 'name' | 'remove'>, AsyncDisposable {
  readonly namespace: string;
  readonly cloud: HuaweiCloud;
  /** Changes the cloud as its customers and its operators do. */
  readonly control: ControlClient;
  readonly objects: ObservedObjects;
  readonly operators: Operators;
  /** The accepted orders, as the cloud itself has them. */
  readonly orders: readonly AcceptedUnsubscription[];
  /** A manifest for a server of the simulated cloud. */
  server(name: string, changes?: Changes<DCCServerSpec>): Manifest;
  /** Applies DCCServers for servers of the simulated cloud. */
  applyServers(...names: string[]): Promise<void>;
  /** Waits for a plan and approves it, as a person does. */
  approve(request: string): Promise<void>;
  expectRequest(name: string): RequestExpectations;
  expectServer(name: string): ServerExpectations;
  /** What people were told of an object by events, each as `reason: note`. */
  eventsOf(name: string): Promise<string[]>;
  /** Waits until nothing was written for a second, then expects that this stays so. */
  expectNoWriteFor(during: Milliseconds): Promise<void>;
  /** The log, every version of every object, and the events: all that anybody can read of the operator's work. */
  everythingWritten(): Promise<string>;
  /** Ends everything, and checks what holds in every scenario. */
  close(): Promise<void>;
}

const eventList = z.object({
  items: z.array(z.object({ regarding: z.object({ name: z.string() }), reason: z.string(), note: z.string() })),
});

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
  try {
    await scenario.operators.start();
    return scenario;
  } catch (error) {
    await scenario.close();
    throw error;
  }
}

export async function openScenarioWithoutOperator(options: ScenarioOptions = {}): Promise<Scenario> {
  const kubeconfig = inject('kubeconfig');
  const { name, remove, ...namespace } = await createNamespace(kubeconfig);
  const world = (options.world ?? aWorld()).build();
  const cloud = await startHuaweiCloud({
    world,
    settings: { ...quick, ...options.settings },
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  const objects = observeObjects(kubeConfigOf(kubeconfig), name);
  const credentials = options.credentials ?? { accessKey: seeded.accessKey, secretKey: seeded.secretKey };
  const operators = createOperators({
    program: inject('operatorProgram'),
    kubeconfig,
    cloudUrl: cloud.url,
    namespace: name,
    // Other scenarios run beside this one in the same cluster.
    flags: { 'lease-namespace': name, ...options.flags },
    ...(credentials === 'None' ? {} : { credentials }),
    ...(options.environment === undefined ? {} : { environment: options.environment }),
    ...(options.preload === undefined ? {} : { preload: options.preload }),
  });

  const scenario: Scenario = {
    ...namespace,
    namespace: name,
    cloud,
    control: controlClient(cloud.url),
    objects,
    operators,
    get orders() {
      return world.ledger.accepted;
    },
    server: (server, changes) => aServer(world, server, changes),
    applyServers: (...names) => scenario.apply(...names.map((server) => scenario.server(server))),
    approve: async (request) => {
      const plan = await eventually(
        () => objects.request(request)?.status.plan ?? expect.fail(`no plan of ${request}`),
      );
      await scenario.patch('unsub', request, { spec: { approvedPlan: plan.id } });
    },
    expectRequest: (request) => requestExpectations(objects, request, operators.log),
    expectServer: (server) => serverExpectations(objects, server),
    expectNoWriteFor: (during) => expectNoWriteFor(objects, during),
    eventsOf: async (name) => {
      const { items } = eventList.parse(await scenario.list('events'));
      return items.filter(({ regarding }) => regarding.name === name).map(({ reason, note }) => `${reason}: ${note}`);
    },
    everythingWritten: async () => {
      const events = await scenario.list('events');
      return [...operators.log, JSON.stringify([...objects.histories()]), JSON.stringify(events)].join('\n');
    },
    [Symbol.asyncDispose]: () => scenario.close(),
    close: async () => {
      try {
        await operators.stop();
        await expectPromisesKept(scenario, options);
      } finally {
        await operators.kill();
        objects.close();
        await cloud.stop();
        await remove();
      }
    },
  };
  return scenario;
}

function kubeConfigOf(file: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(file);
  return kubeConfig;
}

async function expectNoWriteFor(objects: ObservedObjects, during: Milliseconds): Promise<void> {
  const versions = () => [...objects.histories().values()].flat().length;
  let settled = -1;
  await eventually(async () => {
    settled = versions();
    await systemClock.sleep(seconds(1));
    expect(versions()).toBe(settled);
  });
  await stays(() => expect(versions(), 'something was written').toBe(settled), during);
}

/** What holds whatever happens: one order a resource, no machine lost, sound statuses, no crash, no secret shown. */
async function expectPromisesKept(scenario: Scenario, options: ScenarioOptions): Promise<void> {
  const { expectedRefusals: refusals = 0, expectedLosses: losses = [], mayLogErrors = false } = options;
  expectLedgerToBeSound(scenario.cloud, { refusals, losses });
  expectStatusesToBeSound(scenario.objects.histories());
  if (!mayLogErrors) expectLogToBeSound(scenario.operators.log);
  expect(await scenario.everythingWritten()).not.toContain(seeded.secretKey);
}
