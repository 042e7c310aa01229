import { request } from 'node:https';
import { type Clock, deadline, milliseconds, minutes, seconds, systemClock } from '../../operator/clock.ts';
import type { Credential } from './certificates.ts';
import { type Component, describeProblem } from './component.ts';

export interface Waiting {
  /** Ends the waiting: it then throws the signal's reason. */
  readonly signal: AbortSignal;
  /** Whose logs say why it takes too long. */
  readonly components: readonly Component[];
  readonly clock: Clock;
}

/** How long one step of the start may take: more than ten times what it takes on a slow machine. */
const readyWithin = minutes(2);
const pollEvery = milliseconds(100);

/**
 * Returns when `check` says yes.
 * @throws after two minutes, with the end of the components' logs.
 */
export async function waitUntil(what: string, check: () => Promise<boolean>, waiting: Waiting): Promise<void> {
  const { signal, components, clock } = waiting;
  const late = deadline(systemClock, readyWithin);
  const ended = AbortSignal.any([signal, late]);
  while (!ended.aborted) {
    if (await check()) return;
    // Its rejection says only that `ended` has aborted.
    await clock.sleep(pollEvery, ended).catch(() => undefined);
  }
  signal.throwIfAborted();
  throw await describeProblem(`gave up waiting for ${what} after ${readyWithin / 1_000} s`, components);
}

/** Whether the server answers a GET with 200. Not to be reached counts as no: it may just be starting. */
export function answersOk(url: string, authority: string, user: Credential): Promise<boolean> {
  const options = {
    ca: authority,
    cert: user.certificate,
    key: user.key,
    agent: false,
    signal: deadline(systemClock, seconds(5)),
  };
  return new Promise((resolve) => {
    const get = request(url, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    get.once('error', () => resolve(false));
    get.end();
  });
}
