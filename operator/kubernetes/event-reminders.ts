import { type Milliseconds, milliseconds, minutes, type Random } from '../clock.ts';
import type { RecordedEvent } from './event-manifest.ts';

/** The API server forgets an Event after an hour (`--event-ttl`): a state that lasts for days is told again before that. */
const reminderInterval = minutes(55);
/** Some 200 bytes each. */
const mostStates = 10_000;

/**
 * When the states that stand are to be told again. A state is the word that an object stands under (its reason); the sentence
 * may change meanwhile. At most 10,000 states: those beyond are not told again until others have ended.
 */
export interface Reminders {
  /** The state is told now, so it is again in an hour. */
  told(state: RecordedEvent, elapsed: Milliseconds): void;
  /** Whether a state that still stands is to be told again now. */
  isDue(state: RecordedEvent, elapsed: Milliseconds): boolean;
}

export function createReminders(random: Random): Reminders {
  /** In the order in which the states were last heard of. */
  const dueTimes = new Map<string, Milliseconds>();
  const set = (key: string, dueAt: Milliseconds, elapsed: Milliseconds) => {
    if (!dueTimes.delete(key) && !hasRoom(dueTimes, elapsed)) return;
    dueTimes.set(key, dueAt);
  };
  return {
    told: (state, elapsed) => set(keyOf(state), milliseconds(elapsed + reminderInterval), elapsed),
    isDue: (state, elapsed) => {
      const key = keyOf(state);
      const dueAt = dueTimes.get(key) ?? milliseconds(elapsed + firstDelay(random));
      set(key, dueAt, elapsed);
      return elapsed >= dueAt;
    },
  };
}

/**
 * For a state that somebody else told, such as this program before it was restarted. It is not known when: all at once would be
 * a burst of writes at every restart.
 */
const firstDelay = (random: Random): Milliseconds => milliseconds(reminderInterval * (0.1 + 0.9 * random()));

/** Whether one more fits, for which a state makes room that was due long ago: nobody says any more that it stands. */
function hasRoom(dueTimes: Map<string, Milliseconds>, elapsed: Milliseconds): boolean {
  if (dueTimes.size < mostStates) return true;
  const [longestSilent] = dueTimes;
  if (longestSilent === undefined || elapsed - longestSilent[1] < reminderInterval) return false;
  return dueTimes.delete(longestSilent[0]);
}

const keyOf = ({ regarding, type, reason, action }: RecordedEvent): string =>
  JSON.stringify([regarding.metadata.uid, type, reason, action]);
