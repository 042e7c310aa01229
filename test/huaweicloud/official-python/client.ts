import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { seeded } from '../seed.ts';
import { officialPython } from './environment.ts';

const exceptionSchema = z.object({
  class: z.string(),
  message: z.string().nullable(),
  status: z.int().optional(),
  code: z.string().optional(),
  requestId: z.string().nullish(),
});
const fieldsSchema = z.record(z.string(), z.unknown());
const lineSchema = z.object({
  id: z.int(),
  answer: fieldsSchema.optional(),
  deviations: z.array(z.string()).default([]),
  exception: exceptionSchema.optional(),
});

/** An object as the official client gives it: its own (Python) names, instants and exact amounts as text. */
export type Fields = z.infer<typeof fieldsSchema>;
/** What the official client raised; the last three only when the cloud had answered. */
export type Exception = z.infer<typeof exceptionSchema>;

export type Outcome =
  /** `deviations`: where the answer on the wire is not as the client declares it. */
  | { readonly kind: 'Answered'; readonly answer: Fields; readonly deviations: readonly string[] }
  | { readonly kind: 'Raised'; readonly exception: Exception };

/** Where a call goes, and who makes it. What is left out is that of the seeded account. */
export interface OfficialAccount {
  readonly url: string;
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly securityToken?: string;
  readonly projectId?: string;
  readonly domainId?: string;
}

/** Huawei's Python clients in a process of their own, which disposing of this ends. */
export interface OfficialClients extends AsyncDisposable {
  /** Makes one call of `calls.py`. Calls of one process are made one after the other. */
  call(account: OfficialAccount, name: string, input?: Fields): Promise<Outcome>;
  /** What the official signer makes of a request: `signing.py`. */
  sign(request: Fields): Promise<Fields>;
}

/** Starts the clients, and installs them before when the cache does not hold them. */
export async function startOfficialClients(): Promise<OfficialClients> {
  const python = await officialPython();
  // -I: neither the user's own packages nor PYTHON* variables; the folder of the driver is put first in the path by hand.
  const start = `import sys, runpy; sys.path.insert(0, sys.argv[1]); runpy.run_path(sys.argv[1] + '/driver.py', run_name='__main__')`;
  const child = spawn(python, ['-I', '-B', '-c', start, join(import.meta.dirname)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: ownEnvironment(process.env, dirname(dirname(python))),
  });
  const waiting = new Map<number, (line: z.infer<typeof lineSchema> | Error) => void>();
  const fail = (error: Error) => {
    for (const settle of waiting.values()) settle(error);
    waiting.clear();
  };
  child.once('exit', (code) => fail(new Error(`the process with Huawei's Python clients ended (${code})`)));
  child.once('error', fail);
  child.stdin.on('error', fail);
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = lineSchema.parse(JSON.parse(text));
    waiting.get(line.id)?.(line);
    waiting.delete(line.id);
  });

  let count = 0;
  const send = (call: string, input: object, account: object) =>
    new Promise<z.infer<typeof lineSchema>>((resolve, reject) => {
      const id = count++;
      waiting.set(id, (line) => (line instanceof Error ? reject(line) : resolve(line)));
      child.stdin.write(`${JSON.stringify({ id, call, arguments: input, account })}\n`);
    });

  // Its imports take seconds; no test's own time should go into them.
  await send('ready', {}, {});
  return {
    async call(account, name, input = {}) {
      const { answer, deviations, exception } = await send(name, input, { ...seeded, ...account });
      if (exception !== undefined) return { kind: 'Raised', exception };
      if (answer === undefined) throw new Error(`${name} came back with neither an answer nor an exception`);
      return { kind: 'Answered', answer, deviations };
    },
    async sign(request) {
      const { answer } = await send('sign', request, {});
      if (answer === undefined) throw new Error('the official signer gave nothing');
      return answer;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

/**
 * The calls go to this machine only; a proxy for the rest of the world would take them. The core writes an id of the application
 * into the home directory, and would read credentials from there.
 */
function ownEnvironment(environment: NodeJS.ProcessEnv, home: string): NodeJS.ProcessEnv {
  return { ...environment, NO_PROXY: '*', no_proxy: '*', HOME: home };
}
