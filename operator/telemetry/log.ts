import { type DestinationStream, type Logger, pino } from 'pino';
import { redactLine } from './redaction.ts';

export type { Logger };

/** The operator's log: one JSON object a line on standard output, with ISO times and level names. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    // Not pino's `redact`: it reaches only so deep, knows no words, and throws at a Buffer.
    hooks: { streamWrite: redactLine },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    base: null,
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
