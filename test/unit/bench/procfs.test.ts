import { expect, test } from 'vitest';
import { parseCpuSeconds, parseMemory, readCpuSeconds, readMemory } from '../../bench/procfs.ts';

/** Times: 250 and 50 ticks of its own, 30 and 20 of its children. */
const stat = (name: string) =>
  `4711 (${name}) S 1 4711 4711 0 -1 4194304 9107 0 12 0 250 50 30 20 20 0 11 0 123456 1024000 5000 18446744073709551615`;

test('CPU seconds are those of the process, in its own code and the kernel, and of its children', () => {
  expect(parseCpuSeconds(stat('node'))).toBe(3.5);
});

test('a program may have a name with spaces and parentheses', () => {
  expect(parseCpuSeconds(stat('a) S 1 (b'))).toBe(3.5);
});

test('what is no stat is refused', () => {
  expect(() => parseCpuSeconds('')).toThrow('not a /proc/PID/stat');
  expect(() => parseCpuSeconds('1 (x) S 1 2 3')).toThrow('not a /proc/PID/stat');
});

test('memory is given in bytes', () => {
  const status = 'Name:\tnode\nVmPeak:\t  999 kB\nVmHWM:\t    200 kB\nVmRSS:\t    100 kB\nThreads:\t11\n';
  expect(parseMemory(status)).toEqual({ peak: 204_800, resident: 102_400 });
});

test('a process without memory, such as one that has ended, is refused', () => {
  expect(() => parseMemory('Name:\tnode\nState:\tZ (zombie)\n')).toThrow('VmHWM');
});

test('this process has used CPU and memory', async () => {
  expect(await readCpuSeconds([process.pid])).toBeGreaterThan(0);
  const { peak, resident } = await readMemory(process.pid);
  expect(resident).toBeGreaterThan(2 ** 20);
  expect(peak).toBeGreaterThanOrEqual(resident);
});
