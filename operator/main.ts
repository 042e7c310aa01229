import { hostname } from 'node:os';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { systemClock } from './clock.ts';
import { ConfigError, readConfig, usage } from './config.ts';
import { EndpointError } from './huaweicloud/endpoints.ts';
import { runOperator } from './operator.ts';
import { createLog } from './telemetry/log.ts';

async function main(): Promise<void> {
  const config = readConfig(process.argv.slice(2), process.env);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  await runOperator({
    config,
    log: createLog(config['log-level']),
    registry,
    holder: process.env['POD_NAME'] ?? `${hostname()}-${process.pid}`,
    clock: systemClock,
    environment: process.env,
    signal: untilToldToStop(),
  });
}

/** The first signal lets what is under way finish; a second one ends at once, which the journal survives. */
function untilToldToStop(): AbortSignal {
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      stopping.abort(new Error(`told to stop by ${name}`));
      process.once(name, () => process.exit(1));
    });
  }
  return stopping.signal;
}

if (process.argv.includes('--help')) {
  console.log(usage());
} else {
  try {
    await main();
    // Whatever still waits for the cloud reads for nobody any more.
    process.exit(0);
  } catch (error) {
    // A mistake in the settings is told in plain words instead of a stack.
    const told = error instanceof ConfigError || error instanceof EndpointError;
    console.error(told ? error.message : error);
    // What was started before it failed must not keep a process that does nothing.
    process.exit(1);
  }
}
