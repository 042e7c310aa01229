import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { readOptions } from '../../capacity/options.ts';

test('fleets are written as servers x accounts and share everything else', () => {
  const { fleets, rest, latency } = readOptions(['--fleets', '100x1,3000x30', '--machines', '5', '--latency', '2s']);
  const common = { machinesPerServer: 5, requestsPerServer: 0, hostType: 'DCC' };
  expect(fleets).toEqual([
    { ...common, servers: 100, accounts: 1 },
    { ...common, servers: 3000, accounts: 30 },
  ]);
  expect(rest).toBe(minutes(3));
  expect(latency).toBe(seconds(2));
});

test('flags of the operator are taken with their values', () => {
  expect(readOptions(['--flags', 'concurrency=16,poll-interval=5m']).flags).toEqual({
    concurrency: '16',
    'poll-interval': '5m',
  });
});

test.each([
  [['--fleets', '100'], /"100" is not servers x accounts/],
  [['--fleets', '10x11'], /"10x11" is not servers x accounts/],
  [['--machines', 'two'], /"two" is not a number/],
  [['--machines', ''], /"" is not a number/],
  [['--rest', 'long'], /"long" is not a duration/],
  [['--host-type', 'VM'], /"VM" is neither DCC nor DeH/],
  [['--flags', 'concurrency'], /"concurrency" is not a flag with its value/],
])('%j is refused in words', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
