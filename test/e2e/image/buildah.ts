import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { minutes } from '../../../operator/clock.ts';

const execute = promisify(execFile);

/** A builder of images that keeps them in a folder of its own. It has no network: whatever is not at hand fails. */
export interface Buildah extends AsyncDisposable {
  run(...args: string[]): Promise<string>;
  /** Builds an image, with all times set to the epoch: that of the same sources has the same digest. */
  build(build: Build): Promise<string>;
  /** Writes an image into an archive (docker-archive), under `name`. */
  save(image: string, archive: string, name: string): Promise<void>;
}

export interface Build {
  readonly context: string;
  readonly dockerfile: string;
  /** The name of the image. */
  readonly tag: string;
  readonly options?: readonly string[];
}

/** Opens the builder whose images are in `storage`. Only one at a time may be open. */
export async function openBuildah(storage: string): Promise<Buildah> {
  // What it knows of mounts: they are in a namespace that ends with each command.
  const state = await mkdtemp(join(tmpdir(), 'dcc-operator-buildah-'));
  const run = async (...args: string[]) => {
    const places = ['--root', storage, '--runroot', state, '--storage-driver', 'overlay'];
    // It ends with this process, and all that it has started ends with it.
    const leash = ['--pdeathsig', 'KILL', 'unshare', '--kill-child', '--fork', '--pid', '--mount-proc'];
    const isolated = [...leash, '--mount', '--net', 'buildah', ...places, ...args];
    const { stdout } = await execute('setpriv', isolated, { timeout: minutes(10), maxBuffer: 64 * 1024 * 1024 });
    return stdout.trim();
  };
  return {
    run,
    build: ({ context, dockerfile, tag, options = [] }) =>
      run(
        'build',
        '--isolation=chroot',
        '--pull-never',
        '--timestamp=0',
        '--quiet',
        `--file=${dockerfile}`,
        `--tag=${tag}`,
        ...options,
        context,
      ),
    save: async (image, archive, name) => {
      await rm(archive, { force: true });
      await run('push', '--quiet', image, `docker-archive:${archive}:${name}`);
    },
    [Symbol.asyncDispose]: () => rm(state, { recursive: true, force: true }),
  };
}
