import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { minutes } from '../../operator/clock.ts';
import { ensureBinaries } from '../cluster/binaries.ts';
import { chart, cluster } from './helm.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** A file of ready values of the chart, with what the comment at its beginning says. */
export interface Profile {
  readonly name: string;
  /** Below the chart's folder. */
  readonly path: string;
  /** For whom it is, and what is to be filled in: paragraphs of Markdown. */
  readonly about: readonly string[];
  /** The command that installs it, for a shell in the root of the repository. */
  readonly command: string;
}

/** All profiles, by their names. */
export const profiles: readonly Profile[] = readdirSync(join(chart, 'profiles')).sort().map(readProfile);

/** @throws when the file does not begin with paragraphs and, last and further in, the command. */
function readProfile(file: string): Profile {
  const path = `profiles/${file}`;
  const [comment = ''] = readFileSync(join(chart, path), 'utf8').split(/\n(?!#)/, 1);
  const paragraphs = comment
    .replaceAll(/^# ?/gm, '')
    .split('\n\n')
    .map((paragraph) => paragraph.trimEnd());
  const command = paragraphs.at(-1)?.replaceAll(/^ {2}/gm, '') ?? '';
  if (!command.startsWith('helm install ')) throw new Error(`${path}: its first comment does not end with a command`);
  return { name: file.replace(/\.yaml$/, ''), path, about: paragraphs.slice(0, -1), command };
}

/** The part of the chart's README about them. */
export const profilesDocument = (all: readonly Profile[]): string => [introduction, ...all.map(section)].join('\n');

const introduction = `## Profiles

Ready values to begin with: files in \`profiles/\`, also of the packaged chart. Several go together (one \`-f\` after the other; of what two of them
set, the last counts), and \`--set\` changes what is left. The commands are for the root of the repository; the namespace \`dcc-system\`, and the
Secret \`huaweicloud\` where it is named, have to be there.
`;

const section = ({ name, path, about, command }: Profile): string =>
  [`### [${name}](${path})\n`, ...about.map((text) => `${text}\n`), `\`\`\`sh\n${command}\n\`\`\`\n`].join('\n');

/** The manifests of a profile, or of several together, as its command makes them; `more` goes behind the command. */
export const templateOf = ({ command }: Profile, ...more: readonly string[]): Promise<string> =>
  runHelm([command.replace('helm install', 'helm template'), ...cluster(), ...more].join(' '));

/**
 * Runs a command of Helm, as a profile has it, in the root of the repository, and gives it these values by `-f -`; rejects with what
 * it said when it fails.
 */
export async function runHelm(command: string, values?: object): Promise<string> {
  const { helm } = await ensureBinaries(['helm']);
  const env = { ...process.env, PATH: [dirname(helm), process.env['PATH']].join(delimiter) };
  const options = { cwd: root, env, timeout: minutes(3), maxBuffer: 16 * 1024 * 1024 };
  const running = run('bash', ['-c', values === undefined ? command : `${command} -f -`], options);
  running.child.stdin?.end(JSON.stringify(values ?? {}));
  return (await running).stdout;
}
