import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';

const run = promisify(execFile);

/** A Git repository of its own. */
export interface GitRepository extends AsyncDisposable {
  readonly url: string;
  /** Commits these files, by path; undefined removes one. Gives the id of the commit. */
  commit(message: string, files: Readonly<Record<string, object | undefined>>): Promise<string>;
}

export async function createGitRepository(): Promise<GitRepository> {
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-git-'));
  // What the user has set for Git, such as signing commits, is not for this.
  const identity = ['-c', 'user.name=Tests', '-c', 'user.email=tests@example.com'];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const git = async (...args: string[]) =>
    (await run('git', [...identity, ...args], { cwd: folder, env })).stdout.trim();
  await git('init', '--quiet', '--initial-branch=main');
  return {
    url: `file://${folder}`,
    commit: async (message, files) => {
      for (const [path, content] of Object.entries(files)) {
        const file = join(folder, path);
        await mkdir(dirname(file), { recursive: true });
        if (content === undefined) await rm(file);
        else await writeFile(file, stringify(content));
      }
      await git('add', '--all');
      await git('commit', '--quiet', '-m', message);
      return git('rev-parse', 'HEAD');
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
