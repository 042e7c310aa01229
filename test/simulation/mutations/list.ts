/** One line of the operator, broken on purpose. */
export interface Mutation {
  readonly name: string;
  /** The file, from the root of the repository. */
  readonly file: string;
  /** What stands there exactly once. */
  readonly from: string;
  readonly to: string;
}

const place = 'operator/unsubscription/placement/place.ts';
const lastLook = 'operator/unsubscription/placement/last-look.ts';
const intent = 'operator/unsubscription/placement/intent.ts';
const settle = 'operator/unsubscription/settling/settle.ts';
const gone = 'operator/unsubscription/settling/candidate-orders.ts';
const otherExplanations = 'operator/unsubscription/settling/other-explanations.ts';
const steps = 'operator/unsubscription/steps.ts';

/** Sabotages of the protocol. Within 20,000 worlds the simulation finds each; `docs/at-most-once.md` says in which. */
export const mutations: readonly Mutation[] = [
  {
    name: 'statuses are written without compare-and-swap',
    file: 'operator/kubernetes/client.ts',
    from: '{ body: { ...object, status }, signal }',
    to: '{ body: { ...object, metadata: { ...object.metadata, resourceVersion: undefined }, status }, signal }',
  },
  {
    name: 'no intent is written',
    file: intent,
    from: 'const written = await context.requests.writeStatus(request, { ...request.status, plan, placements });',
    to: 'const written = { ...request, status: { ...request.status, plan, placements } };',
  },
  {
    name: 'what was read once more after the intent holds no call back',
    file: place,
    from: 'if (change !== undefined) return',
    to: 'if (change === null) return',
  },
  {
    name: 'the deadline is not judged again when the call leaves',
    file: place,
    from: 'return whyTooLate(seen);',
    to: 'return undefined;',
  },
  {
    name: 'a call without an answer is sent again at once',
    file: 'operator/huaweicloud/billing-unsubscribe.ts',
    from: 'const exchange = await exchangeOnce(parts.context, { service, operation }, request, options);',
    to: "let exchange = await exchangeOnce(parts.context, { service, operation }, request, options); if (exchange.kind === 'Unknown') exchange = await exchangeOnce(parts.context, { service, operation }, request, { ...options, signal: deadline(parts.context.clock, limit) });",
  },
  {
    name: 'a call without an answer counts as not sent',
    file: 'operator/unsubscription/placement/send.ts',
    from: 'state: outcome.kind, detail',
    to: "state: 'NotSent', detail",
  },
  {
    name: 'any error counts as a refusal',
    file: 'operator/huaweicloud/unsubscription-outcome.ts',
    from: "if (!error.explained || status >= 500 || error.class === 'Ambiguous' || error.class === 'NotFound') return false;",
    to: 'return true;',
  },
  {
    name: 'an order in progress counts as a refusal, whoever made it',
    file: 'operator/huaweicloud/unsubscription-outcome.ts',
    from: 'if (!isNotOfThisOrder(error)) return false;',
    to: '',
  },
  {
    name: 'any page of the status of a refusal counts as one',
    file: 'operator/huaweicloud/unsubscription-outcome.ts',
    from: 'return codeOfTheWay.test(error.code);',
    to: 'return true;',
  },
  {
    name: 'a lost call is settled at once',
    file: 'operator/config.ts',
    from: "return milliseconds(config['signature-lifetime'] + config['clock-bound'] + config['order-visible-within']);",
    to: 'return milliseconds(0);',
  },
  {
    name: 'a lost call is settled while its signature still lives',
    file: 'operator/config.ts',
    from: "config['signature-lifetime'] + config['clock-bound'] + config['order-visible-within']",
    to: "config['clock-bound'] + config['order-visible-within']",
  },
  {
    name: 'a lost call is settled before an order of its last moment shows',
    file: 'operator/config.ts',
    from: " + config['order-visible-within']",
    to: '',
  },
  {
    name: 'a resource that is gone settles a call though its order may still come to light',
    file: settle,
    from: 'if (!isWindowOver(placement, evidence, terms.window)) return',
    to: 'if (!isWindowOver(placement, evidence, terms.window) && !gone) return',
  },
  {
    name: 'a person is believed who says that there is no order before the operator asks',
    file: 'operator/unsubscription/settling/statement.ts',
    from: "if (placement.askedAt !== undefined) return { kind: 'NoOrder' };",
    to: "if (placement.state !== 'Accepted') return { kind: 'NoOrder' };",
  },
  {
    name: 'the orders of other journals are taken for candidates',
    file: 'operator/unsubscription/settling/evidence.ts',
    from: 'isOfType(order, placement) && !claimed.has(order.orderId)',
    to: 'isOfType(order, placement) && claimed.size >= 0',
  },
  {
    name: 'an order from before the call is taken for its own',
    file: gone,
    from: "made === 'Within'",
    to: "made !== 'After'",
  },
  {
    name: 'attempts are not counted',
    file: intent,
    from: 'placementId(decision.number, decision.attempt)',
    to: 'placementId(decision.number, 1)',
  },
  {
    name: 'an outcome that comes late replaces what was read back since',
    file: 'operator/unsubscription/placement/record-outcome.ts',
    from: 'if (isSettledBetter(known, placement)) {',
    to: 'if (isSettledBetter(known, placement) && journal.length === 0) {',
  },
  {
    name: 'the last look takes the request from the cache',
    file: lastLook,
    from: 'await context.requests.live(metadata',
    to: 'await context.requests.cached(metadata',
  },
  {
    name: 'the last look takes the servers from the cache',
    file: lastLook,
    from: "servers: 'Live', twins",
    to: "servers: 'Cached', twins",
  },
  {
    name: 'the call leaves before its intent is written',
    file: 'operator/unsubscription/placement/intent.ts',
    from: 'const written = await context.requests.writeStatus(',
    to: `const { sendUnsubscription } = await import('../../huaweicloud/billing-unsubscribe.ts');
  await sendUnsubscription(signed, { deadline: context.callTimeout });
  const written = await context.requests.writeStatus(`,
  },
  {
    name: 'the last look takes what was read before',
    file: lastLook,
    from: '{ since: began.elapsed, servers',
    to: '{ since: seconds(0), servers',
  },
  {
    name: 'a look is good for ever',
    file: lastLook,
    from: 'return elapsed <= validFor && ',
    to: 'return elapsed >= 0 || ',
  },
  {
    name: 'nothing is asked when the connection stands',
    file: place,
    from: 'if (doubt !== undefined) return details[doubt];',
    to: '',
  },
  {
    name: 'who has lost the lease writes on',
    file: 'operator/kubernetes/leader-election/fenced-connection.ts',
    from: 'if (!isLeader()) throw',
    to: 'if (!isLeader() && lost.reason === 0) throw',
  },
  {
    name: 'the switch that halts is not read before the intent',
    file: place,
    from: 'if (await isHaltedByNow(context, signal)) return',
    to: 'if (context.holder === "") return',
  },
  {
    name: 'any approval approves any plan',
    file: 'operator/unsubscription/blockers/approved.ts',
    from: 'if (plan.id === approvedId) return [];',
    to: 'return [];',
  },
  {
    name: 'an intent is written without the finalizer',
    file: steps,
    from: '  holdFinalizer,\n',
    to: '',
  },
  {
    name: 'a deleted request goes with its open call',
    file: steps,
    from: '  restWhenFinished,\n',
    to: '  restWhenFinished,\n  releaseWhenDeleted,\n',
  },
  {
    name: 'a request orders a server that another has claimed',
    file: 'operator/unsubscription/blockers/servers-resolved.ts',
    from: 'if (owner?.uid === request.metadata.uid) return undefined;',
    to: 'if (owner !== undefined || request.kind === "") return undefined;',
  },
  {
    name: 'a server that was given back is ordered again while its row is old',
    file: 'operator/unsubscription/blockers/servers-active.ts',
    from: "if (unsubscription?.state === 'Completed') {",
    to: "if (unsubscription?.state === 'Completed' && subscription.status === 'Absent') {",
  },
  {
    name: 'an order counts as completed while it is being processed',
    file: 'operator/unsubscription/settling/follow.ts',
    from: 'if (!haveEnded(now)) return now;',
    to: 'if (orders.length === 0) return now;',
  },
  {
    name: 'an order leaves though the lease is about to end',
    file: lastLook,
    from: "return leaseLeft() > callTimeout + leaseMargin ? undefined : 'LeaseTooShort';",
    to: 'return leaseLeft() > callTimeout + leaseMargin ? undefined : undefined;',
  },
  {
    name: 'an order that a person states is believed though the account does not have it',
    file: 'operator/unsubscription/settling/statement.ts',
    from: 'if (order.fault !== undefined) return faults[order.fault];',
    to: 'if (order.fault !== undefined) return undefined;',
  },
  {
    name: 'a disk that was given back is ordered again while its row is old',
    file: 'operator/unsubscription/plan.ts',
    from: 'status.secondariesGivenBack?.includes(resourceId) !== true',
    to: "status.secondariesGivenBack?.includes(resourceId) !== true || resourceId !== ''",
  },
  {
    name: 'a lost call for a disk is looked for among the orders of servers',
    file: lastLook,
    from: 'foundServers(snapshot).find(({ server }) => server.spec.resourceId === id);',
    to: 'foundServers(snapshot).find(({ name, server }) => order.servers.includes(name) || server.spec.resourceId === id);',
  },
  {
    name: 'a lost call for a disk is any order that is left',
    file: gone,
    from: 'placement.askedAt === undefined && placement.serviceType !== undefined',
    to: 'placement.askedAt === undefined',
  },
  {
    name: 'the order that is left counts though another may be why its resource is gone, and not show yet',
    file: gone,
    from: ' || cloudTime.getTime() < goneSince.getTime() + orderVisibleWithin',
    to: '',
  },
  {
    name: 'the order that is left counts though one from long before may have ended just now',
    file: otherExplanations,
    from: '[...around, ...before].filter(',
    to: 'around.filter(',
  },
  {
    name: 'the bill settles a call though what it was for is still there',
    file: settle,
    from: 'isTaken ? billedOrder(evidence) : undefined',
    to: 'billedOrder(evidence)',
  },
  {
    name: 'a call that was let go by force is forgotten by the next request',
    file: 'operator/unsubscription/blockers/servers-resolved.ts',
    from: 'others.find((known) => mayTakeEffect(known, cloudTime.earliest, callsDeadAfter));',
    to: 'others.find(() => cloudTime.earliest.getTime() === callsDeadAfter);',
  },
  {
    name: 'a server remembers no call for a part of it',
    file: 'operator/api/dccserver.ts',
    from: '[unsubscription, partialUnsubscription].filter',
    to: '[unsubscription, partialUnsubscription].slice(0, 1).filter',
  },
  {
    name: 'a server goes while a call that was let go by force may still take effect',
    file: 'operator/inventory/release.ts',
    from: '...abandonedCalls(pass), ',
    to: '',
  },
  {
    name: 'an order of a dead call that was let go by force hinders nothing',
    file: 'operator/unsubscription/observe-server.ts',
    from: 'abandonedOrdersOf({ accounts, callWindow }, server, calls, observation, signal)',
    to: 'abandonedOrdersOf({ accounts, callWindow }, server, calls.slice(calls.length), observation, signal)',
  },
  {
    name: 'a server goes while an order may be that of a call let go by force',
    file: 'operator/inventory/reconcile.ts',
    from: 'abandonedOrdersOf(context, server, calls, observation, signal)',
    to: 'abandonedOrdersOf(context, server, calls.slice(calls.length), observation, signal)',
  },
  {
    name: 'nobody is asked why a resource is still in use after its order',
    file: 'operator/unsubscription/settling/still-in-use.ts',
    from: 'if (left.length === 0 || !isOverdue',
    to: 'if (left.length >= 0 || !isOverdue',
  },
  {
    name: 'any part that a person states as refused is believed',
    file: 'operator/unsubscription/settling/still-in-use.ts',
    from: 'if (fault === undefined) return',
    to: 'if (fault !== "") return',
  },
  {
    name: 'a part of a portfolio is ordered alone',
    file: 'operator/unsubscription/blockers/portfolio-complete.ts',
    from: 'if (missing.length > 0) {',
    to: 'if (missing.length > 99) {',
  },
  {
    name: 'what was refused of an order counts as given back',
    file: 'operator/unsubscription/placement/journal.ts',
    from: "const complete = placement.result === 'Completed' && (placement.failed ?? []).length === 0;",
    to: "const complete = placement.result === 'Completed';",
  },
  {
    name: 'what was refused of an order is waited for',
    file: 'operator/unsubscription/settling/follow.ts',
    from: 'failed?.map(({ resourceId }) => resourceId)',
    to: 'failed?.map(({ code }) => code)',
  },
  {
    name: "the bill settles a lost call though another order may be the call's",
    file: settle,
    from: "return others.length === 0 && evidence.billedOrders.has(order?.orderId ?? '') ? order : undefined;",
    to: "return [order, ...others].find((each) => evidence.billedOrders.has(each?.orderId ?? ''));",
  },
  {
    name: 'what a call was for counts as gone when a part of it is gone',
    file: 'operator/inventory/row-state.ts',
    from: 'resourceIds.every(',
    to: 'resourceIds.some(',
  },
  {
    name: 'an order for a member of a portfolio alone settles the call for all',
    file: 'operator/unsubscription/settling/bill-evidence.ts',
    from: 'first.filter((orderId) => others.every((orders) => orders.includes(orderId)))',
    to: 'first.filter(() => others.length >= 0)',
  },
  {
    name: 'a server counts as unsubscribed once the order is completed',
    file: 'operator/inventory/calls.ts',
    from: "return last === 'Completed' || last === 'Cancelled' ? 'Processing' : last;",
    to: 'return last;',
  },
  {
    name: 'there is one look before an order, not two',
    file: lastLook,
    from: "if (first.kind !== 'Cleared') return first;",
    to: "if (first.kind !== 'Gone') return first;",
  },
  {
    name: 'machines that cannot be listed are none',
    file: 'operator/unsubscription/blockers/dependents-drained.ts',
    from: "return [{ ...base, reason: 'CannotList', ...unreadable(reading.failure) }];",
    to: 'return [];',
  },
  {
    name: 'the open order of somebody else hinders nothing',
    file: 'operator/unsubscription/blockers/orders-settled.ts',
    from: 'return related.map((order) => ({ ...base, ...problem(order) }));',
    to: 'return related.slice(related.length).map((order) => ({ ...base, ...problem(order) }));',
  },
  {
    name: 'arrears hinder nothing',
    file: 'operator/unsubscription/blockers/account-active.ts',
    from: 'if (account.inArrears) {',
    to: "if (account.inArrears && account.currency === '') {",
  },
  {
    name: 'a frozen server is ordered',
    file: 'operator/unsubscription/blockers/servers-active.ts',
    from: "    case 'InUse':\n",
    to: "    case 'Frozen':\n    case 'InUse':\n",
  },
  {
    name: 'attempts are counted by the clock',
    file: intent,
    from: 'attempt: decision.attempt,',
    to: 'attempt: 1 + (Math.floor(context.clock.now().getTime() / 1000) % 9),',
  },
  {
    name: 'no request that gives servers back is ever complete',
    file: steps,
    from: "return { do: 'Finish', outcome: failed ? 'Failed' : 'Complete' };",
    to: "return failed || request.spec.scope === 'RenewalsOnly' ? { do: 'Finish', outcome: failed ? 'Failed' : 'Complete' } : undefined;",
  },
  {
    name: 'what is completed counts as failed',
    file: 'operator/unsubscription/placement/journal.ts',
    from: "return complete ? { kind: 'Done' }",
    to: "return complete && placement.id === '' ? { kind: 'Done' }",
  },
  {
    name: 'no order is ever placed',
    file: steps,
    from: '  placeNextOrder,\n',
    to: '',
  },
];
