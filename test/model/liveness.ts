import type { NumberList } from './number-list.ts';

/** Steps between states by number, and the states that are ends. */
export interface Graph {
  readonly from: NumberList;
  readonly to: NumberList;
  readonly ends: NumberList;
}

/** The first state of `size` from which no end can be reached; undefined when there is none. Goes backwards from the ends. */
export function findStranded(size: number, graph: Graph): number | undefined {
  const { first, predecessors } = reversed(size, graph);
  const reached = new Uint8Array(size);
  const waiting: number[] = [];
  const reach = (number: number): void => {
    if (reached[number] === 1) return;
    reached[number] = 1;
    waiting.push(number);
  };
  for (let index = 0; index < graph.ends.length; index += 1) reach(graph.ends.at(index));
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    const end = first[number + 1] ?? 0;
    for (let index = first[number] ?? 0; index < end; index += 1) reach(predecessors[index] ?? 0);
  }
  const stranded = reached.indexOf(0);
  return stranded === -1 ? undefined : stranded;
}

/** The steps by where they lead: those to state `n` stand from `first[n]` to before `first[n + 1]`. */
function reversed(size: number, { from, to }: Graph) {
  const first = new Int32Array(size + 2);
  for (let index = 0; index < to.length; index += 1) first[to.at(index) + 2] = (first[to.at(index) + 2] ?? 0) + 1;
  for (let number = 2; number < first.length; number += 1)
    first[number] = (first[number] ?? 0) + (first[number - 1] ?? 0);
  const predecessors = new Int32Array(to.length);
  for (let index = 0; index < to.length; index += 1) {
    const place = first[to.at(index) + 1] ?? 0;
    predecessors[place] = from.at(index);
    first[to.at(index) + 1] = place + 1;
  }
  return { first, predecessors };
}
