import type { SubjectName } from './subject-names.ts';

/** What one subject did with one number of objects, once. Times in seconds, memory in MB (2^20 bytes). */
export interface Figures {
  subject: SubjectName;
  size: number;
  round: number;
  converging: Converging;
  /** Some seconds after it has converged. */
  idle: { resident: number; cpu: number };
  /** From sending a change of spec until the status that answers it is seen, in milliseconds, sorted by time. */
  changes: readonly number[];
  /** Over its first life, converging and changes together. */
  life: { requests: number; connections: number; peak: number; stopping: number };
  /** Absent for the floor, which would write everything again. */
  restart: { synced: number; writes: number; peak: number; resident: number } | undefined;
  /** On an empty collection. */
  startUp: { synced: number; resident: number };
}

export interface Converging {
  fromStart: number;
  fromSynced: number;
  /** CPU seconds of the subject from its start. */
  cpu: number;
  /** CPU seconds of the API server and etcd in the same window. */
  serverCpu: number;
  /** The most memory up to its end. */
  peak: number;
  /** Until some seconds after it, refused ones among them. */
  writes: number;
  requests: number;
  /** Requests that were refused: conflicts and 429s. */
  refused: number;
  byVerb: Readonly<Record<string, number>>;
}

/** The machine and the versions, without which no figure says anything. */
export interface Machine {
  cores: number;
  memory: number;
  processor: string;
  node: string;
  kubernetes: string;
  /** The load average before the first measurement: anything but a small number spoils it. */
  load: number;
  date: string;
}

/** What `--json` writes. */
export interface Results {
  machine: Machine;
  command: string;
  figures: readonly Figures[];
}
