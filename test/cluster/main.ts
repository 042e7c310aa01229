/** Starts a control plane for trying things out: `node test/cluster/main.ts [--build-only | --keep]`. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { ensureBinaries } from './binaries.ts';
import { startControlPlane } from './control-plane.ts';
import { allBinaries } from './recipe.ts';

const { values } = parseArgs({
  options: {
    /** Build what is missing in the cache, all programs, and end. */
    'build-only': { type: 'boolean', default: false },
    /** Leave the control plane running. */
    keep: { type: 'boolean', default: false },
  },
});

if (values['build-only']) {
  const files = await ensureBinaries(allBinaries);
  for (const [name, file] of Object.entries(files)) console.log(`${name}: ${file}`);
} else {
  await run();
}

async function run(): Promise<void> {
  const controlPlane = await startControlPlane({ keep: values.keep });
  console.log(`export KUBECONFIG=${controlPlane.kubeconfig}`);
  console.log(`logs: ${controlPlane.directory}/logs`);
  if (values.keep) {
    console.log(`stop it with: kill ${controlPlane.supervisor}`);
    return;
  }
  console.log('Ctrl-C stops it and removes everything.');
  const reason = await Promise.race([controlPlane.ended, once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await controlPlane.stop();
  if (reason instanceof Error) throw reason;
}
