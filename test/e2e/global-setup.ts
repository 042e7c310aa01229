import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ensureBinaries } from '../cluster/binaries.ts';
import { pauseImage } from '../cluster/node/configuration.ts';
import { ensureDebianPackages } from '../cluster/node/debian.ts';
import { onNode } from '../cluster/node/namespaces.ts';
import { startCluster } from '../cluster/node/node.ts';
import { openImages } from './image/operator-image.ts';

/** The images that the node has: what the chart names when nothing is set, and the same as if it were the next version. */
export const images = { installed: 'dcc-operator:0.1.0', next: 'dcc-operator:0.1.1' } as const;

declare module 'vitest' {
  export interface ProvidedContext {
    /** The cluster of one node that all end-to-end tests share. */
    cluster: {
      readonly kubeconfig: string;
      readonly url: string;
      /** The folder of the control plane. */
      readonly directory: string;
      /** The address by which pods reach servers of this machine. */
      readonly address: string;
      /** A process in the namespaces of the node. */
      readonly pid: number;
      /** The folder of the node. */
      readonly folder: string;
    };
    /** The id of the image that the node runs, built from the sources as they were when the run began. */
    imageId: string;
  }
}

/** Builds the image, starts a control plane and a node, and gives the function that ends them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await ensureDebianPackages(process.stderr);
  // Each is built when it is missing, which takes longer than a test may.
  await ensureBinaries(['helm', 'kubectl', 'prometheus', 'servicemonitors.yaml', 'prometheusrules.yaml']);
  await using parts = new AsyncDisposableStack();
  const scratch = await mkdtemp(join(tmpdir(), 'dcc-operator-e2e-'));
  parts.defer(() => rm(scratch, { recursive: true, force: true }));
  const building = saveImages(scratch);
  // It is looked at later: until then it must not count as unhandled.
  building.catch(() => undefined);
  const cluster = parts.use(await startCluster());
  // Without this the tests that follow would fail for no visible reason.
  void cluster.controlPlane.ended.then((reason) => reason && console.error(reason.message));
  const { id, archives } = await building;
  for (const archive of archives) await cluster.importImage(archive);
  const names = [full(images.installed), full(images.next)];
  await onNode(cluster.pid, 'ctr', '--namespace=k8s.io', 'images', 'tag', ...names);
  const { kubeconfig, url, directory } = cluster.controlPlane;
  const { address, pid, folder } = cluster;
  project.provide('cluster', { kubeconfig, url, directory, address, pid, folder });
  project.provide('imageId', id);
  const started = parts.move();
  return () => started.disposeAsync();
}

/** Builds the images of the node and writes each into an archive. */
async function saveImages(folder: string): Promise<{ readonly id: string; readonly archives: readonly string[] }> {
  await using builder = await openImages();
  const built = 'localhost/dcc-operator';
  const id = await builder.quickly(built);
  const archives = [join(folder, 'pause.tar'), join(folder, 'operator.tar')] as const;
  await builder.buildah.save(pauseImage, archives[0], pauseImage);
  await builder.buildah.save(built, archives[1], full(images.installed));
  return { id, archives };
}

/** As containerd, like every runtime, reads a short name. */
const full = (name: string) => `docker.io/library/${name}`;
