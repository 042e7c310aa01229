import { hostname } from 'node:os';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { systemClock } from './clock.ts';
import { ConfigError, readConfig, usage } from './config.ts';
import { EndpointError } from './huaweicloud/endpoints.ts';
import { runOperator } from './operator.ts';
import { createLog, type Logger } from './telemetry/log.ts';
import { endOnUncaught } from './telemetry/uncaught.ts';

/** Gives the exit code. */
async function main(log: Logger): Promise<number> {
  const config = readConfig(process.argv.slice(2), process.env);
  log.level = config['log-level'];
  if (config['before-uninstall']) {
    // Loaded for this alone: the operator itself does without.
    const { guardUninstall } = await import('./uninstall-guard.ts');
    return guardUninstall({ config, log, clock: systemClock, print: console.log });
  }
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const end = await runOperator({
    config,
    log,
    registry,
    holder: process.env['POD_NAME'] ?? `${hostname()}-${process.pid}`,
    clock: systemClock,
    environment: process.env,
    signal: untilToldToStop(log),
  });
  return end === 'Finished' ? 0 : 1;
}

/** The first signal lets what is under way finish; another one ends at once, which the journal survives. */
function untilToldToStop(log: Logger): AbortSignal {
  const stopping = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (stopping.signal.aborted) {
      log.warn({ signal: name }, 'told to stop again: ending at once');
      process.exit(1);
    }
    log.info({ signal: name }, 'told to stop: finishing what is under way');
    stopping.abort(new Error(`told to stop by ${name}`));
  };
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, stop);
  return stopping.signal;
}

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(usage());
} else if (args.includes('--check') || process.env['DCC_OPERATOR_CHECK'] === 'true') {
  // Loaded for this alone: the operator itself does without.
  const { check } = await import('./check/check.ts');
  const width = process.stdout.columns || 120;
  process.exit(await check({ args, environment: process.env, clock: systemClock, print: console.log, width }));
} else {
  const log = createLog('info');
  endOnUncaught(log);
  try {
    // Whatever still waits for the cloud reads for nobody any more.
    process.exit(await main(log));
  } catch (error) {
    // A mistake in the settings is told in plain words.
    if (error instanceof ConfigError || error instanceof EndpointError) console.error(error.message);
    else log.fatal({ err: error }, 'the operator cannot work');
    // What was started before it failed must not keep a process that does nothing.
    process.exit(1);
  }
}
