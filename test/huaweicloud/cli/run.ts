import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ControlError, controlClient } from '../control-client.ts';
import { demoWorld } from '../demo-world.ts';
import { type HuaweiCloud, startHuaweiCloud } from '../server.ts';
import { type World, worldSchema } from '../world/world.ts';
import { type CliCommand, cliCommands, type Flags } from './commands.ts';

/** Options without a value. */
const switches: ReadonlySet<string> = new Set(['help', 'now', 'resources']);

const HELP = `A simulated Huawei Cloud.

Usage: node test/huaweicloud/cli.ts COMMAND

  serve [--port N] [--world FILE|demo]
      start one on 127.0.0.1 (a free port, the demo's world) until Ctrl-C

The other commands talk to a running one. Say which with --url, or with HUAWEICLOUD_SIMULATOR_URL.
Virtual machines and servers go by name or id.

${cliCommands.map(usage).join('\n')}
`;

function usage({ words, parameters, flags = [], summary }: CliCommand): string {
  const options = flags.map((flag) => (switches.has(flag) ? ` [--${flag}]` : ` [--${flag} X]`));
  return `  ${words}${parameters.map((parameter) => ` ${parameter}`).join('')}${options.join('')}\n      ${summary}`;
}

/** What the command line touches outside of itself. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  print(text: string): void;
  printError(text: string): void;
}

/** Runs one command line. Gives the exit code: 0, or 1 after a sentence on what went wrong. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<0 | 1> {
  try {
    await execute(argv, terminal);
    return 0;
  } catch (error) {
    terminal.printError(explain(error));
    return 1;
  }
}

/** A mistake of the person at the keyboard. */
class UsageError extends Error {}

async function execute(argv: readonly string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = parse(argv);
  if (values['help'] !== undefined || positionals.length === 0) {
    terminal.print(HELP);
    return;
  }
  if (positionals[0] === 'serve') {
    await serve(values, terminal);
    return;
  }
  const command = cliCommands.find(({ words }) => `${positionals.join(' ')} `.startsWith(`${words} `));
  if (command === undefined) throw new UsageError(`"${positionals.join(' ')}" is no command. See --help.`);
  const parameters = positionals.slice(command.words.split(' ').length);
  if (parameters.length !== command.parameters.length) throw new UsageError(`Usage:\n${usage(command)}`);
  const url = values['url'] ?? terminal.environment['HUAWEICLOUD_SIMULATOR_URL'];
  terminal.print(await command.run(controlClient(checkedUrl(url)), parameters, values));
}

function parse(argv: readonly string[]): { values: Flags; positionals: readonly string[] } {
  const named = ['help', 'url', 'port', 'world', ...cliCommands.flatMap(({ flags = [] }) => flags)];
  const options = named.map((name) => [name, { type: switches.has(name) ? 'boolean' : 'string' }] as const);
  try {
    const parsed = parseArgs({ args: [...argv], options: Object.fromEntries(options), allowPositionals: true });
    const values = Object.entries(parsed.values).map(([name, value]) => [name, value?.toString()]);
    return { values: Object.fromEntries(values), positionals: parsed.positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function checkedUrl(url: string | undefined): string {
  if (url === undefined) throw new UsageError('Say which simulator: --url, or HUAWEICLOUD_SIMULATOR_URL.');
  if (!URL.canParse(url)) throw new UsageError(`"${url}" is no URL, such as http://127.0.0.1:8080.`);
  return url;
}

async function serve({ port = '0', world = 'demo' }: Flags, terminal: Terminal): Promise<void> {
  if (!/^\d{1,5}$/.test(port)) throw new UsageError(`--port must be a number, but is "${port}".`);
  const cloud = await startHuaweiCloud({ world: await loadWorld(world), port: Number(port) });
  terminal.print(`The simulated Huawei Cloud serves ${cloud.url}\n\n  export HUAWEICLOUD_SIMULATOR_URL=${cloud.url}`);
  stopOnSignal(cloud);
}

function stopOnSignal(cloud: HuaweiCloud): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void cloud.stop());
}

async function loadWorld(source: string): Promise<World> {
  if (source === 'demo') return demoWorld();
  const text = await readFile(source, 'utf8').catch(() => {
    throw new UsageError(`--world: cannot read ${source}. Give a file (see the command "world"), or "demo".`);
  });
  try {
    return worldSchema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new UsageError(`--world: ${source} is not a world:\n${reason}`);
  }
}

/** Sentences for what a person can act on; anything else keeps its stack. */
function explain(error: unknown): string {
  if (error instanceof UsageError || error instanceof ControlError) return error.message;
  if (error instanceof z.ZodError) return z.prettifyError(error);
  if (error instanceof TypeError && error.message === 'fetch failed') {
    return 'No simulator answers there. Start one with: node test/huaweicloud/cli.ts serve';
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return 'That port is taken. Choose another with --port, or leave it out.';
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
