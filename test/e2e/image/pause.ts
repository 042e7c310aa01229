import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pauseImage } from '../../cluster/node/configuration.ts';
import { readRecipe } from '../../cluster/recipe.ts';
import type { Buildah } from './buildah.ts';

const run = promisify(execFile);

/** As Kubernetes builds it. Source: build/pause/Makefile */
const flags = ['-Os', '-Wall', '-Werror', '-static', '-DVERSION=dcc-operator-test'];
const dockerfile = 'FROM scratch\nCOPY pause /pause\nUSER 65535:65535\nENTRYPOINT ["/pause"]\n';

/** Makes the image of which each pod's first container is, from the source that the module of Kubernetes carries. */
export async function makePauseImage(buildah: Buildah): Promise<void> {
  const { folder } = await readRecipe('kubernetes-node');
  const module = ['list', '-m', '-f', '{{.Dir}}', 'k8s.io/kubernetes'];
  const { stdout } = await run('go', module, {
    cwd: folder,
    env: { ...process.env, GOFLAGS: '-mod=mod', GOWORK: 'off' },
  });
  const context = await mkdtemp(join(tmpdir(), 'dcc-operator-pause-'));
  try {
    const source = join(stdout.trim(), 'build/pause/linux/pause.c');
    await run('gcc', [...flags, '-o', join(context, 'pause'), source]);
    await writeFile(join(context, 'Dockerfile'), dockerfile);
    await buildah.build({ context, dockerfile: join(context, 'Dockerfile'), tag: pauseImage });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
