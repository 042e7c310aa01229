import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { kubectlOutput } from './kubectl.ts';

const definitions = join(import.meta.dirname, '..', '..', 'crds');

/** Applies the CustomResourceDefinitions of `crds/` and waits until the API server serves them. */
export async function applyDefinitions(kubeconfig: string): Promise<void> {
  const files = (await readdir(definitions)).filter((file) => file.endsWith('.yaml'));
  if (files.length === 0) return;
  const each = files.flatMap((file) => ['-f', join(definitions, file)]);
  await kubectlOutput(kubeconfig, ['apply', '--server-side', ...each]);
  await kubectlOutput(kubeconfig, ['wait', '--for=condition=Established', '--timeout=60s', ...each]);
}
