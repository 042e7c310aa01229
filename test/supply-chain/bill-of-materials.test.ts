import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { billOfMaterials } from '../../sbom.config.ts';
import { buildOperator, type OperatorProgram } from '../operator-bundle.ts';

const root = join(import.meta.dirname, '../..');
const component = z.looseObject({
  'bom-ref': z.string(),
  name: z.string(),
  version: z.string(),
  licenses: z.tuple([z.object({ license: z.object({ id: z.string() }) })]),
});
const dependency = z.object({ ref: z.string(), dependsOn: z.array(z.string()) });
const bill = z.looseObject({ components: z.array(component), dependencies: z.array(dependency) });
const wholeBill = bill.extend({ components: z.array(component.omit({ licenses: true })) });
const sourceMap = z.object({ sources: z.array(z.string()) });
const lockfile = z.object({
  packages: z.record(z.string(), z.looseObject({ dependencies: z.record(z.string(), z.string()).default({}) })),
});

let built: OperatorProgram;
let shipped: z.infer<typeof bill>;
let texts: string;
const read = (name: string) => readFile(join(dirname(built.path), name), 'utf8');
beforeAll(async () => {
  built = await buildOperator();
  shipped = bill.parse(JSON.parse(await read('sbom.cdx.json')));
  texts = await read('THIRD-PARTY-LICENSES.txt');
});
afterAll(() => built[Symbol.asyncDispose]());

/** What the source maps of the bundle name: rolldown's own word for what is in it. */
async function packagesInSourceMaps(): Promise<string[]> {
  const names = (await readdir(dirname(built.path))).filter((name) => name.endsWith('.map'));
  const maps = await Promise.all(names.map(async (name) => sourceMap.parse(JSON.parse(await read(name)))));
  const found = maps.flatMap(({ sources }) =>
    sources.map((path) => /.*node_modules\/((@[^/]+\/)?[^/]+)/.exec(path)?.[1]),
  );
  return [...new Set(found.filter((name) => name !== undefined))];
}

/** `npm sbom` of everything in the lock file: the components of ours are a part of it. */
async function installed(): Promise<z.infer<typeof wholeBill>> {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  return wholeBill.parse(JSON.parse(stdout));
}

describe('the bill of materials', () => {
  test('has every package that the source maps of the bundle name, and besides only what these carry within', async () => {
    const carried = ['@jsep-plugin/assignment', '@jsep-plugin/regex', 'jsep'];
    const names = shipped.components.map(({ name }) => name);
    expect(names.sort()).toEqual([...(await packagesInSourceMaps()), ...carried].sort());
    expect(names).toContain('@kubernetes/client-node');
    const carrier = await readFile(join(root, 'node_modules/jsonpath-plus/dist/index-node-esm.js'), 'utf8');
    expect(carrier).toContain('class Jsep');
  });

  test('says of each what npm says of it: version, hash, licence, address', async () => {
    const all = new Map((await installed()).components.map((each) => [each['bom-ref'], each]));
    for (const each of shipped.components) expect(all.get(each['bom-ref'])).toMatchObject(each);
  });

  test('says who needs whom, of those that are shipped', async () => {
    const all = new Map((await installed()).dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
    const references = shipped.components.map((each) => each['bom-ref']);
    expect(shipped.dependencies.map(({ ref }) => ref)).toEqual(references);
    for (const { ref, dependsOn } of shipped.dependencies) {
      expect({ ref, dependsOn: dependsOn.sort() }).toEqual({
        ref,
        dependsOn: (all.get(ref) ?? []).filter((each) => references.includes(each)).sort(),
      });
    }
  });

  // Somebody looks whether a package of this list has come into a file of the one that asks for it (`carriedWithin`).
  test('leaves out what its packages ask for and the bundler does not take', async () => {
    const { packages } = lockfile.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
    const names = new Set(shipped.components.map(({ name }) => name));
    const asked = [...names].flatMap((name) => Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {}));
    expect([...new Set(asked)].filter((name) => !names.has(name)).sort()).toEqual(
      [
        '@types/js-yaml @types/node @types/stream-buffers argparse form-data isomorphic-ws jose pino-abstract-transport',
        'process-warning real-require stream-buffers tar-fs undici ws',
      ].flatMap((line) => line.split(' ')),
    );
  });

  test('and the licences are the same, with all else, when it is built again', async () => {
    await using again = await buildOperator();
    const files = await readdir(dirname(built.path));
    expect(files).toEqual(await readdir(dirname(again.path)));
    for (const name of files) {
      expect(await readFile(join(dirname(again.path), name), 'utf8'), name).toBe(await read(name));
    }
  });
});

describe('the licences', () => {
  test('stand in full beside the bundle, one for each package', () => {
    const sections = texts.split(/^-{80}$/m).slice(1);
    expect(sections).toHaveLength(2 * shipped.components.length);
    for (const [index, { name, version, licenses }] of shipped.components.entries()) {
      const [title = ''] = sections.slice(2 * index);
      expect(title.trim()).toBe(`${name} ${version} (${licenses[0].license.id})`);
      expect(sections[2 * index + 1]).toMatch(/copyright|apache license/i);
    }
  });

  test.each([
    ['may not be shipped', { license: 'GPL-3.0-only' }, 'LICENSE', 'odd is under GPL-3.0-only'],
    ['nobody has named', { license: undefined }, 'LICENSE', 'node_modules/odd is not as it should be'],
    ['is told without its text', {}, 'README.md', 'odd comes without the text of its licence'],
    ['has no hash', { integrity: undefined }, 'LICENSE', 'node_modules/odd is not as it should be'],
  ])('keep a package out that %s', async (_, entry, file, told) => {
    await expect(buildWith(entry, file)).rejects.toThrow(told);
  });

  test('let a package in that is as it should be', async () => {
    expect(await buildWith({}, 'LICENCE.md')).toContain('odd 1.0.0 (MIT)\n');
  });
});

/** Builds a program with one package, which the lock file tells of like this; gives the licences. */
async function buildWith(entry: object, licenceFile: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-licences-'));
  const at = join(folder, 'node_modules/odd');
  const known = { version: '1.0.0', license: 'MIT', integrity: 'sha512-AAAA', ...entry };
  const own = { name: 'program', version: '1.0.0', license: 'MIT', description: 'A program.' };
  try {
    await mkdir(at, { recursive: true });
    await writeFile(join(at, 'index.js'), 'console.log(1);');
    await writeFile(join(at, licenceFile), 'Copyright: nobody');
    await writeFile(join(folder, 'main.js'), "import './node_modules/odd/index.js';");
    await writeFile(join(folder, 'package.json'), JSON.stringify(own));
    await writeFile(join(folder, 'package-lock.json'), JSON.stringify({ packages: { 'node_modules/odd': known } }));
    const plugins = [billOfMaterials(folder)];
    const output = { dir: join(folder, 'dist') };
    await build({ input: join(folder, 'main.js'), plugins, output, logLevel: 'silent' });
    return await readFile(join(folder, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}
