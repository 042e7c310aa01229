import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ComponentName, commandLines, type Layout } from './command-lines.ts';
import { type Component, describeProblem, startComponent } from './component.ts';

/** The programs of one control plane. Disposing of it ends those that run, the last that was started first. */
export interface Programs extends AsyncDisposable {
  /** Starts a program that does not run; with the same ports and files as before when it ran already. */
  start(name: ComponentName): Promise<Component>;
  /** Ends a program as a crash or a stop does, and returns when it has ended. */
  end(name: ComponentName, signal: EndSignal): Promise<void>;
  /** Aborts when a program has ended that nobody ended, with the end of its log as the reason. */
  readonly failure: AbortSignal;
}

/** How a program is ended: as by a crash, or in order. */
export type EndSignal = 'SIGKILL' | 'SIGTERM';

/** Keeps the programs of the control plane with this layout; none runs yet. */
export function createPrograms(files: Readonly<Record<ComponentName, string>>, layout: Layout): Programs {
  const running = new Map<ComponentName, Component>();
  const failure = new AbortController();

  return {
    failure: failure.signal,
    start: async (name) => {
      const component = await startNamed(name, files[name], layout);
      running.set(name, component);
      void component.ended.then(async (how) => {
        // One that was ended on purpose has been taken out before.
        if (running.get(name) === component) failure.abort(await describeProblem(`${name} ${how}`, [component]));
      });
      return component;
    },
    end: async (name, signal) => {
      const component = running.get(name);
      running.delete(name);
      await component?.end(signal);
    },
    [Symbol.asyncDispose]: async () => {
      for (const component of [...running.values()].reverse()) await component.end('SIGTERM');
    },
  };
}

async function startNamed(name: ComponentName, file: string, layout: Layout): Promise<Component> {
  const { directory } = layout;
  await mkdir(join(directory, 'logs'), { recursive: true });
  const logFile = join(directory, 'logs', `${name}.log`);
  return startComponent({ name, file, args: commandLines[name](layout), directory, logFile });
}
