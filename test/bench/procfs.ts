import { readFile } from 'node:fs/promises';

/** The unit of times in /proc: 100 on every architecture that Node runs on. Source: proc_pid_stat(5), USER_HZ */
const ticksPerSecond = 100;

/** CPU seconds out of /proc/PID/stat: of the process and of children that it has waited for. @throws on other text. */
export function parseCpuSeconds(stat: string): number {
  // The name of the program comes second, in parentheses, and may itself contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).map(Number);
  if (ticks.length !== 4 || ticks.some(Number.isNaN)) throw new Error(`not a /proc/PID/stat: ${stat}`);
  return ticks.reduce((sum, count) => sum + count, 0) / ticksPerSecond;
}

/** Memory in bytes. */
export interface Memory {
  /** The most that was resident at any time. */
  peak: number;
  resident: number;
}

/** Memory out of /proc/PID/status. @throws on other text. */
export function parseMemory(status: string): Memory {
  const kibibytes = (name: string) => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    if (found === undefined) throw new Error(`not a /proc/PID/status: it has no ${name}`);
    return Number(found) * 1_024;
  };
  return { peak: kibibytes('VmHWM'), resident: kibibytes('VmRSS') };
}

/** CPU seconds that some processes have used up to now. @throws when one has ended. */
export async function readCpuSeconds(pids: readonly number[]): Promise<number> {
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8')));
  return stats.map(parseCpuSeconds).reduce((sum, seconds) => sum + seconds, 0);
}

/** @throws when the process has ended. */
export const readMemory = async (pid: number): Promise<Memory> =>
  parseMemory(await readFile(`/proc/${pid}/status`, 'utf8'));

/** The processes that `pid` has started itself. */
export async function readChildren(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

/** The words of a process's command line. */
export const readCommandLine = async (pid: number): Promise<string[]> =>
  (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
