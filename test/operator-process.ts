import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface OperatorProcessOptions {
  /** The file that is the operator, as `buildOperator` makes it. */
  program: string;
  kubeconfig: string;
  /** Address of the simulated cloud. */
  cloudUrl: string;
  /** The operator's own credentials, under the names of Huawei's SDKs; none when omitted. */
  credentials?: { accessKey: string; secretKey: string };
  /** Other variables that say where its credentials come from. */
  environment?: Readonly<Record<string, string>>;
  /** Look after this namespace only. */
  namespace?: string;
  /** With the settings that it is shipped with; short times, for tests, when omitted. */
  asShipped?: boolean;
  /** More flags, such as `--poll-interval`. */
  flags?: Readonly<Record<string, string>>;
  /** A module to run in the process before the operator: its path. */
  preload?: string;
  /** Takes each line of its log. */
  onLine?: (line: string) => void;
}

/** The real operator in a process of its own, as a user runs it. */
export interface OperatorProcess {
  pid: number;
  /** Everything that it wrote to its log so far. */
  readonly lines: readonly string[];
  /** Resolves when the caches are filled, whether or not it leads; rejects when it ends before. */
  standby: Promise<void>;
  /** Resolves when it works, which only a leader does; rejects when it ends before. */
  ready: Promise<void>;
  /** Resolves with the exit code, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals>;
  /** Sends a signal and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | NodeJS.Signals>;
}

/**
 * Short times for a simulated cloud that accepts a signature for ten seconds (its option `signatureLifetime`). No election
 * unless a test is about it: whoever is killed here is started again at once, and two that work together are meant to.
 */
const flagsForTests = {
  'leader-election': 'Off',
  'poll-interval': '1s',
  'call-timeout': '3s',
  'look-again-after': '1s',
  'signature-lifetime': '10s',
  'clock-bound': '2s',
  'order-visible-within': '1s',
};

/** Starts the operator as its image does, with the Node that runs this. It ends with this process, however that ends. */
export function startOperatorProcess(options: OperatorProcessOptions): OperatorProcess {
  const { program, kubeconfig, cloudUrl, credentials, namespace } = options;
  const flags = {
    kubeconfig,
    endpoints: `*=${cloudUrl}`,
    'health-address': '127.0.0.1:0',
    ...(options.asShipped ? {} : flagsForTests),
    ...(namespace === undefined ? {} : { namespaces: namespace }),
    ...options.flags,
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const preloads = [`${import.meta.dirname}/leash.ts`, ...(options.preload === undefined ? [] : [options.preload])];
  const nodeFlags = [...imageNodeFlags, ...preloads.flatMap((path) => ['--import', path])];
  const child = spawn(process.execPath, [...nodeFlags, program, ...args], {
    env: { ...withoutSettings(process.env), ...(options.environment ?? environmentOf(credentials)) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const filled = Promise.withResolvers<void>();
  const working = Promise.withResolvers<void>();
  const take = (line: string) => {
    lines.push(line);
    options.onLine?.(line);
    if (line.includes('the caches are filled')) filled.resolve();
    if (line.includes('"msg":"working"')) working.resolve();
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', take);
  const exited = exitOf(child);
  const ended = (code: number | NodeJS.Signals) =>
    new Error(`the operator ended with ${code}:\n${lines.slice(-40).join('\n')}`);
  for (const { promise, reject } of [filled, working]) {
    void exited.then((code) => reject(ended(code)));
    promise.catch(() => undefined);
  }
  return {
    pid: child.pid ?? 0,
    lines,
    standby: filled.promise,
    ready: working.promise,
    exited,
    end: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}

/** As in the Dockerfile. */
const imageNodeFlags = ['--max-semi-space-size=2', '--heap-growing-percent=20'];

/** What the user has set for an operator of their own would change what this one does. */
const withoutSettings = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(DCC_OPERATOR|HUAWEICLOUD|HC_CONTAINER)_/.test(name)),
  );

function environmentOf(credentials: OperatorProcessOptions['credentials']): Record<string, string> {
  if (credentials === undefined) return { HUAWEICLOUD_SDK_AK: '', HUAWEICLOUD_SDK_SK: '' };
  return { HUAWEICLOUD_SDK_AK: credentials.accessKey, HUAWEICLOUD_SDK_SK: credentials.secretKey };
}

async function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const [code, signal]: (number | NodeJS.Signals | null)[] = await once(child, 'exit');
  return code ?? signal ?? 0;
}
