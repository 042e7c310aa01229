import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/** Property names whose values never reach the log: of keys, of headers, of kubeconfig files and of the environment. */
const secrets = [
  'accessKey',
  'secretKey',
  'secret',
  'securityToken',
  'token',
  'password',
  'authorization',
  'Authorization',
  'x-security-token',
  'X-Security-Token',
  'x-auth-token',
  'X-Auth-Token',
  'client-key-data',
  'HUAWEICLOUD_SDK_AK',
  'HUAWEICLOUD_SDK_SK',
  'HUAWEICLOUD_SDK_SECURITY_TOKEN',
];

/** At any of the depths that the operator's objects have. */
const paths = secrets.flatMap((name) => ['', '*', '*.*', '*.*.*'].map((above) => `${above}["${name}"]`));

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
