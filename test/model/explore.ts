import { type Reader, readerOf, type Writer, writerInto } from './bytes.ts';
import { findStranded } from './liveness.ts';
import { createNumberList, type NumberList } from './number-list.ts';
import { createStateTable, type StateTable } from './state-table.ts';

/** What can happen next in a state. */
export interface Step<State> {
  /** What happens, in words for a trace. */
  readonly label: string;
  readonly state: State;
  /** Whether it is something that goes wrong or need not happen: nothing may depend on it to come to an end. */
  readonly fault: boolean;
}

/** A system of states and steps, with what must hold of it. */
export interface Model<State> {
  readonly initial: State;
  /** Everything that can happen next. */
  next(state: State): readonly Step<State>[];
  /** What must never be, if the state is it. */
  violation(state: State): string | undefined;
  /** Whether everything that can finish has. */
  isEnd(state: State): boolean;
  /** One of all states that differ from this one only by names that mean nothing. */
  canonical?(state: State): State;
  write(state: State, to: Writer): void;
  read(from: Reader): State;
}

/** A shortest way to a violation. */
export interface Counterexample {
  readonly kind: 'Violation' | 'NoEndInReach';
  readonly what: string;
  /** The labels of the steps, from the initial state on. */
  readonly trace: readonly string[];
}

/** What an exploration saw. */
export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** Steps to the state that is farthest from the initial one. */
  readonly depth: number;
  readonly counterexample: Counterexample | undefined;
}

/** Thrown when a model has more states than were allowed: nothing is proven then. */
export class TooManyStatesError extends Error {
  override readonly name = 'TooManyStatesError';
}

/** Bytes of the largest state. */
const largestState = 256;

interface Seen {
  readonly table: StateTable;
  /** From which state each one was first reached. */
  readonly parents: NumberList;
  /** Steps that are no faults: from, to. */
  readonly from: NumberList;
  readonly to: NumberList;
  readonly ends: NumberList;
}

/**
 * Looks at every state that can be reached, nearest first, so that the first violation found has a shortest trace. Without
 * one, looks for states from which no end can be reached by steps that are no faults.
 */
export function explore<State>(model: Model<State>, mostStates: number): Exploration {
  const encode = encoderOf(model);
  const seen: Seen = {
    table: createStateTable(),
    parents: createNumberList(),
    from: createNumberList(),
    to: createNumberList(),
    ends: createNumberList(),
  };
  const { table, parents } = seen;
  table.add(encode(model.initial));
  parents.push(0);
  let transitions = 0;
  let depth = 0;
  let levelEnd = 1;
  const result = (counterexample: Counterexample | undefined): Exploration => {
    return { states: table.size, transitions, depth, counterexample };
  };
  for (let number = 0; number < table.size; number += 1) {
    if (number === levelEnd) {
      depth += 1;
      levelEnd = table.size;
    }
    const state = model.read(readerOf(table.get(number)));
    const what = model.violation(state);
    if (what !== undefined) return result({ kind: 'Violation', what, trace: traceTo(model, seen, number) });
    if (model.isEnd(state)) seen.ends.push(number);
    transitions += expand(number, model.next(state), encode, seen);
    if (table.size > mostStates) throw new TooManyStatesError(`there are more than ${mostStates} states`);
  }
  const stranded = findStranded(table.size, seen);
  if (stranded === undefined) return result(undefined);
  const what = 'from here nothing but a fault leads to an end';
  return result({ kind: 'NoEndInReach', what, trace: traceTo(model, seen, stranded) });
}

/** Takes in what can happen next in the state with this number; gives how much that is. */
function expand<State>(
  number: number,
  steps: readonly Step<State>[],
  encode: (state: State) => Uint8Array,
  { table, parents, from, to }: Seen,
): number {
  for (const { state, fault } of steps) {
    const successor = table.add(encode(state));
    if (successor === parents.length) parents.push(number);
    if (fault) continue;
    from.push(number);
    to.push(successor);
  }
  return steps.length;
}

function encoderOf<State>(model: Model<State>): (state: State) => Uint8Array {
  const buffer = new Uint8Array(largestState);
  return (state) => {
    const writer = writerInto(buffer);
    model.write(model.canonical?.(state) ?? state, writer);
    return buffer.subarray(0, writer.length());
  };
}

/**
 * The steps to a state. Names are kept from step to step: where a state was exchanged for a canonical one, the way is gone
 * again with the names as they were.
 */
function traceTo<State>(model: Model<State>, { table, parents }: Seen, last: number): string[] {
  const numbers = [last];
  for (let number = last; number !== 0; ) {
    number = parents.at(number);
    numbers.unshift(number);
  }
  const encode = encoderOf(model);
  const trace: string[] = [];
  let state = model.initial;
  for (const number of numbers.slice(1)) {
    const step = model.next(state).find((each) => table.find(encode(each.state)) === number);
    if (step === undefined) throw new Error('the model is not symmetric: its trace cannot be followed');
    trace.push(step.label);
    state = step.state;
  }
  return trace;
}
