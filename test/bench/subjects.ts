import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { z } from 'zod';
import { inputOptions, outputOptions } from '../../rolldown.config.ts';
import { cacheFolder } from '../cluster/binaries.ts';
import { goInstall, requireGo } from '../cluster/go.ts';
import type { SubjectName } from './subject-names.ts';

/** A program that is measured. */
export interface Subject {
  name: SubjectName;
  /** A program and its first arguments; those of the workload follow. */
  command: readonly [string, ...string[]];
  /** It does its work once and watches nothing, so there is no change to react to and no restart. */
  once: boolean;
}

/** Builds those that have to be built. */
export async function prepareSubjects(names: readonly SubjectName[]): Promise<Subject[]> {
  const folder = join(cacheFolder(process.env), 'bench');
  await mkdir(folder, { recursive: true });
  const commands: Record<SubjectName, Subject['command']> = {
    floor: [join(folder, 'floor')],
    ours: [process.execPath, ...(await startFlags()), join(folder, 'controller', 'controller.js')],
    'controller-runtime': [join(folder, 'controller-runtime')],
    'client-node-shared-agent': [process.execPath, clientNode, '--shared-agent'],
    'client-node': [process.execPath, clientNode],
  };
  if (names.some((name) => name === 'floor' || name === 'controller-runtime')) await buildGoPeers(folder);
  if (names.includes('ours')) await bundleOurs(join(folder, 'controller'));
  return names.map((name) => ({ name, command: commands[name], once: name === 'floor' }));
}

const clientNode = join(import.meta.dirname, 'peers', 'client-node.ts');

/** What Node is given for the operator. */
async function startFlags(): Promise<string[]> {
  const manifest = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8');
  const { scripts } = z.object({ scripts: z.object({ start: z.string() }) }).parse(JSON.parse(manifest));
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

/** As the operator is shipped. */
async function bundleOurs(dir: string): Promise<void> {
  const input = { controller: join(import.meta.dirname, 'controller.ts') };
  await using bundle = await rolldown({ ...inputOptions, input });
  await bundle.write({ ...outputOptions, dir });
}

/** Each time: Go itself knows what has changed. */
async function buildGoPeers(folder: string): Promise<void> {
  const module = join(import.meta.dirname, 'peers');
  await requireGo(module, '1.26.0', process.env);
  process.stderr.write('building the Go peers: minutes the first time\n');
  await goInstall({
    module,
    packages: ['./floor', './controller-runtime'],
    stamps: {},
    into: folder,
    environment: process.env,
    onActivity: () => undefined,
  });
}
