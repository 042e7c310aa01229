import { join } from 'node:path';
import type { BuildOptions, InputOptions, OutputOptions, Plugin } from 'rolldown';
import { billOfMaterials } from './sbom.config.ts';

/**
 * Modules that `@kubernetes/client-node/dist/config.js` imports for its generated API clients, which the operator never
 * calls: its own transport does that. They are nine tenths of the code, some 40 MB and half a second of every start.
 */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  './gen/index.js': ['createConfiguration', 'ServerConfiguration'],
  './middleware.js': ['setHeaderMiddleware'],
  undici: ['Agent', 'ProxyAgent'],
};

/** Puts something that throws in the place of those modules, so that a call that should not happen says what it is. */
const withoutGeneratedClients: Plugin = {
  name: 'without-generated-clients',
  resolveId: (specifier, importer) =>
    specifier in leftOut && importer?.endsWith('client-node/dist/config.js') ? `\0left-out:${specifier}` : null,
  load: (id) => {
    const [, specifier = ''] = id.split('\0left-out:');
    const names = leftOut[specifier];
    if (names === undefined) return null;
    const message = JSON.stringify(`${specifier} was left out of the bundle: see rolldown.config.ts`);
    return names.map((name) => `export function ${name}() { throw new Error(${message}); }`).join('\n');
  },
};

/**
 * `import` of `node:http` evaluates all that it exports, also the getter of `WebSocket`, for which Node loads its fetch: 9 MB.
 * Taken as it is, it loads nothing that nobody asks for.
 */
const httpWithoutFetch: Plugin = {
  name: 'http-without-fetch',
  resolveId: (specifier) => (/^(node:)?http$/.test(specifier) ? '\0http' : null),
  load: (id) =>
    id === '\0http'
      ? `const http = process.getBuiltinModule('node:http');
         export default http;
         export const { Agent, createServer, globalAgent, IncomingMessage, request, STATUS_CODES } = http;`
      : null,
};

export const inputOptions: InputOptions = {
  platform: 'node',
  plugins: [withoutGeneratedClients, httpWithoutFetch],
  // The OIDC client asks for it, to name itself where there is a browser; it would load fetch, too.
  transform: { define: { navigator: 'undefined' } },
};

export const outputOptions: OutputOptions = {
  format: 'esm',
  sourcemap: true,
  // Names and lines stay: they are what a stack trace shows where source maps are off.
  minify: { compress: true, mangle: false, codegen: false },
  chunkFileNames: '[name].js',
  cleanDir: true,
};

/** The operator as it is shipped: one file, those that are loaded when they are needed, and what they are made of. */
export const operatorBundle = (dir: string): BuildOptions => ({
  ...inputOptions,
  plugins: [withoutGeneratedClients, httpWithoutFetch, billOfMaterials(import.meta.dirname)],
  input: { operator: join(import.meta.dirname, 'operator/main.ts') },
  output: { ...outputOptions, dir },
});

export default operatorBundle(join(import.meta.dirname, 'dist'));
