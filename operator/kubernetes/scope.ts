import type { LabelSelector } from '../label-selector.ts';
import type { ObjectMeta } from './objects.ts';

/** Which objects this process looks after. Others may be somebody else's. */
export interface Scope {
  /** All when empty. */
  readonly namespaces: readonly string[];
  /** All when absent. */
  readonly selector?: LabelSelector | undefined;
}

/** Whether an object of the scope's namespaces is in the scope. */
export const isSelected = ({ selector }: Scope, { labels }: Pick<ObjectMeta, 'labels'>): boolean =>
  selector === undefined || selector.selects(labels);
