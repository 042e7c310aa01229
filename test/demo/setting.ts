import { type Clock, seconds } from '../../operator/clock.ts';
import { watchStatuses } from '../cluster/status-watch.ts';
import { demo, demoWorld } from '../huaweicloud/demo-world.ts';
import { type HuaweiCloud, startHuaweiCloud } from '../huaweicloud/server.ts';
import { buildOperator } from '../operator-bundle.ts';
import { startOperatorProcess } from '../operator-process.ts';
import { lives, orderDelay, watchIntents } from './chaos.ts';
import { buildCluster, type Cluster, namespace, useCluster } from './cluster.ts';
import { keepOperator, type OperatorKeeper, type Victim } from './operator-keeper.ts';
import type { DemoOptions } from './options.ts';
import { type Watch, watchNamespace } from './watch.ts';

/** Everything that runs while the story is played. Disposing of it ends all of it. */
export interface Setting extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly cloud: HuaweiCloud;
  readonly watch: Watch;
  readonly operator: OperatorKeeper;
  /** Aborts when a part has ended by itself, with the reason. */
  readonly broken: AbortSignal;
}

export interface SettingOptions {
  readonly demo: DemoOptions;
  readonly clock: Clock;
  /** Says what happens. */
  readonly tell: (subject: string, text: string) => void;
  /** Gives up the start. */
  readonly signal: AbortSignal;
}

/** Times that a person can watch. The cloud's own are minutes to days. */
const cloudSettings = {
  signatureLifetime: seconds(10),
  orderProcessing: seconds(3),
  vmDeletion: seconds(1),
  vmMigration: seconds(1),
};

/** Starts the cluster, the simulated cloud and the operator. @throws with the reason of the signal when it aborts. */
export async function openSetting(options: SettingOptions): Promise<Setting> {
  const { clock, tell } = options;
  await using parts = new AsyncDisposableStack();
  const cluster = parts.use(await openCluster(options));
  parts.defer(() => tell('cluster', 'ending everything that the demo started'));
  tell('cluster', `${cluster.description} is ready, with both kinds and the namespace ${namespace}`);
  parts.use(watchStatuses(cluster.kubeconfig));
  const { path: program } = parts.use(await buildOperator());
  const cloud = await startHuaweiCloud({ world: demoWorld(), settings: cloudSettings });
  parts.defer(() => cloud.stop());
  tell('cloud', `a simulated Huawei Cloud serves ${cloud.url}`);
  const watch = parts.use(await watchNamespace({ kubeconfig: cluster.kubeconfig, namespace, clock }));
  const operator = parts.use(startOperator(options, { program, cluster, cloud, watch }));
  tell('operator', `started, as process ${operator.pid}`);
  const broken = new AbortController();
  void operator.failed.then((reason) => broken.abort(reason));
  void cluster.ended.then((reason) => broken.abort(reason ?? new Error('the control plane has ended')));
  const open = parts.move();
  return { cluster, cloud, watch, operator, broken: broken.signal, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

async function openCluster({ demo: { kubeconfig }, tell, signal }: SettingOptions): Promise<Cluster> {
  if (kubeconfig !== undefined) return useCluster(kubeconfig);
  tell('cluster', 'starting etcd, kube-apiserver and kube-controller-manager');
  const given = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => given.reject(signal.reason), { once: true });
  // One that is given up in the middle ends with this process: its supervisor sees to that.
  return Promise.race([buildCluster(), given.promise]);
}

type Parts = Pick<Setting, 'cluster' | 'cloud' | 'watch'> & { program: string };

function startOperator({ demo: { chaos }, clock, tell }: SettingOptions, { program, cluster, cloud, watch }: Parts) {
  const { accessKey, secretKey } = demo;
  if (chaos !== undefined) {
    cloud.faults.add({
      operation: 'billing.unsubscribe',
      skip: 0,
      effect: { kind: 'delay', milliseconds: orderDelay },
    });
  }
  return keepOperator({
    launch: (onLine) =>
      startOperatorProcess({
        program,
        kubeconfig: cluster.kubeconfig,
        cloudUrl: cloud.url,
        credentials: { accessKey, secretKey },
        namespace,
        onLine,
      }),
    lives: chaos === undefined ? [] : lives(chaos),
    nextIntent: watchIntents(watch),
    onKill: (victim) => tell('operator', killWords(victim)),
    clock,
  });
}

const killWords = ({ kills, ordering }: Victim) =>
  `killed (kill -9), number ${kills}${ordering ? ', right after it had written down that it orders' : ''}`;
