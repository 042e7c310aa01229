import type { Bounds } from './protocol/rules.ts';

/** What the protocol is checked with: everything at once has too many states for each run of the tests. */
export const variantNames = ['leaders', 'console', 'asked', 'requests', 'glass'] as const;
export type VariantName = (typeof variantNames)[number];

/** One world in which the protocol is checked. */
export interface Variant {
  /** For people. */
  readonly description: string;
  readonly bounds: Bounds;
  /** More of the same, for whoever has the time; by `--large`. */
  readonly large: Partial<Bounds>;
}

const usual: Bounds = {
  leaders: 2,
  requests: 1,
  attempts: 2,
  signatureLife: 1,
  clockBound: 1,
  lag: 1,
  settleWindow: 3,
  memoryLasts: 3,
  console: false,
  unasked: false,
  cancellation: false,
  suspension: true,
  deletion: true,
  force: false,
};

/** The worlds. */
export const variants: Readonly<Record<VariantName, Variant>> = {
  leaders: {
    description: 'two leaders, one request',
    bounds: usual,
    large: { attempts: 3, cancellation: true },
  },
  console: {
    description: 'one leader, one request, somebody in the console, orders that are cancelled',
    bounds: { ...usual, leaders: 1, attempts: 1, console: true, cancellation: true },
    large: { leaders: 2 },
  },
  asked: {
    description:
      'two leaders, one request, somebody in the console, people who state what became of a call also unasked',
    bounds: { ...usual, attempts: 1, console: true, unasked: true, suspension: false, deletion: false },
    large: { cancellation: true },
  },
  requests: {
    description: 'two leaders, two requests that name one server, both approved',
    bounds: { ...usual, requests: 2, attempts: 1, suspension: false, deletion: false },
    large: { suspension: true, deletion: true },
  },
  glass: {
    description: 'two leaders, two requests that name one server, the first one let go by force; clocks that agree',
    bounds: {
      ...usual,
      requests: 2,
      attempts: 1,
      clockBound: 0,
      settleWindow: 2,
      memoryLasts: 2,
      suspension: false,
      deletion: false,
      force: true,
    },
    large: { clockBound: 1, settleWindow: 3, memoryLasts: 3 },
  },
};
