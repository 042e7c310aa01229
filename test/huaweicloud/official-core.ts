import { registerHooks } from 'node:module';

/**
 * Makes the official core loadable: its ClientBuilder requires `uuid`, which the package forgets to declare. It needs it
 * only to invent an application id (and to write that into the home directory) for its default user agent, which no
 * test uses, so any module will do. Must be imported before the official clients.
 */
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'uuid' && context.parentURL?.includes('@huaweicloud')
      ? { url: 'node:crypto', format: 'builtin', shortCircuit: true }
      : next(specifier, context),
});
