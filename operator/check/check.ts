import { type Clock, deadline } from '../clock.ts';
import { ConfigError, readConfig } from '../config.ts';
import { createLog } from '../telemetry/log.ts';
import { redactWords } from '../telemetry/redaction.ts';
import { runChecks } from './checks.ts';
import { skippedAfter } from './outcome.ts';
import { asJson, asTable, type Line, overall } from './print.ts';

export interface CheckCommand {
  args: string[];
  environment: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Takes what is printed. */
  print: (text: string) => void;
  /** Columns of the terminal. */
  width: number;
}

/** Verifies that the operator could work here, by reading alone, and prints what it found. Gives the exit code. */
export async function check({ args, environment, clock, print, width }: CheckCommand): Promise<0 | 1> {
  const { lines, output } = await look(args, environment, clock);
  const safe = lines.map((line) => withoutSecrets(line, environment));
  print(output === 'json' ? asJson(safe) : asTable(safe, width));
  return overall(safe) === 'OK' ? 0 : 1;
}

async function look(args: string[], environment: CheckCommand['environment'], clock: Clock) {
  try {
    const config = readConfig(args, environment);
    const signal = deadline(clock, config['check-timeout']);
    // The table says all that a person needs; standard output is its own.
    const log = createLog('silent');
    const lines = await runChecks({ config, environment, log, clock, signal });
    return { lines, output: config['check-output'] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { lines: unusable(error), output: outputIn(args, environment) };
  }
}

function unusable({ faults }: ConfigError): Line[] {
  const remedy = 'Correct the flags, or the variables DCC_OPERATOR_<FLAG>: --help lists them.';
  return [
    { check: 'configuration', result: 'FAILED', found: faults.join('; '), remedy },
    { check: 'everything else', ...skippedAfter('configuration', 'failed') },
  ];
}

/** What can be told of the wish for JSON when the settings cannot be read. */
function outputIn(args: readonly string[], environment: CheckCommand['environment']): 'json' | 'table' {
  const told = /--check-output[= ]json\b/.test(args.join(' ')) || environment['DCC_OPERATOR_CHECK_OUTPUT'] === 'json';
  return told ? 'json' : 'table';
}

const secretNames = /^HUAWEICLOUD_.*(SK|TOKEN|SECRET|PASSWORD)$/;

/** Errors are free of secrets where they are made; this holds also for one that forgot. */
function withoutSecrets(line: Line, environment: CheckCommand['environment']): Line {
  const secrets = Object.entries(environment).flatMap(([name, value]) =>
    value && secretNames.test(name) ? [value] : [],
  );
  const hide = (text: string) =>
    redactWords(secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text));
  const remedy = line.remedy === undefined ? {} : { remedy: hide(line.remedy) };
  return { ...line, found: hide(line.found), ...remedy };
}
