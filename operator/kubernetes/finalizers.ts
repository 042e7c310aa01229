import type { CallOptions, JsonPatchOperation, ResourceClient } from './client.ts';
import { isNotFound, KubernetesError } from './errors.ts';
import { type KubernetesObject, keyOf } from './objects.ts';

type Patching<T extends KubernetesObject> = Pick<ResourceClient<T>, 'jsonPatch'>;

export const hasFinalizer = ({ metadata }: KubernetesObject, name: string): boolean =>
  metadata.finalizers?.includes(name) ?? false;

/**
 * Makes sure that the object carries the finalizer, so that it cannot vanish before `releaseFinalizer`. Gives the newest
 * known version of the object.
 * @throws KubernetesError `Conflict` when its finalizers are no longer those of `object`, or it is another object of the
 * same name; `Invalid` when it is being deleted: a finalizer would come too late, and the API server refuses it.
 */
export async function holdFinalizer<T extends KubernetesObject>(
  client: Patching<T>,
  object: T,
  name: string,
  options?: CallOptions,
): Promise<T> {
  if (hasFinalizer(object, name)) return object;
  if (object.metadata.deletionTimestamp !== undefined) {
    throw new KubernetesError('Invalid', `${keyOf(object)} is being deleted and takes no finalizer any more`);
  }
  return client.jsonPatch(object, holdOperations(object, name), options);
}

/**
 * Takes the finalizer off, which lets a deletion go on. Gives the newest known version of the object, or undefined when
 * it is gone, which is what a release is for.
 * @throws KubernetesError `Conflict` when its finalizers are no longer those of `object`: nothing was changed.
 */
export async function releaseFinalizer<T extends KubernetesObject>(
  client: Patching<T>,
  object: T,
  name: string,
  options?: CallOptions,
): Promise<T | undefined> {
  if (!hasFinalizer(object, name)) return object;
  try {
    return await client.jsonPatch(object, releaseOperations(object, name), options);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

// The tests make a patch from an old copy fail instead of removing whatever stands at that index by now (as kube-rs does,
// `runtime/src/finalizer.rs`), or of touching a new object of the same name.

function holdOperations({ metadata }: KubernetesObject, name: string): JsonPatchOperation[] {
  const { uid, finalizers = [] } = metadata;
  const present = finalizers.length > 0;
  return [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path: '/metadata/finalizers', value: present ? finalizers : null },
    present
      ? { op: 'add', path: '/metadata/finalizers/-', value: name }
      : { op: 'add', path: '/metadata/finalizers', value: [name] },
  ];
}

function releaseOperations({ metadata }: KubernetesObject, name: string): JsonPatchOperation[] {
  const path = `/metadata/finalizers/${metadata.finalizers?.indexOf(name)}`;
  return [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    { op: 'test', path, value: name },
    { op: 'remove', path },
  ];
}
