import type { Clock } from '../clock.ts';
import {
  admission,
  afterFailure,
  afterNothing,
  type Circuit,
  closed,
  longestPause,
  type Moment,
  onTrial,
} from './circuit-breaker.ts';
import type { Lane } from './endpoints.ts';
import { CloudError } from './errors.ts';

/** What the end of a call tells of its endpoint. */
export type Heard =
  | { readonly kind: 'Answer' }
  | { readonly kind: 'Failure'; readonly cause: string }
  | { readonly kind: 'Nothing' };

/** What can be told of an endpoint. */
export interface CircuitState {
  readonly service: string;
  readonly origin: string;
  readonly state: Circuit['state'];
  readonly since?: Date;
  readonly cause?: string;
  readonly triedAgainInSeconds?: number;
}

/** The circuits of all endpoints: a service at an address, whatever account calls it. */
export interface Circuits {
  /** Throws a `CloudError` when a call would not leave now. */
  check(lane: Lane): void;
  /** Lets a call leave, or throws. How it ended must be told by `heard`. */
  enter(lane: Lane): void;
  heard(lane: Lane, heard: Heard): void;
  /** Why nothing may leave that must not be a trial. */
  whyOpen(lane: Lane): CloudError | undefined;
  describe(): CircuitState[];
}

/** No endpoint is known to be silent yet. */
export function createCircuits(clock: Clock): Circuits {
  const circuits = new Map<string, { readonly lane: Lane; circuit: Circuit }>();
  const now = (): Moment => ({ elapsed: clock.elapsed(), at: clock.now() });

  const entryOf = (lane: Lane) => {
    const key = `${lane.service} ${lane.origin}`;
    const known = circuits.get(key) ?? { lane, circuit: closed };
    circuits.set(key, known);
    return known;
  };

  function check(lane: Lane): void {
    const { circuit } = entryOf(lane);
    if (admission(circuit, clock.elapsed()) === 'HoldBack') throw heldBack(lane, circuit);
  }

  return {
    check,
    enter(lane) {
      check(lane);
      const entry = entryOf(lane);
      entry.circuit = onTrial(entry.circuit);
    },
    heard(lane, heard) {
      const entry = entryOf(lane);
      entry.circuit = after(entry.circuit, heard, now());
    },
    whyOpen(lane) {
      const { circuit } = entryOf(lane);
      return circuit.state === 'Closed' ? undefined : heldBack(lane, circuit);
    },
    describe: () => [...circuits.values()].map(({ lane, circuit }) => describe(lane, circuit, now())),
  };
}

function after(circuit: Circuit, heard: Heard, now: Moment): Circuit {
  switch (heard.kind) {
    case 'Answer':
      return closed;
    case 'Failure':
      return afterFailure(circuit, heard.cause, now);
    case 'Nothing':
      return afterNothing(circuit, now);
  }
}

/** Says for how long at most rather than until when: words that change with every try would be written to every object. */
function heldBack({ service, operation, origin }: Lane, { silence }: Circuit): CloudError {
  const since = silence?.since.at.toISOString().replace(/\.\d+Z$/, 'Z');
  return new CloudError({
    class: 'Unreachable',
    code: 'CircuitOpen',
    operation: `${service}.${operation}`,
    message: `${origin} has not answered as it should since ${since} (${silence?.cause}), so it is left alone but for one call that tries it again every ${longestPause / 1_000}s or sooner`,
  });
}

function describe({ service, origin }: Lane, circuit: Circuit, now: Moment): CircuitState {
  const { state, silence } = circuit;
  if (silence === undefined) return { service, origin, state };
  const wait = circuit.state === 'Open' ? circuit.until - now.elapsed : undefined;
  return {
    ...{ service, origin, state, since: silence.since.at, cause: silence.cause },
    ...(wait === undefined ? {} : { triedAgainInSeconds: Math.max(0, Math.round(wait / 1_000)) }),
  };
}
