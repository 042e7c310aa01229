import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'rolldown';
import { z } from 'zod';

/** Licences that this may be shipped under together with Apache-2.0, with nothing more to do than to hand their texts on. */
const allowed: readonly string[] = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

/** Packages that others carry within a file of their own, where no bundler sees them. */
const carriedWithin: Readonly<Record<string, readonly string[]>> = {
  'jsonpath-plus': ['jsep', '@jsep-plugin/assignment', '@jsep-plugin/regex'],
};

const locked = z.object({
  version: z.string(),
  license: z.string(),
  integrity: z.string().startsWith('sha512-'),
  dependencies: z.record(z.string(), z.string()).default({}),
  peerDependencies: z.record(z.string(), z.string()).default({}),
});
const lockfile = z.object({ packages: z.record(z.string(), z.unknown()) });
const manifest = z.object({ name: z.string(), version: z.string(), license: z.string(), description: z.string() });

/** A package of which something is in the bundle. */
interface Shipped extends z.infer<typeof locked> {
  readonly name: string;
  /** As the lock file has it: `node_modules/pino`. */
  readonly path: string;
  readonly licenceText: string;
}

/**
 * Puts beside the bundle what is in it: `sbom.cdx.json`, a bill of materials in the form of CycloneDX, and the texts of all licences,
 * which have to go along. They hold no time and no chance: the same sources give the same files.
 * @throws when a package has no licence text, or a licence that nobody has allowed.
 */
export const billOfMaterials = (root: string): Plugin => ({
  name: 'bill-of-materials',
  generateBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []));
    const packages = shippedIn(modules, root);
    const own = manifest.parse(readJson(join(root, 'package.json')));
    const text = `${JSON.stringify(cycloneDx(own, packages), undefined, 2)}\n`;
    this.emitFile({ type: 'asset', fileName: 'sbom.cdx.json', source: text });
    this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source: licences(packages) });
  },
});

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

function shippedIn(modules: readonly string[], root: string): Shipped[] {
  const { packages } = lockfile.parse(readJson(join(root, 'package-lock.json')));
  // The innermost folder: node_modules/socks-proxy-agent/node_modules/agent-base.
  const folder = /^(.*?)\/(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//;
  const found = modules.flatMap((id) => {
    const [, above = '', path] = folder.exec(id) ?? [];
    if (path === undefined) return [];
    const carried = (carriedWithin[nameOf(path)] ?? []).map((name) => `node_modules/${name}`);
    return [path, ...carried].map((each): [string, string] => [each, join(above, each)]);
  });
  return [...new Map(found)]
    .map(([path, at]) => shipped(path, at, packages[path]))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

function shipped(path: string, at: string, entry: unknown): Shipped {
  const name = nameOf(path);
  const known = locked.parse(entry, { error: () => `${path} is not as it should be in package-lock.json` });
  if (!allowed.includes(known.license)) {
    throw new Error(
      `${name} is under ${known.license}: see whether that may be shipped, and allow it in sbom.config.ts`,
    );
  }
  const files = readdirSync(at).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  if (files.length === 0) throw new Error(`${name} comes without the text of its licence`);
  const licenceText = files.map((file) => readFileSync(join(at, file), 'utf8').trim()).join('\n\n');
  return { ...known, name, path, licenceText };
}

/** https://cyclonedx.org/docs/1.6/json/; fields as `npm sbom` gives them for all that is installed. */
function cycloneDx(own: z.infer<typeof manifest>, packages: readonly Shipped[]): object {
  const component = {
    'bom-ref': `${own.name}@${own.version}`,
    type: 'application',
    name: own.name,
    version: own.version,
    description: own.description,
    licenses: [{ license: { id: own.license } }],
  };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { lifecycles: [{ phase: 'build' }], component },
    components: packages.map((each) => ({
      'bom-ref': referenceOf(each),
      type: 'library',
      name: each.name,
      version: each.version,
      scope: 'required',
      purl: `pkg:npm/${each.name.replace('@', '%40')}@${each.version}`,
      hashes: [{ alg: 'SHA-512', content: hexOf(each.integrity) }],
      licenses: [{ license: { id: each.license } }],
    })),
    dependencies: packages.map((each) => ({ ref: referenceOf(each), dependsOn: dependenciesOf(each, packages) })),
  };
}

const referenceOf = ({ name, version }: Shipped): string => `${name}@${version}`;

const hexOf = (integrity: string): string => Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex');

/** Those that are shipped, each as Node finds it from there: in its own folder first, then further up. */
function dependenciesOf(each: Shipped, packages: readonly Shipped[]): string[] {
  const { path, dependencies, peerDependencies } = each;
  return Object.keys({ ...dependencies, ...peerDependencies }).flatMap((name) => {
    const places = path
      .split('/node_modules/')
      .map((_, depth, parts) => parts.slice(0, depth + 1).join('/node_modules/'));
    const candidates = [...places.reverse().map((place) => `${place}/node_modules/${name}`), `node_modules/${name}`];
    const found = candidates.flatMap((candidate) => packages.filter((each) => each.path === candidate));
    return found.slice(0, 1).map(referenceOf);
  });
}

function licences(packages: readonly Shipped[]): string {
  const line = '-'.repeat(80);
  const parts = packages.map((each) =>
    [line, `${each.name} ${each.version} (${each.license})`, line, '', each.licenceText, ''].join('\n'),
  );
  return [`dcc-operator holds parts of these packages, under their own licences.\n`, ...parts].join('\n');
}
