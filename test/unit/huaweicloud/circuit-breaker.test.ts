import { describe, expect, test } from 'vitest';
import { milliseconds } from '../../../operator/clock.ts';
import {
  admission,
  afterFailure,
  afterNothing,
  type Circuit,
  closed,
  type Moment,
  onTrial,
} from '../../../operator/huaweicloud/circuit-breaker.ts';

const at = (elapsed: number): Moment => ({
  elapsed: milliseconds(elapsed),
  at: new Date(Date.UTC(2026, 0, 1) + elapsed),
});
const failedAt = (...moments: number[]): Circuit =>
  moments.reduce<Circuit>((circuit, moment) => afterFailure(circuit, `fault at ${moment}`, at(moment)), closed);
const may = (circuit: Circuit, now: number) => admission(circuit, milliseconds(now));

const open = failedAt(0, 1_000, 2_000, 3_000, 4_000);

describe('a circuit opens', () => {
  test('after five failures in a row over three seconds, and says since when and why', () => {
    expect(failedAt(0, 1_000, 2_000, 3_000).state).toBe('Closed');
    expect(open).toMatchObject({ state: 'Open', silence: { since: at(0), cause: 'fault at 4000' } });
    expect(may(open, 8_999)).toBe('HoldBack');
  });

  test('not when all connections of a pool break at the same moment', () => {
    const burst = failedAt(0, 0, 0, 0, 0, 0, 0, 0);
    expect(may(burst, 0)).toBe('Pass');
    expect(afterFailure(burst, 'again', at(3_000)).state).toBe('Open');
  });

  test('not for failures with an answer in between: each run of them counts for itself', () => {
    const again = [4_000, 5_000, 6_000, 7_000].reduce<Circuit>((c, moment) => afterFailure(c, 'x', at(moment)), closed);
    expect(again.state).toBe('Closed');
  });
});

describe('an open circuit', () => {
  test('lets one call try after its pause, and no other while that goes on', () => {
    expect(may(open, 9_000)).toBe('PassAsTrial');
    expect(may(onTrial(open), 9_000)).toBe('HoldBack');
    expect(may(onTrial(open), 9_000_000)).toBe('HoldBack');
  });

  test('pauses twice as long after each trial that failed, up to a minute, and remembers since when', () => {
    let circuit: Circuit = open;
    const pauses: number[] = [];
    let now = 9_000;
    for (let n = 0; n < 6; n += 1) {
      circuit = afterFailure(onTrial(circuit), 'still', at(now));
      if (circuit.state !== 'Open') throw new Error(circuit.state);
      pauses.push(circuit.until - now);
      now = circuit.until;
    }
    expect(pauses).toEqual([10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
    expect(circuit.silence).toEqual({ since: at(0), cause: 'still' });
  });

  test('learns nothing from a call that was sent before it opened', () => {
    expect(afterFailure(open, 'late', at(8_000))).toBe(open);
  });

  test('lets the next call try when the caller of the trial gave up', () => {
    expect(may(afterNothing(onTrial(open), at(9_500)), 9_500)).toBe('PassAsTrial');
  });
});

test('a closed circuit is as it was when a caller gives up', () => {
  const circuit = failedAt(0, 1_000);
  expect(afterNothing(circuit, at(2_000))).toBe(circuit);
  expect(onTrial(circuit)).toBe(circuit);
});
