import { readConfig } from '../../operator/config.ts';
import { termsOf } from '../../operator/contexts.ts';

/** Those of the product, as it is installed without a setting. */
export const terms = termsOf(readConfig([], {}));
