import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { kubectlOutput } from '../cluster/kubectl.ts';
import { eventually } from '../integration/operator/expectations.ts';
import { images } from './global-setup.ts';
import { type Images, openImages } from './image/operator-image.ts';
import { apply, kube, restricted } from './installation.ts';

const root = join(import.meta.dirname, '..', '..');
const namespace = 'image';

let builder: Images;

beforeAll(async () => {
  builder = await openImages();
  await apply('default', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: restricted } });
});

afterAll(() => builder?.[Symbol.asyncDispose]());

describe('the image', () => {
  test('is the same, byte for byte, when somebody else builds it from the same sources', async () => {
    expect(await builder.fromNothing('localhost/dcc-operator-again')).toBe(inject('imageId'));
  });

  test('runs as a user without rights, who is known by number', async () => {
    expect(await inPod('console.log(process.getuid(), process.getgid(), process.getgroups())')).toBe(
      '65532 65532 [ 65532 ]\n',
    );
  });

  test('holds one program, and nothing of what built it', async () => {
    expect(await inPod(listing)).toBe('/nodejs/bin/node\n');
    const files = await inPod(
      "console.log(fs.readdirSync('/app').join(), fs.readdirSync('/app/dist').filter((name) => !/\\.js(\\.map)?$/.test(name)).join())",
    );
    expect(files).toBe('LICENSE,dist,package.json THIRD-PARTY-LICENSES.txt,sbom.cdx.json\n');
  });

  test('lets a stack trace name the sources, where source maps are switched on', async () => {
    const failing = ['/app/dist/operator.js', '--kubeconfig=/nowhere'];
    expect(await logOf(failing, [{ name: 'NODE_OPTIONS', value: '--enable-source-maps' }])).toMatch(
      /operator\/main\.ts:\d+:\d+/,
    );
    expect(await logOf(failing)).toMatch(/app\/dist\/operator\.js:\d+:\d+/);
  });

  test('says what it is', async () => {
    const inspected = z
      .object({ OCIv1: z.object({ config: z.looseObject({ Labels: z.record(z.string(), z.string()) }) }) })
      .parse(JSON.parse(await builder.buildah.run('inspect', '--type=image', 'localhost/dcc-operator')));
    const { version, license } = z
      .object({ version: z.string(), license: z.string() })
      .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
    expect(inspected.OCIv1.config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'dcc-operator',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': license,
    });
  });

  test('is hardly larger than Node', async () => {
    const sizes = z
      .array(z.object({ names: z.array(z.string()).nullish(), size: z.string() }))
      .parse(JSON.parse(await builder.buildah.run('images', '--json', 'localhost/dcc-operator')));
    const [{ size } = { size: '' }] = sizes;
    expect(size).toMatch(/^1[0-5]\d MB$/);
    const start =
      "const start = performance.now(); require('node:child_process').execFileSync(process.execPath, ['/app/dist/operator.js', '--help']);";
    const time = await inPod(`${start} console.log(Math.round(performance.now() - start))`);
    console.log(`the image: ${size}; a process that starts and only prints its help: ${time.trim()} ms`);
  });
});

/** Prints every file that can be run, but libraries. */
const listing = `
const visit = (folder) => {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const path = (folder === '/' ? '' : folder) + '/' + entry.name;
    if (entry.isDirectory() && !['/proc', '/sys', '/dev', '/root'].includes(path)) visit(path);
    else if (entry.isFile() && fs.statSync(path).mode & 0o111 && !/\\.so(\\.|$)/.test(path)) console.log(path);
  }
};
visit('/');`;

/** Runs a script in a pod of the image, and gives what it wrote. */
const inPod = (script: string) => logOf(['--eval', `const fs = require('node:fs'); ${script}`]);

let count = 0;

/** Runs Node with these arguments in a pod as the chart makes one, and gives what it wrote, however it ended. */
async function logOf(args: readonly string[], env: readonly object[] = []): Promise<string> {
  count += 1;
  const name = `run-${count}`;
  const securityContext = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  };
  await apply(namespace, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        { name: 'node', image: images.installed, command: ['/nodejs/bin/node'], args, env, securityContext },
      ],
    },
  });
  await eventually(async () => {
    const phase = await kube('-n', namespace, 'get', 'pod', name, '-o', 'jsonpath={.status.phase}');
    expect(['Succeeded', 'Failed']).toContain(phase);
  });
  return kubectlOutput(inject('cluster').kubeconfig, ['-n', namespace, 'logs', name]);
}
