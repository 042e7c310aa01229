/** One thing that a probe looks at. */
export interface HealthCheck {
  /** As `?verbose` lists it, such as `event-loop`. */
  readonly name: string;
  /** One line for each thing that is wrong: the fact, then what heals it. None: all is well. */
  problems(): readonly string[];
  /** One line for each thing that somebody should know although nothing is wrong with this process; only `?verbose` tells. */
  notes?(): readonly string[];
}

/** What the probes and people who look into the process ask. Any part of the process may add to each of them. */
export interface Health {
  /** /livez: only what a restart of this process heals, because a restart is what its failure leads to. */
  readonly livez: HealthCheck[];
  /** /readyz: whether the process knows what it needs to know for its work. */
  readonly readyz: HealthCheck[];
  /** The sections of /debug/state by name, worked out when asked. They hold neither secrets nor anybody's spec. */
  readonly state: Record<string, () => unknown>;
}

/** What came of the checks of one probe. */
export interface ProbeResult {
  readonly passed: boolean;
  /** One line for each problem. */
  readonly problems: readonly string[];
  /** All checks with [+] or [-], as the API server's `?verbose` lists them (`apiserver/pkg/server/healthz`); notes with [!]. */
  readonly checks: readonly string[];
}

/** Runs all checks. One that throws has failed. */
export function runChecks(checks: readonly HealthCheck[]): ProbeResult {
  const results = checks.map((check) => ({ name: check.name, ...findingsOf(check) }));
  const problems = results.flatMap((result) => result.problems.map((problem) => `${result.name}: ${problem}`));
  return {
    passed: problems.length === 0,
    problems,
    checks: results.flatMap(({ name, problems: found, notes }) => [
      ...(found.length === 0 ? [`[+]${name} ok`] : found.map((problem) => `[-]${name} failed: ${problem}`)),
      ...notes.map((note) => `[!]${name}: ${note}`),
    ]),
  };
}

function findingsOf(check: HealthCheck): { problems: readonly string[]; notes: readonly string[] } {
  try {
    return { problems: check.problems(), notes: check.notes?.() ?? [] };
  } catch (error) {
    return {
      problems: [`the check itself failed: ${error instanceof Error ? error.message : String(error)}`],
      notes: [],
    };
  }
}
