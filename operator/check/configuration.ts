import { cloudSettings } from '../cloud.ts';
import type { Config } from '../config.ts';
import { type Nothing, type Outcome, ok, warning } from './outcome.ts';

/** The settings: they were read, and fit together. Throws an `EndpointError` for an address or a region that cannot be right. */
export function checkConfiguration(config: Config): Outcome<Nothing> {
  cloudSettings(config);
  const scope = config.namespaces.length === 0 ? 'every namespace' : config.namespaces.join(', ');
  const found = `site ${config.site}, mode ${config.mode}, ${scope}`;
  const addresses = Object.entries(config.endpoints);
  if (addresses.length === 0) return ok(found, undefined);
  const told = addresses.map(([service, address]) => `${service}=${address}`).join(', ');
  return warning(
    `${found}; other addresses of the cloud: ${told}`,
    'Right for a private address or a simulated cloud alone.',
    undefined,
  );
}
