import type { Setting } from './protocol/journal.ts';
import { type Bounds, protocol, type Rules } from './protocol/rules.ts';
import { type VariantName, variants } from './variants.ts';

/** One rule of the protocol broken, and what the model is to say of it. */
export interface Mutation {
  /** What is done instead, as in the documentation. */
  readonly name: string;
  readonly variant: VariantName;
  readonly rules?: Partial<Rules>;
  readonly bounds?: Partial<Bounds>;
  /** Why the model finds nothing, where it is to find nothing. */
  readonly harmless?: string;
}

/** Every mutation, in the order of the protocol. */
export const mutations: readonly Mutation[] = [
  {
    name: 'the gates are read from the cache, and the intent is written on the live version',
    variant: 'leaders',
    rules: { lastLook: 'CachedGatesOfLiveVersion' },
  },
  {
    name: 'the request is taken from the cache altogether',
    variant: 'leaders',
    rules: { lastLook: 'Cached' },
    bounds: { attempts: 1 },
    harmless: 'the intent is written by compare-and-swap on the version from the cache, and an old one conflicts',
  },
  {
    name: 'the last look does not read the cloud',
    variant: 'console',
    rules: { lastLookReadsCloud: false },
    harmless:
      'whether a server was ordered is known by the journal, the claim and the record of the server; virtual machines and backups, which the last look is for, are not in the model',
  },
  { name: 'no claim: each request takes the server for its own', variant: 'requests', rules: { claim: false } },
  {
    name: "the server's record of a finished order is not asked, only its billing row",
    variant: 'requests',
    rules: { recordForbidsOrder: false },
  },
  { name: 'no finalizer', variant: 'leaders', rules: { finalizer: false } },
  {
    name: 'the intent is written without compare-and-swap',
    variant: 'leaders',
    rules: { intentOnClearedVersion: false },
  },
  { name: 'the call is sent before the intent is written', variant: 'leaders', rules: { order: 'SignSendIntend' } },
  { name: 'the call is signed after the intent is written', variant: 'leaders', rules: { order: 'IntendSignSend' } },
  { name: 'the gateway accepts a signature of any age', variant: 'leaders', rules: { signatureExpires: false } },
  { name: 'a call that timed out is sent again', variant: 'leaders', rules: { sendOnce: false } },
  { name: 'a lost answer is taken for NotSent', variant: 'leaders', rules: { lostAnswerIs: 'NotSent' } },
  {
    name: 'a lost answer, or a server error, is taken for a refusal',
    variant: 'leaders',
    rules: { lostAnswerIs: 'Rejected' },
  },
  {
    name: 'a call that never left is taken for Unknown',
    variant: 'leaders',
    rules: { unsentIs: 'Unknown' },
    harmless: 'it is read back like any lost call: it costs a settle window, and nothing else',
  },
  {
    name: 'after a conflict the outcome is written over whatever stands there',
    variant: 'leaders',
    rules: { outcomeAfterConflict: 'Overwrites' },
  },
  {
    name: 'after a conflict the outcome is written on the same version again',
    variant: 'leaders',
    rules: { outcomeAfterConflict: 'SameVersionAgain' },
  },
  {
    name: 'after a conflict the outcome is given up',
    variant: 'leaders',
    rules: { outcomeAfterConflict: 'GivenUp' },
    harmless: 'the intent that stands there is settled by reading back, as after a crash',
  },
  {
    name: 'a late outcome replaces what was read back meanwhile',
    variant: 'leaders',
    rules: { givesWayToSettled: false },
  },
  { name: 'no settle window', variant: 'leaders', bounds: { settleWindow: 0 } },
  { name: "the settle window is the signature's life", variant: 'leaders', bounds: { settleWindow: 1 } },
  {
    name: "the settle window is the signature's life and the clock bound, with no time for an order to show",
    variant: 'leaders',
    bounds: { settleWindow: 2 },
  },
  {
    name: 'the settle window is judged by the time after the reading',
    variant: 'leaders',
    rules: { timeIsTaken: 'AfterReading' },
  },
  { name: 'a call is settled by the billing row alone', variant: 'console', rules: { settleLooksAtOrders: false } },
  {
    name: 'a closed row and one order that nobody claims settle a call before the window is over',
    variant: 'console',
    rules: { closedRowSettles: 'AtOnce' },
  },
  {
    name: "the bill settles a call though another order may be the call's",
    variant: 'console',
    rules: { billSettles: 'AmongOthers' },
  },
  {
    name: 'a statement that a person made before the window was over is heeded after it',
    variant: 'asked',
    rules: { noneCountsOnceAsked: false },
  },
  {
    name: "after a person was asked, the one order that is left is still taken for the call's",
    variant: 'asked',
    rules: { oneOrderTells: 'Always' },
  },
  {
    name: 'the outcome of a process that was held up undoes that a person was asked',
    variant: 'asked',
    rules: { outcomeKeepsQuestion: false },
  },
  {
    name: 'a settlement is written without compare-and-swap',
    variant: 'leaders',
    rules: { settlementOnReadVersion: false },
  },
  {
    name: 'who breaks the glass does not look whether the server knows of the call',
    variant: 'glass',
    rules: { looksBeforeForce: false },
  },
  {
    name: "the server's memory of a call that was let go by force is not asked",
    variant: 'glass',
    rules: { memoryForbidsOrder: false },
  },
  {
    name: 'the server remembers a call that was let go by force for less than the settle window',
    variant: 'glass',
    bounds: { memoryLasts: 1 },
  },
  {
    name: 'an order of a call that was let go by force is asked for only while it is open',
    variant: 'glass',
    rules: { endedOrderForbids: false },
  },
];

/** The protocol with one rule broken. */
export const mutated = ({ variant, rules, bounds }: Mutation): Setting => ({
  rules: { ...protocol, ...rules },
  bounds: { ...variants[variant].bounds, ...bounds },
});
