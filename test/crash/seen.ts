import type { Milliseconds } from '../../operator/clock.ts';

/** One of the processes of the operator in a round, by the ways that it goes. */
export type SlotName = 'A' | 'B';

/** A request of an operator, as it came by on its way. */
export interface Seen {
  readonly slot: SlotName;
  readonly at: Milliseconds;
  readonly side: 'API server' | 'cloud';
  /** What it is for, in the words of the protocol: `write intent`, or the operation of the cloud. */
  readonly name: string;
  /** The object that it is about, if it is about one. */
  readonly object: string | undefined;
  /** Whether it changes anything. */
  readonly writes: boolean;
  /** A list or a watch: answered piece by piece. */
  readonly streams: boolean;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  /** What became of it: the status, or what was done to it. */
  fate: string;
  /** The answer, of a write. */
  answer: unknown;
}

/** What is done to a request on its way. */
export interface Interference {
  /** Before it is forwarded; `Drop` means that it never is. */
  readonly before?: () => Promise<'Forward' | 'Drop'>;
  /** After it had its effect; `Cut` means that nobody hears of it. */
  readonly after?: () => Promise<'Answer' | 'Cut'>;
}

/** Asked about each request when it comes. */
export type Meddle = (seen: Seen) => Interference | undefined;

/** A line of the trace that a failed round leaves. */
export function inWords({ slot, at, name, object, fate }: Seen): string {
  return `${(at / 1_000).toFixed(3)} ${slot} ${name}${object === undefined ? '' : ` of ${object}`}: ${fate}`;
}
