import { Counter, type Registry } from 'prom-client';

/** What became of recorded events. */
export interface EventMetrics {
  written(): void;
  /** An event that nobody will see: there were too many at once, or the API server refused it. */
  lost(): void;
}

export function createEventMetrics(registry: Registry): EventMetrics {
  const events = new Counter({
    name: 'events_recorded_total',
    help: 'Writes of Events, by result; lost means that there were too many at once, or that the API server refused it.',
    labelNames: ['result'],
    registers: [registry],
  });
  for (const result of ['written', 'lost']) events.inc({ result }, 0);
  return {
    written: () => events.inc({ result: 'written' }),
    lost: () => events.inc({ result: 'lost' }),
  };
}
