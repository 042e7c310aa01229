import { seconds } from '../../operator/clock.ts';
import type { Connection } from '../../operator/kubernetes/connection.ts';
import { errorFromAnswer, KubernetesError } from '../../operator/kubernetes/errors.ts';
import type { ApiAnswer, ApiServer, WatchLine } from './api-server.ts';
import type { Host } from './host.ts';
import type { Schedule } from './schedule.ts';

/** How bad the way to the API server is. Probabilities, and milliseconds. */
export interface ApiFaults {
  /** No request gets through, and no news. */
  isCutOff: boolean;
  lostRequest: number;
  lostAnswer: number;
  refused: number;
  /** Longest that an answer takes; news of a watch may take ten times as long, and when it is late much longer. */
  latency: number;
  lateNews: number;
  brokenWatch: number;
}

const requestTimeout = seconds(15);
const latestNews = seconds(20);

/** The way of one process to the API server, as `connect` gives it. */
export function connectTo(server: ApiServer, host: Host, schedule: Schedule, faults: ApiFaults): Connection {
  /** Whether a request arrives, and what is heard of it. What has left a process arrives also when that has died since. */
  const exchange = (send: () => ApiAnswer, hear: (heard: ApiAnswer | KubernetesError) => void) => {
    const say = (heard: ApiAnswer | KubernetesError) =>
      schedule.after(schedule.between(1, faults.latency), () => host.run(() => hear(heard)));
    if (faults.isCutOff) return say(new KubernetesError('Unreachable', 'no route to the API server'));
    schedule.after(schedule.between(1, faults.latency), () => {
      if (schedule.chance(faults.lostRequest))
        return say(new KubernetesError('ConnectionLost', 'the request was lost'));
      if (schedule.chance(faults.refused)) return say({ status: 503, body: 'etcd has no leader' });
      const answer = send();
      if (schedule.chance(faults.lostAnswer)) return say(new KubernetesError('ConnectionLost', 'the answer was lost'));
      return say(answer);
    });
    return;
  };

  const request: Connection['request'] = (method, path, options = {}) =>
    new Promise((resolve, reject) => {
      const { signal, admit, query = {}, body, timeout = requestTimeout } = options;
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      const late = () => reject(new KubernetesError('Timeout', `${method} ${path}: no complete answer in time`));
      const inTime = host.clock.after(timeout, late);
      try {
        admit?.();
      } catch (error) {
        inTime();
        return reject(error);
      }
      const send = () => {
        const answer = server.answer(method, path, query, body);
        const what = () => `${method} ${path.split('/').slice(5).join('/')}: ${answer.status}`;
        if (method !== 'GET') schedule.tell(host.name, what);
        return answer;
      };
      server.ask({ process: host.name, method, path, body });
      host.step(method === 'GET' && !path.includes('/configmaps/') ? 'Read' : 'Write');
      exchange(send, (heard) => {
        inTime();
        if (heard instanceof KubernetesError) reject(heard);
        else if (heard.status < 300) resolve(heard.body);
        else reject(errorFromAnswer(heard, host.clock.now()));
      });
    });

  return {
    host: 'simulated',
    request,
    stream: async function* (path, query, signal) {
      if (query['sendInitialEvents'] !== undefined)
        throw new KubernetesError('Invalid', 'this server streams no lists', { status: 422 });
      const lines = createLines();
      const plural = path.split('/').at(-1) ?? '';
      signal.addEventListener('abort', () => lines.fail(signal.reason), { once: true });
      let end = () => {};
      let told = schedule.now;
      const onLine = (line: WatchLine) => {
        if (!host.isAlive) return end();
        // In order, each after the one before.
        const latest = schedule.chance(faults.lateNews) ? latestNews : faults.latency * 10;
        told = Math.max(told, schedule.now + schedule.between(1, latest));
        schedule.after(told - schedule.now, () =>
          host.run(() => {
            if (faults.isCutOff || schedule.chance(faults.brokenWatch))
              lines.fail(new KubernetesError('ConnectionLost', 'the watch broke off'));
            else lines.push(textOf(line));
          }),
        );
      };
      await new Promise<void>((resolve) =>
        schedule.after(schedule.between(1, faults.latency), () => host.run(resolve)),
      );
      end = server.watch(plural, Number(query['resourceVersion']), onLine);
      try {
        yield '';
        for (;;) yield await lines.next();
      } finally {
        end();
      }
    },
    close: () => undefined,
  };
}

/** Every process is told the same. */
const texts = new WeakMap<WatchLine, string>();

function textOf(line: WatchLine): string {
  const text = texts.get(line) ?? JSON.stringify({ type: line.type, object: line.object });
  texts.set(line, text);
  return text;
}

/** Lines that come and are taken one by one; after a failure nothing comes any more. */
function createLines() {
  const waiting: string[] = [];
  let failure: { error: unknown } | undefined;
  let wake = () => {};
  return {
    push: (line: string) => {
      if (failure !== undefined) return;
      waiting.push(line);
      wake();
    },
    fail: (error: unknown) => {
      failure ??= { error };
      wake();
    },
    next: async (): Promise<string> => {
      for (;;) {
        const line = waiting.shift();
        if (line !== undefined) return line;
        if (failure !== undefined) throw failure.error;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
