/**
 * The process that owns a control plane: it starts the programs, and it ends with them and their folder gone. It runs in a
 * process group of its own, so that Ctrl-C reaches only its starter, and watches a pipe from the starter on its standard
 * input: the pipe closes when the starter ends for whatever reason, be it `kill -9`. Commands come through the same pipe.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { systemClock } from '../../operator/clock.ts';
import { loopback } from './command-lines.ts';
import { type RunningControlPlane, runControlPlane } from './run-control-plane.ts';
import { type SupervisorMessage, supervisorCommand } from './supervisor-message.ts';

const { values } = parseArgs({
  options: {
    etcd: { type: 'string', default: '' },
    'kube-apiserver': { type: 'string', default: '' },
    'kube-controller-manager': { type: 'string', default: '' },
    /** Where the API server listens. */
    address: { type: 'string', default: loopback },
    /** Go on without the starter, from the moment when the control plane is ready until a signal. */
    keep: { type: 'boolean', default: false },
  },
});

const stop = new AbortController();
let kept = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
for (const event of ['end', 'error'] as const) {
  process.stdin.on(event, () => {
    if (!kept) stop.abort();
  });
}
const lines = createInterface({ input: process.stdin });
// Nobody reads any more: the end of standard input says it, too.
process.stdout.on('error', () => undefined);
process.on('uncaughtException', (error) => {
  fail(error);
  stop.abort();
});

try {
  await runControlPlane({
    files: values,
    address: values.address,
    stop: stop.signal,
    clock: systemClock,
    onReady: (running) => {
      kept = values.keep;
      const { url, etcdUrl, directory } = running;
      tell({ event: 'ready', url, etcdUrl, directory });
      void obey(running);
    },
  });
} catch (error) {
  fail(error);
}
process.stdin.destroy();

/** Carries out commands, one after the other. One that fails is the end of the control plane. */
async function obey(running: RunningControlPlane): Promise<void> {
  try {
    for await (const line of lines) {
      const command = supervisorCommand.parse(JSON.parse(line));
      if (command.command === 'end') await running.end(command.component, command.signal);
      else await running.start(command.component);
      tell({ event: 'done' });
    }
  } catch (error) {
    fail(error);
    stop.abort();
  }
}

function fail(error: unknown): void {
  process.exitCode = 1;
  tell({ event: 'failed', message: error instanceof Error ? error.message : String(error) });
}

function tell(message: SupervisorMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
