import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { seconds } from '../../operator/clock.ts';

/** A running program of the control plane. */
export interface Component {
  readonly name: string;
  /** Resolves with how it ended, when it ends for whatever reason; never rejects. */
  readonly ended: Promise<string>;
  /** The last lines that it wrote. */
  logTail(): Promise<string>;
  /** Ends the program, and returns when it has ended. It is killed if a SIGTERM takes too long. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export interface ComponentCommand {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** The working directory. */
  readonly directory: string;
  readonly logFile: string;
  /** Its variables. Default: none; ETCD_* variables of the user, for one, would change what etcd does. */
  readonly environment?: NodeJS.ProcessEnv;
}

const tailLines = 25;

/** How long a program may take to end when it is asked to, before it is killed: nothing that it keeps is needed again. */
const graceful = seconds(3);

/** Starts a program that writes its output to `logFile`. */
export async function startComponent(command: ComponentCommand): Promise<Component> {
  const { name, file, args, directory, logFile, environment = {} } = command;
  const log = await open(logFile, 'a');
  const child = spawn(file, args, { cwd: directory, env: environment, stdio: ['ignore', log.fd, log.fd] });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `ended with code ${code}` : `was ended by ${signal}`),
    );
  });
  await log.close();
  killWithThisProcess(child, ended);
  return {
    name,
    ended,
    logTail: () => readFile(logFile, 'utf8').then(lastLines, (error) => `(cannot be read: ${error})`),
    end: async (signal) => {
      // Never by process id: this handle knows when the program has ended, a number may belong to another one by then.
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), graceful);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** An error that shows the end of the components' logs. */
export async function describeProblem(problem: string, components: readonly Component[]): Promise<Error> {
  const tails = await Promise.all(
    components.map(async (component) => `The end of the log of ${component.name}:\n${await component.logTail()}`),
  );
  return new Error([problem, ...tails].join('\n'));
}

const lastLines = (log: string) => log.trimEnd().split('\n').slice(-tailLines).join('\n');

/** The last resort, when this process ends without having disposed of the program. */
function killWithThisProcess(child: ChildProcess, ended: Promise<string>): void {
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  void ended.then(() => process.removeListener('exit', kill));
}
