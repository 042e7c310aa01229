import { type Milliseconds, milliseconds, minutes, seconds } from '../clock.ts';

/** A moment, by the clock that measures and by the one on the wall, which people read. */
export interface Moment {
  readonly elapsed: Milliseconds;
  readonly at: Date;
}

/** What is known of an endpoint that did not answer as it should, the last time and those before it. */
interface Silence {
  readonly since: Moment;
  /** The last failure in words that stay the same for the same fault. */
  readonly cause: string;
}

/**
 * Whether calls to an endpoint leave. `Open` sends none; when its pause is over, one call finds out whether the endpoint is back
 * (`Trying`), and the others still do not leave.
 */
export type Circuit =
  | { readonly state: 'Closed'; readonly failures: number; readonly silence: Silence | undefined }
  | { readonly state: 'Open'; readonly pause: Milliseconds; readonly until: Milliseconds; readonly silence: Silence }
  | { readonly state: 'Trying'; readonly pause: Milliseconds; readonly silence: Silence };

/** An endpoint that is not known to be silent. */
export const closed: Circuit = { state: 'Closed', failures: 0, silence: undefined };

/**
 * So many failures in a row, over so long, open the circuit. Both: connections of a pool break together, and that is one fault
 * which the next try cures; and two calls that time out last longer than any pause between tries.
 */
const mostFailures = 5;
const shortestSilence = seconds(3);
const firstPause = seconds(5);
/** Also told to people, who want to know when they can expect the next try. */
export const longestPause = minutes(1);

/** Whether a call may leave now, and as what. */
export function admission(circuit: Circuit, now: Milliseconds): 'Pass' | 'PassAsTrial' | 'HoldBack' {
  if (circuit.state === 'Closed') return 'Pass';
  return circuit.state === 'Open' && now >= circuit.until ? 'PassAsTrial' : 'HoldBack';
}

/** When the trial leaves. */
export function onTrial(circuit: Circuit): Circuit {
  return circuit.state === 'Open' ? { state: 'Trying', pause: circuit.pause, silence: circuit.silence } : circuit;
}

/** When a call failed: no connection, no answer, or a 5xx. */
export function afterFailure(circuit: Circuit, cause: string, now: Moment): Circuit {
  switch (circuit.state) {
    case 'Closed':
      return afterAnother(circuit.failures + 1, { since: circuit.silence?.since ?? now, cause }, now);
    case 'Trying':
      return opened({ ...circuit.silence, cause }, milliseconds(Math.min(longestPause, circuit.pause * 2)), now);
    case 'Open':
      // Was sent before the circuit opened: nothing new.
      return circuit;
  }
}

/** When a call ended without telling anything, because its caller gave up: the next one is the trial. */
export function afterNothing(circuit: Circuit, now: Moment): Circuit {
  return circuit.state === 'Trying' ? { ...circuit, state: 'Open', until: now.elapsed } : circuit;
}

function afterAnother(failures: number, silence: Silence, now: Moment): Circuit {
  const lasts = now.elapsed - silence.since.elapsed;
  if (failures >= mostFailures && lasts >= shortestSilence) return opened(silence, firstPause, now);
  return { state: 'Closed', failures, silence };
}

function opened(silence: Silence, pause: Milliseconds, now: Moment): Circuit {
  return { state: 'Open', pause, until: milliseconds(now.elapsed + pause), silence };
}
