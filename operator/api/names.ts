/** API group and version of both kinds. */
export const group = 'dcc-operator.io';
export const version = 'v1alpha1';
export const apiVersion = `${group}/${version}`;

/** Keeps a DCCServer until its virtual machines are gone and no placement is open. */
export const drainFinalizer = `${group}/drain`;

/** Keeps an UnsubscriptionRequest from its first intent until the outcome of every call is known. */
export const placementFinalizer = `${group}/placement`;

/** Any annotation with this prefix holds a request back; what follows the slash names who holds it. */
export const holdPrefix = `hold.${group}/`;

/** Set by a person to have a request looked at again at once; echoed in `status.lastHandledReconcileAt`. */
export const reconcileAnnotation = `${group}/reconcile`;

/**
 * Set by a person, with a reason, on an object that is being deleted: it is let go whatever holds it, and nothing is placed. The
 * break glass for what can never be cleared; who may set it is the verb `forcerelease`.
 */
export const forceReleaseAnnotation = `${group}/force-release`;

/**
 * Set by a person to settle a call that reading back cannot settle; what follows the slash is the id of the call in the
 * journal, and the value is the id of its order, or `none`.
 */
export const settlePrefix = `settle.${group}/`;
