import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHeap } from '../../../operator/kubernetes/heap.ts';

test('whatever goes in, the least that is in comes out', () => {
  // A number goes in, undefined takes one out. Rows of a heap double: it takes a hundred numbers to fill seven.
  const step = fc.option(fc.integer({ min: 0, max: 99 }), { nil: undefined, freq: 2 });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const heap = createHeap<number>((left, right) => left < right);
      const model: number[] = [];
      for (const step of steps) {
        model.sort((left, right) => left - right);
        expect([heap.size, heap.peek()]).toEqual([model.length, model[0]]);
        if (step === undefined) {
          expect(heap.pop()).toBe(model.shift());
        } else {
          heap.push(step);
          model.push(step);
        }
      }
    }),
  );
});
