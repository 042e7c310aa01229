import type { Logger } from './log.ts';

/**
 * Makes an exception that nobody caught, also of a promise, end the process with one line in the log. What state it left
 * behind nobody knows; the journal and the API server hold all that counts.
 */
export function endOnUncaught(log: Logger): void {
  // Node hands rejections on to this event unless told otherwise; the origin tells which it was.
  process.once('uncaughtException', (error, origin) => {
    log.fatal({ err: error, origin }, 'nobody caught this: ending');
    process.exit(1);
  });
}
