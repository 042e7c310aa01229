import { type Clock, type Milliseconds, seconds } from './clock.ts';

/** How long each step after the passes may take; chart: terminationGracePeriodSeconds. */
export const closingTimeout = seconds(5);

/** Waits for `work`, for a time at most. Gives whether it ended; rejects as it does. */
export async function endsWithin(limit: Milliseconds, work: Promise<unknown>, clock: Clock): Promise<boolean> {
  const ended = new AbortController();
  const late = clock.sleep(limit, ended.signal).then(
    () => false,
    () => true,
  );
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    ended.abort();
  }
}

/** Waits for `work`, and once the signal told it to end, for `grace` longer at most. Gives whether it ended. */
export async function endsInTime(
  work: Promise<unknown>,
  { signal, grace, clock }: { signal: AbortSignal; grace: Milliseconds; clock: Clock },
): Promise<boolean> {
  const told = Promise.withResolvers<void>();
  if (signal.aborted) told.resolve();
  signal.addEventListener('abort', () => told.resolve(), { once: true });
  await Promise.race([work, told.promise]);
  return await endsWithin(grace, work, clock);
}
