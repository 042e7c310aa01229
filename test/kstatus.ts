import { z } from 'zod';
import { type Condition, conditionSchema } from '../operator/api/conditions.ts';

interface Reported {
  observedGeneration?: number | undefined;
  conditions?: Condition[] | undefined;
}

/**
 * Everything that a status does against what tools such as Argo CD, Flux and `kubectl wait` rely on, in words; empty when
 * it keeps to it. `before` is the status that it replaces.
 * https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
 */
export function kstatusFaults(status: Reported, generation: number, before: Reported = {}): string[] {
  const conditions = status.conditions ?? [];
  const statusOf = (type: string) => conditions.find((condition) => condition.type === type)?.status;
  const isTrue = (type: string) => statusOf(type) === 'True';
  const types = conditions.map(({ type }) => type);
  const faults = new Map<string, boolean>([
    ['observedGeneration is not the generation', status.observedGeneration !== generation],
    ['a condition is of another generation', conditions.some((one) => one.observedGeneration !== generation)],
    ['a type stands twice', new Set(types).size !== types.length],
    ['there is no Ready', statusOf('Ready') === undefined],
    ['Reconciling stands without being True', statusOf('Reconciling') !== undefined && !isTrue('Reconciling')],
    ['Stalled stands without being True', statusOf('Stalled') !== undefined && !isTrue('Stalled')],
    ['both Reconciling and Stalled', isTrue('Reconciling') && isTrue('Stalled')],
    ['Ready though Reconciling', isTrue('Ready') && isTrue('Reconciling')],
    ['Ready though Stalled', isTrue('Ready') && isTrue('Stalled')],
    [
      'not Ready, and neither Reconciling nor Stalled',
      !isTrue('Ready') && !isTrue('Reconciling') && !isTrue('Stalled'),
    ],
    ['both Complete and Failed', isTrue('Complete') && isTrue('Failed')],
    ['Complete without Ready', isTrue('Complete') && !isTrue('Ready')],
    ['Failed without Stalled', isTrue('Failed') && !isTrue('Stalled')],
    ...['Complete', 'Failed'].map((type): [string, boolean] => [
      `${type} was not kept`,
      (before.conditions ?? []).some((one) => one.type === type && one.status === 'True') && !isTrue(type),
    ]),
    ['a condition says nothing', conditions.some((one) => one.status !== 'True' && one.message === '')],
    ...moved(conditions, before.conditions ?? []),
  ]);
  return [...faults].filter(([, found]) => found).map(([fault]) => fault);
}

const reported = z.looseObject({
  observedGeneration: z.int().optional(),
  conditions: z.array(conditionSchema).optional(),
});

/** An object with whatever status it has. */
interface Reporting {
  readonly metadata: { readonly uid: string; readonly generation: number };
  readonly [field: string]: unknown;
}

/**
 * Takes the versions of objects as they come about, and gives what is wrong with the status of each. A status of an older
 * generation is no fault: the one of the newer is being computed.
 */
export function statusChecker(): (object: Reporting) => string[] {
  const last = new Map<string, Reported>();
  return ({ metadata: { uid, generation }, ...object }) => {
    const status = reported.parse(object['status'] ?? {});
    const before = last.get(uid);
    last.set(uid, status);
    const { observedGeneration = generation, conditions } = status;
    if (conditions === undefined) return [];
    return [
      ...kstatusFaults(status, observedGeneration, before),
      ...(observedGeneration > generation ? ['observedGeneration is ahead of the generation'] : []),
    ];
  };
}

/** A transition time says when the status changed: it moves then, and only then. */
function moved(after: Condition[], before: Condition[]): [string, boolean][] {
  return after.flatMap((now) => {
    const then = before.find(({ type }) => type === now.type);
    if (then === undefined) return [];
    const timeMoved = then.lastTransitionTime !== now.lastTransitionTime;
    return [[`${now.type} moved its lastTransitionTime without changing`, timeMoved && then.status === now.status]];
  });
}
