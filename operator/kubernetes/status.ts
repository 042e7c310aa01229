import type { CallOptions, ResourceClient } from './client.ts';
import type { KubernetesObject } from './objects.ts';
import { isSameJson } from './same-json.ts';

/**
 * Writes the status of exactly this version of an object, unless it already says the same. `object` in the answer is the
 * newest known version either way.
 * @throws KubernetesError `Conflict` when the object has changed since it was read: nothing was written.
 */
export async function writeStatus<T extends KubernetesObject & { status?: unknown }>(
  client: Pick<ResourceClient<T>, 'replaceStatus'>,
  object: T,
  status: unknown,
  options?: CallOptions,
): Promise<{ object: T; written: boolean }> {
  if (isSameJson(object.status, status)) return { object, written: false };
  return { object: await client.replaceStatus(object, status, options), written: true };
}
