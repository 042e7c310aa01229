import type { LabelSelector } from '../label-selector.ts';

/** Which objects this process looks after. Others may be somebody else's. */
export interface Scope {
  /** All when empty. */
  readonly namespaces: readonly string[];
  /** All when absent. */
  readonly selector?: LabelSelector | undefined;
}
