import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/** Property names whose values never reach the log, at any of the depths that the operator's objects have. */
const secrets = ['secretKey', 'accessKey', 'securityToken', 'token', 'authorization', 'Authorization', 'password'];
const paths = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `*.*.*.${name}`]);

/** The operator's log: one JSON object a line on standard output, with ISO times and level names. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    redact: { paths, censor: '[redacted]' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    base: null,
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
