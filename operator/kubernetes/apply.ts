import type { CallOptions } from './client.ts';
import type { Connection } from './connection.ts';
import { isConflict, KubernetesError, type StatusCause } from './errors.ts';
import { withoutManagedFields } from './managed-fields.ts';
import { apiVersionOf, type KubernetesObject, type ResourceKind } from './objects.ts';
import type { Store } from './store.ts';

/** The fields that the applier wants to own, all of them each time: one that is left out is given up. */
export interface Manifest {
  metadata: {
    name: string;
    namespace: string;
    /** Only this very object is changed: when it is gone nothing is created (`Conflict`), nor another one touched (`Invalid`). */
    uid?: string;
    /** Only this version is changed, else `Conflict`. */
    resourceVersion?: string;
    labels?: Readonly<Record<string, string>>;
    annotations?: Readonly<Record<string, string>>;
    finalizers?: readonly string[];
  };
  spec?: unknown;
  status?: unknown;
  /** Top-level fields of kinds that have no spec, such as `data`. */
  [field: string]: unknown;
}

/** A field that somebody else owns and wants otherwise. */
export interface FieldConflict {
  /** Who owns it, as it names itself. */
  manager: string;
  /** Such as `.spec.replicas`. */
  field: string;
}

export type ApplyOutcome<T> =
  /** The object as it is now; its version is that of before if it said all that already. */
  | { kind: 'Applied'; object: T }
  /** Nothing was changed: these fields belong to others. */
  | { kind: 'Conflict'; conflicts: FieldConflict[] };

export interface ApplyOptions extends CallOptions {
  /** The status is applied by itself: an apply of the object ignores it, and the other way round. */
  subresource?: 'status' | undefined;
  /** Takes over the fields that others own. They are not asked, so only for fields that nobody else should set. */
  force?: boolean | undefined;
}

/**
 * Applies a manifest, which creates an object that does not exist. Rejects with a KubernetesError, except for conflicts with
 * other managers, which are an outcome.
 */
export type Apply<T> = (manifest: Manifest, options?: ApplyOptions) => Promise<ApplyOutcome<T>>;

export interface ApplierOptions<T extends KubernetesObject> {
  connection: Pick<Connection, 'request'>;
  kind: ResourceKind;
  /** Takes an object as JSON and gives it typed, or throws; see `decodeObject`. */
  decode: (raw: unknown) => T;
  /** Under which name it owns fields, at most 128 characters. Who changes it leaves everything behind that it owned. */
  fieldManager: string;
  /** Hears of what was applied, so that nobody reconciles from before it. */
  store?: Pick<Store<T>, 'observeWrite'> | undefined;
}

/**
 * Server-side apply for one namespaced kind: each manager owns the fields that it set, and the API server merges.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function createApplier<T extends KubernetesObject>(options: ApplierOptions<T>): Apply<T> {
  const { connection, kind, decode, fieldManager, store } = options;
  const identity = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  return async (manifest, { subresource, force, signal } = {}) => {
    const path = pathOf(kind, manifest, subresource);
    // JSON is YAML. With the type of a merge patch the API server would merge, and own nothing.
    const contentType = 'application/apply-patch+yaml';
    const request = { query: { fieldManager, force }, body: { ...manifest, ...identity }, contentType, signal };
    try {
      const object = decoded(decode, await connection.request('PATCH', path, request));
      store?.observeWrite(object);
      return { kind: 'Applied', object };
    } catch (error) {
      const conflicts = isConflict(error) ? fieldConflicts(error) : [];
      if (conflicts.length === 0) throw error;
      return { kind: 'Conflict', conflicts };
    }
  };
}

function pathOf(kind: ResourceKind, { metadata }: Manifest, subresource: 'status' | undefined): string {
  const root = kind.group === '' ? '/api' : '/apis';
  const parts = ['namespaces', metadata.namespace, kind.plural, metadata.name, ...(subresource ? [subresource] : [])];
  return `${root}/${apiVersionOf(kind)}/${parts.map(encodeURIComponent).join('/')}`;
}

function decoded<T>(decode: (raw: unknown) => T, raw: unknown): T {
  try {
    return decode(withoutManagedFields(raw));
  } catch (error) {
    throw new KubernetesError('Malformed', 'the answer is not what the API promises', { cause: error });
  }
}

const fieldConflicts = ({ causes }: KubernetesError): FieldConflict[] =>
  causes
    .filter(({ reason }) => reason === 'FieldManagerConflict')
    .map((cause) => ({ manager: managerIn(cause), field: cause.field ?? '' }));

/**
 * The API server names the manager in a sentence only: `conflict with "kubectl-edit" with subresource "status" using v1 at ...`
 * (`util/managedfields/internal/conflict.go` of apimachinery, quoted as Go does). One that reads otherwise is given whole.
 */
function managerIn({ message = '' }: StatusCause): string {
  const [, quoted] = /^conflict with "((?:[^"\\]|\\.)*)"/.exec(message) ?? [];
  return quoted?.replaceAll(/\\(["\\])/g, '$1') ?? message;
}
