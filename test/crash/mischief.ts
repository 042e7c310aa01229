import { type Milliseconds, systemClock } from '../../operator/clock.ts';
import type { Meddle, Seen } from './seen.ts';
import type { Stage } from './stage.ts';

/** Something that happens to requests on their way, and to nobody's process. */
export interface Mischief {
  readonly words: string;
  readonly make: (stage: Stage) => Meddle;
}

const isOrder = ({ name }: Seen): boolean => name === 'billing.unsubscribe';

/** Makes it happen to the first request that matches. */
function once(matches: (seen: Seen) => boolean, meddle: Meddle): Meddle {
  let done = false;
  return (seen) => {
    if (done || !matches(seen)) return undefined;
    done = true;
    return meddle(seen);
  };
}

/** Somebody writes to each request after the order had its effect and before its outcome is written. */
export const labelBeforeOutcome: Mischief = {
  words: 'a label is changed between the order and its outcome',
  make: (stage) =>
    once(isOrder, () => ({
      after: async () => {
        const all = await stage.people.requests();
        await Promise.all(all.map(({ metadata }) => stage.people.label(metadata.name, { touched: 'yes' })));
        return 'Answer';
      },
    })),
};

/** The way of the cloud's answer breaks after the effect. */
export const orderAnswerCut: Mischief = {
  words: 'the answer to an order is cut after its effect',
  make: () => once(isOrder, () => ({ after: async () => 'Cut' })),
};

/** The API server does what it is asked to, and the process does not hear of it. */
export const writeAnswerCut = (name: string): Mischief => ({
  words: `the answer to ${name} is cut after its effect`,
  make: () =>
    once(
      (seen) => seen.name.startsWith(name),
      () => ({ after: async () => 'Cut' }),
    ),
});

/** From an order on, nothing reaches the API server for a while. */
export const outageFromOrder = (duration: Milliseconds): Mischief => ({
  words: `nothing reaches the API server for ${duration} ms from an order on`,
  make: () => {
    let until: number | undefined;
    return (seen) => {
      if (isOrder(seen)) until ??= systemClock.elapsed() + duration;
      const isOut = seen.side === 'API server' && until !== undefined && systemClock.elapsed() < until;
      return isOut ? { before: async () => 'Drop' } : undefined;
    };
  },
});
