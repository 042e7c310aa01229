import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const versions = z.record(z.string(), z.string());
const manifest = z.object({ dependencies: versions, devDependencies: versions, optionalDependencies: versions });
const lockfile = z.object({ packages: z.record(z.string(), z.looseObject({})) });

/** Files of the repository whose path ends like this. */
const committed = (ending: string): string[] =>
  execFileSync('git', ['ls-files', `*${ending}`], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n');

describe('what npm installs', () => {
  const { '': _, ...packages } = lockfile.parse(JSON.parse(read('package-lock.json'))).packages;

  test('is named by exact versions', () => {
    const named = Object.values(manifest.parse(JSON.parse(read('package.json')))).flatMap(Object.entries);
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual([]);
  });

  test('is locked by a hash each, from a registry and nowhere else', () => {
    expect(Object.keys(packages).length).toBeGreaterThan(100);
    for (const [path, entry] of Object.entries(packages)) {
      expect(entry, path).toMatchObject({ integrity: expect.stringMatching(/^sha512-[\w+/]{86}==$/) });
      expect(entry, path).not.toHaveProperty('resolved');
      expect(entry, path).not.toHaveProperty('link');
    }
  });

  test('has no script that runs when it is installed, and none would be run', () => {
    expect(Object.entries(packages).filter(([, entry]) => 'hasInstallScript' in entry)).toEqual([]);
    for (const file of ['Dockerfile', 'test/setup.mjs']) {
      const installs = read(file).match(/^.*\bnpm\b.*\bci\b.*$/gm) ?? [];
      const run = installs.filter((line) => /RUN npm|spawnSync/.test(line));
      expect(run.length, file).toBeGreaterThan(0);
      for (const line of run) expect(line, file).toContain('--ignore-scripts');
    }
  });
});

describe('what Go builds', () => {
  const modules = committed('go.mod');

  test.each(modules)('by %s is one version and one hash each', (path) => {
    const sums = join(dirname(path), 'go.sum');
    expect(existsSync(join(root, sums))).toBe(true);
    const known = new Set(
      read(sums)
        .split('\n')
        .map((line) => line.split(' ').slice(0, 2).join(' ')),
    );
    const required = [...read(path).matchAll(/^(?:require )?\s*([\w.-]+\.[\w./-]+) (v\S+)/gm)];
    expect(required.length).toBeGreaterThan(0);
    const replaced = new Map(
      [...read(path).matchAll(/^(?:replace )?\s*(\S+)(?: v\S+)? => (\S+) (v\S+)/gm)].map(([, from, to, version]) => [
        from,
        `${to} ${version}`,
      ]),
    );
    const missing = required
      .map(([, name, version]) => replaced.get(name) ?? `${name} ${version}`)
      .filter((each) => !known.has(each) && !known.has(`${each}/go.mod`));
    expect(missing).toEqual([]);
  });

  test('takes these and adds none', () => {
    expect(read('test/cluster/go.ts')).toContain("GOFLAGS: '-mod=readonly'");
    expect(modules.length).toBeGreaterThan(3);
  });
});

describe('what pip installs', () => {
  const requirements = ['test/chart/kubernetes-schemas.txt', 'test/huaweicloud/official-python/requirements.txt'];

  test.each(requirements)('by %s is one version with its hashes each', (path) => {
    const lines = read(path)
      .replaceAll('\\\n', ' ')
      .split('\n')
      .filter((line) => line.trim() !== '' && !/^\s*#/.test(line));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines)
      expect(line).toMatch(/^[\w.-]+(\[\w+\])?==\S+( ; [^;]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*(#.*)?$/);
  });

  test('is refused without its hash, and nothing else asks pip for anything', () => {
    const asking = committed('.ts').filter((path) => /'pip',? '?(install|download)/.test(read(path)));
    expect(asking.length).toBe(requirements.length);
    for (const path of asking) expect(read(path), path).toContain('--require-hashes');
    const known = committed('.txt').filter((path) => /==/.test(read(path)));
    expect(known).toEqual(requirements);
  });
});
