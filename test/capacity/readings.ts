import type { SentAnswer } from '../huaweicloud/server.ts';

/** What the cloud sent in a span of time. */
export interface Traffic {
  bytes: number;
  /** How long each burst of calls took, in seconds: with one account, a reading. Cut ones are left out. */
  bursts: number[];
}

/** Longer than any pause between two calls of a reading, and shorter than the time between two readings. */
const silence = 4_000;

/** Takes note of what the cloud sends; `since` gives what it sent from a moment on, by the same clock. */
export function watchTraffic() {
  const answers: SentAnswer[] = [];
  return {
    onAnswer: (answer: SentAnswer) => void answers.push(answer),
    since: (from: number, to: number): Traffic => {
      const within = answers.filter(({ sentAt }) => sentAt >= from && sentAt < to);
      return { bytes: within.reduce((sum, { bytes }) => sum + bytes, 0), bursts: burstsIn(answers, from, to) };
    },
  };
}

function burstsIn(answers: readonly SentAnswer[], from: number, to: number): number[] {
  const bursts: { begin: number; end: number }[] = [];
  for (const { askedAt, sentAt } of answers.toSorted((one, other) => one.askedAt - other.askedAt)) {
    const last = bursts.at(-1);
    if (last !== undefined && askedAt - last.end < silence) last.end = Math.max(last.end, sentAt);
    else bursts.push({ begin: askedAt, end: sentAt });
  }
  const whole = bursts.filter(({ begin, end }) => begin >= from && end + silence < to);
  return whole.map(({ begin, end }) => (end - begin) / 1_000);
}
