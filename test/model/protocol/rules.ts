/** How much of the world the model has. Time is in ticks. */
export interface Bounds {
  readonly leaders: number;
  readonly requests: number;
  /** How often one order is tried before the request fails. */
  readonly attempts: number;
  /** How long the gateway accepts a signature. */
  readonly signatureLife: number;
  /** How much later a gateway whose clock is behind may still accept it. */
  readonly clockBound: number;
  /** How old what a read shows may be. */
  readonly lag: number;
  /** How long after the date of its signature a lost call counts as dead. */
  readonly settleWindow: number;
  /** How long after the date of its signature a server's memory of a call that was let go by force forbids another. */
  readonly memoryLasts: number;
  /** Whether somebody may place an order in the console, and once a person was asked another. */
  readonly console: boolean;
  /** Whether a person may state what became of a call before they are asked. */
  readonly unasked: boolean;
  /** Whether the cloud may cancel an order. */
  readonly cancellation: boolean;
  /** Whether a person approves, suspends, and approves again; else everything is approved from the start. */
  readonly suspension: boolean;
  /** Whether a person may delete a request. */
  readonly deletion: boolean;
  /** Whether a person may delete the first request and let it go by force, its open call with it. */
  readonly force: boolean;
}

/** The rules of the protocol. Each can be broken by itself: that is a mutation. */
export interface Rules {
  /** `placement/intent.ts`: the intent goes in by compare-and-swap on the version that was cleared. */
  readonly intentOnClearedVersion: boolean;
  /** `placement/place.ts`: in this order. */
  readonly order: 'SignIntendSend' | 'IntendSignSend' | 'SignSendIntend';
  /** The gateway refuses an old signature. */
  readonly signatureExpires: boolean;
  /** `huaweicloud/billing-unsubscribe.ts`: a call that timed out is not sent again. */
  readonly sendOnce: boolean;
  /** `placement/last-look.ts`: where it takes the request from. */
  readonly lastLook: 'Live' | 'Cached' | 'CachedGatesOfLiveVersion';
  /** Whether the last look reads the cloud. */
  readonly lastLookReadsCloud: boolean;
  /** `placement/record-outcome.ts`: what follows a conflict. */
  readonly outcomeAfterConflict: 'LatestAgain' | 'SameVersionAgain' | 'GivenUp' | 'Overwrites';
  /** `placement/record-outcome.ts`: an outcome gives way to what was read back by now. */
  readonly givesWayToSettled: boolean;
  /** `huaweicloud/billing-unsubscribe.ts`: what a lost answer is taken for. */
  readonly lostAnswerIs: 'Unknown' | 'NotSent' | 'Rejected';
  /** `huaweicloud/transport.ts`: what a call that certainly never left is taken for. */
  readonly unsentIs: 'NotSent' | 'Unknown';
  /** `evidence.ts`: the time by which the window is over is taken before the orders are read. */
  readonly timeIsTaken: 'BeforeReading' | 'AfterReading';
  /** `settling/candidate-orders.ts`: a closed row with one order that nobody claims settles a call only after the window. */
  readonly closedRowSettles: 'AfterWindow' | 'AtOnce';
  /** `settling/settle.ts`: the bill settles a call only when no other order can be its. */
  readonly billSettles: 'OneOrder' | 'AmongOthers';
  /** `settling/settle.ts`: orders that are still visible keep a call open. */
  readonly settleLooksAtOrders: boolean;
  /** The settlement goes in by compare-and-swap. */
  readonly settlementOnReadVersion: boolean;
  /** `settling/candidate-orders.ts`: once a person was asked, one order that is left says no more whose it is. */
  readonly oneOrderTells: 'UntilAsked' | 'Always';
  /** `settling/statement.ts`: that there is no order counts only when a person states it after they were asked. */
  readonly noneCountsOnceAsked: boolean;
  /** `placement/record-outcome.ts`: that nothing is known of a call does not undo that a person was asked about it. */
  readonly outcomeKeepsQuestion: boolean;
  /** `inventory/claim.ts`: only the request that has the server may order. */
  readonly claim: boolean;
  /** A server whose own record says that it was unsubscribed is not ordered again, whatever its row says. */
  readonly recordForbidsOrder: boolean;
  /** From before the intent on deletion waits. */
  readonly finalizer: boolean;
  /** `blockers/servers-resolved.ts`: a server that remembers a call which may still take effect is not ordered again. */
  readonly memoryForbidsOrder: boolean;
  /** An order that may be that of a call which was let go by force forbids another also when it has ended: the row may be behind it. */
  readonly endedOrderForbids: boolean;
  /** Who breaks the glass (`dcc-operator.io/force-release`) sees first that the server knows of the call. */
  readonly looksBeforeForce: boolean;
}

/** The protocol. */
export const protocol: Rules = {
  intentOnClearedVersion: true,
  order: 'SignIntendSend',
  signatureExpires: true,
  sendOnce: true,
  lastLook: 'Live',
  lastLookReadsCloud: true,
  outcomeAfterConflict: 'LatestAgain',
  givesWayToSettled: true,
  lostAnswerIs: 'Unknown',
  unsentIs: 'NotSent',
  timeIsTaken: 'BeforeReading',
  closedRowSettles: 'AfterWindow',
  billSettles: 'OneOrder',
  settleLooksAtOrders: true,
  settlementOnReadVersion: true,
  oneOrderTells: 'UntilAsked',
  noneCountsOnceAsked: true,
  outcomeKeepsQuestion: true,
  claim: true,
  recordForbidsOrder: true,
  finalizer: true,
  memoryForbidsOrder: true,
  endedOrderForbids: true,
  looksBeforeForce: true,
};
