import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHeap } from '../../../operator/kubernetes/heap.ts';

/** A number goes in, undefined takes one out; at last all come out. Gives the size and the least after each step, as they came out. */
function play(steps: readonly (number | undefined)[]) {
  const heap = createHeap<number>((left, right) => left < right);
  const model: number[] = [];
  const told: unknown[] = [];
  const wanted: unknown[] = [];
  const take = () => {
    told.push(heap.pop());
    wanted.push(model.shift());
  };
  for (const step of steps) {
    if (step === undefined) {
      take();
    } else {
      heap.push(step);
      model.push(step);
      model.sort((left, right) => left - right);
    }
    told.push([heap.size, heap.peek()]);
    wanted.push([model.length, model[0]]);
  }
  while (model.length > 0) take();
  return { told, wanted };
}

test('whatever goes in, the least that is in comes out', () => {
  // Rows of a heap double: it takes more than sixty numbers to begin the seventh.
  const step = fc.option(fc.integer({ min: 0, max: 99 }), { nil: undefined, freq: 5 });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const { told, wanted } = play(steps);
      expect(told).toEqual(wanted);
    }),
    // To look for the shortest case that fails takes hours where none is short.
    { interruptAfterTimeLimit: 5_000, markInterruptAsFailure: true },
  );
});
