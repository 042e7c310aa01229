import type { Clock } from '../clock.ts';
import { type CircuitState, type Circuits, createCircuits, type Heard } from './circuits.ts';
import type { Lane } from './endpoints.ts';
import type { CloudError } from './errors.ts';
import type { Exchange } from './transport.ts';
import { createTurns, type Turns, type TurnsState } from './turns.ts';

/** The way of one account's calls to one operation: through its rate limiter, which gives turns, and the circuit breaker of its endpoint. */
export interface Road {
  /** Resolves when a read may leave, as far as the rate goes. Throws a `CloudError` when its endpoint is left alone. */
  turn(signal?: AbortSignal): Promise<void>;
  /** Whether another try of a read that was refused for its rate would be in vain. */
  isStuck(): boolean;
  /** Lets a read leave now, or throws a `CloudError`. What is let through must be told by `recordRead`. */
  enter(): void;
  /** Tells how a read ended. With `gaveUp` its caller ended it, which says nothing of the endpoint. */
  recordRead(exchange: Exchange, error: CloudError | undefined, gaveUp: boolean): void;
  /** Why an order must not leave now: its endpoint is left alone, and an order is no trial. */
  whyCircuitOpen(): CloudError | undefined;
  /** Tells that an order was sent, and how it ended. It never waits for its turn, but it counts. */
  recordOrder(exchange: Exchange, error: CloudError | undefined): void;
}

/** What one account's calls go by. */
export type Traffic = (lane: Lane) => Road;

/** What is known of all endpoints, for people and for metrics. */
export interface TrafficState {
  readonly circuits: readonly CircuitState[];
  readonly turns: readonly (TurnsState & Pick<Lane, 'service' | 'operation'>)[];
}

/** The traffic of all accounts. */
export interface TrafficControl {
  /**
   * The traffic of an account. The billing centre counts calls by source address, API and account ("ParentUid", flow control
   * page of its API), the gateway by API and user; so turns are taken per key and operation, and only circuits are shared by all.
   * Two keys of one account get two turns, and learn from what the cloud refuses.
   */
  of(key: string): Traffic;
  state(): TrafficState;
}

/** Most keys that are remembered; one that was forgotten learns anew. */
const mostKeys = 1_000;

/** Nothing is known yet. */
export function createTrafficControl(clock: Clock): TrafficControl {
  const circuits = createCircuits(clock);
  const accounts = new Map<string, Map<string, { readonly lane: Lane; readonly turns: Turns }>>();
  return {
    of(key) {
      const lanes = accounts.get(key) ?? new Map();
      // The map stays in the order of last use.
      accounts.delete(key);
      accounts.set(key, lanes);
      const [longestUnused] = accounts.keys();
      if (accounts.size > mostKeys && longestUnused !== undefined) accounts.delete(longestUnused);
      return (lane) => {
        const name = `${lane.service} ${lane.operation} ${lane.origin}`;
        const known = lanes.get(name) ?? { lane, turns: createTurns(lane, clock) };
        lanes.set(name, known);
        return roadOf(lane, circuits, known.turns);
      };
    },
    state: () => ({
      circuits: circuits.describe(),
      turns: [...accounts.values()].flatMap((lanes) =>
        [...lanes.values()].map(({ lane: { service, operation }, turns }) => {
          return { service, operation, ...turns.describe() };
        }),
      ),
    }),
  };
}

function roadOf(lane: Lane, circuits: Circuits, turns: Turns): Road {
  const learn = (exchange: Exchange, error: CloudError | undefined) => {
    if (error?.class === 'Throttled') turns.refused(error.retryAfter);
    else if (exchange.kind === 'Answered') turns.passed();
  };
  return {
    async turn(signal) {
      circuits.check(lane);
      await turns.turn(signal);
    },
    isStuck: () => turns.isStuck(),
    enter: () => circuits.enter(lane),
    recordRead(exchange, error, gaveUp) {
      circuits.heard(lane, gaveUp && exchange.kind !== 'Answered' ? { kind: 'Nothing' } : heardIn(exchange));
      learn(exchange, error);
    },
    whyCircuitOpen: () => circuits.whyOpen(lane),
    recordOrder(exchange, error) {
      // An order can be held back for reasons of our own.
      if (exchange.kind === 'NotSent') return;
      turns.spend();
      circuits.heard(lane, heardIn(exchange));
      learn(exchange, error);
    },
  };
}

function heardIn(exchange: Exchange): Heard {
  if (exchange.kind !== 'Answered') return { kind: 'Failure', cause: exchange.message };
  const { status } = exchange.answer;
  return status >= 500 ? { kind: 'Failure', cause: `it answered ${status}` } : { kind: 'Answer' };
}

/** Lets everything pass at once and learns nothing: for tools and tests that call the cloud a few times. */
export const freeTraffic: Traffic = () => ({
  turn: async () => {},
  isStuck: () => false,
  enter: () => {},
  recordRead: () => {},
  whyCircuitOpen: () => undefined,
  recordOrder: () => {},
});
