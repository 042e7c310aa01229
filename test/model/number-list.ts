/** A list of numbers of 32 bits that grows; an array of JavaScript takes twice the memory. */
export interface NumberList {
  readonly length: number;
  push(value: number): void;
  at(index: number): number;
}

/** An empty list. */
export function createNumberList(): NumberList {
  let values = new Int32Array(1 << 8);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push: (value) => {
      if (length === values.length) {
        const larger = new Int32Array(values.length * 2);
        larger.set(values);
        values = larger;
      }
      values[length] = value;
      length += 1;
    },
    at: (index) => {
      const value = index < length ? values[index] : undefined;
      if (value === undefined) throw new RangeError(`the list has ${length} numbers, not ${index + 1}`);
      return value;
    },
  };
}
