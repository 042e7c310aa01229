import type { Placement } from '../../operator/api/unsubscriptionrequest.ts';
import type { Snapshot } from '../../operator/unsubscription/snapshot.ts';
import { lookedAt, millisecondsLater, minutesLater } from '../builders/metadata.ts';
import { aMachine, aSubscription, dependents, read, unreadable } from '../builders/observation.ts';
import { aFoundServer, anEvidence, anOrder, aSnapshot, rows, withJournal } from '../builders/snapshot.ts';
import { terms } from '../builders/terms.ts';
import { anotherPlanId, aPlacement, aRequest } from '../builders/unsubscriptionrequest.ts';
import type { Health } from './health-checks.ts';
import {
  afterFailingToUnderstand,
  changedSince,
  deletedSince,
  newRequest,
  newServer,
  type ReadyReason,
  requestAfter,
  type ServerReadyReason,
  type StoredObject,
  serverAfter,
} from './stored-objects.ts';

/** What happened to an object, the object as it is stored then, and what Argo CD is to show. */
export type HealthCase = readonly [happened: string, object: StoredObject, status: Health['status'], message: string];

const held = { annotations: { 'hold.dcc-operator.io/finance': '' } };
const beingDeleted = { deletionTimestamp: lookedAt.toISOString() };
const machines = (...names: string[]) => ({
  dependents: read(dependents({ machines: names.map((name) => aMachine(name)) })),
});
const occupied = aFoundServer('server-1', { observation: machines('web-01') });
const frozen = (name: string) =>
  aFoundServer(name, { observation: { subscription: read(aSubscription({ status: 'Frozen' })) } });
const showing = (snapshot: Snapshot, evidence: ReturnType<typeof anEvidence>): Snapshot => ({
  ...snapshot,
  evidence: new Map([['1.1', read(evidence)]]),
});
const journaled = (...entries: Partial<Placement>[]) => withJournal(aSnapshot(), ...entries);
const lost = journaled({ state: 'Unknown' });
const settledByNobody = anEvidence({
  rows: rows('Closed', 'server-1'),
  cloudTime: millisecondsLater(terms.settleWindow),
});
const underWay = journaled({ state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Processing' }] });
const stillUnderWay = showing(underWay, anEvidence({ orders: [anOrder({ orderId: 'CS1' })] }));
const overLongSince = journaled({
  ...{ state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Completed' }] },
  ordersEndedAt: minutesLater(-60).toISOString(),
});
const completed: Partial<Placement> = {
  state: 'Accepted',
  orders: [{ orderId: 'CS1', state: 'Completed' }],
  result: 'Completed',
};
const deleted = (snapshot: Snapshot): Snapshot => ({
  ...snapshot,
  request: { ...snapshot.request, metadata: { ...snapshot.request.metadata, ...beingDeleted } },
});
const overdue = aSnapshot({
  servers: [occupied],
  request: { spec: { drainTimeout: '1h' }, status: { drainingSince: minutesLater(-90).toISOString() } },
});
const refused = { state: 'Rejected', code: 'CBC.99003185', detail: 'A portfolio.', mayRetry: false } as const;
const notNow = { state: 'Rejected', code: 'CBC.30000056', detail: 'Another order is open.', mayRetry: true } as const;
const done = requestAfter(journaled(completed));

/** A request in each state that Ready may give. */
export const requestCases: Readonly<Record<ReadyReason, readonly HealthCase[]>> = {
  Observing: [
    [
      'nobody has looked at its server yet',
      requestAfter(aSnapshot({ servers: [aFoundServer('server-1', { status: { claim: undefined } })] })),
      'Progressing',
      'Observing: DCCServer server-1 is not claimed for this request yet. Wait: the operator claims it as soon as it has observed the server.',
    ],
  ],
  Blocked: [
    [
      'a machine is on the server',
      requestAfter(aSnapshot({ servers: [occupied] })),
      'Progressing',
      'VirtualMachinesRemain of server-1: web-01 (ECS) is on the server. Delete web-01 in ECS, or migrate it.',
    ],
    [
      'several things stand in the way',
      requestAfter(
        aSnapshot({
          servers: [occupied, ...['server-2', 'server-3', 'server-4'].map(frozen)],
          request: { spec: { approvedPlan: undefined } },
        }),
      ),
      'Progressing',
      'ServerFrozen of server-2: The server is frozen: the cloud refuses to unsubscribe resource-of-server-2. Settle what froze it (arrears, or a legal or security case: Billing Center), then wait until its status is in use. Also: ServerFrozen of server-3, ServerFrozen of server-4 and 2 more.',
    ],
    [
      'the drain takes longer than people gave it',
      requestAfter(overdue),
      'Degraded',
      'Virtual machines remain for longer than 1h. Nothing is ordered before they are gone. VirtualMachinesRemain of server-1: web-01 (ECS) is on the server. Delete web-01 in ECS, or migrate it.',
    ],
    [
      'another plan is approved than the one that stands',
      requestAfter(aSnapshot({ request: { spec: { approvedPlan: anotherPlanId } } })),
      'Suspended',
      'ApprovedPlanDiffers: The approved plan-000000000000000000000000 is not the plan as it stands now, {plan}. Read status.plan.orders again and approve it anew, or find out what changed. A DCCServer that was made anew is another one.',
    ],
  ],
  AwaitingApproval: [
    [
      'nobody has approved it',
      requestAfter(aSnapshot({ request: { spec: { approvedPlan: undefined } } })),
      'Suspended',
      'AwaitingApproval: Nobody has approved {plan}. Read status.plan.orders, then set spec.approvedPlan to {plan}.',
    ],
    [
      'nobody has approved it, and it is held back',
      requestAfter(aSnapshot({ request: { spec: { approvedPlan: undefined }, metadata: held } })),
      'Suspended',
      'AwaitingApproval: Nobody has approved {plan}. Read status.plan.orders, then set spec.approvedPlan to {plan}. Also: Held.',
    ],
  ],
  Held: [
    [
      'somebody holds it back',
      requestAfter(aSnapshot({ request: { metadata: held } })),
      'Suspended',
      'Held: finance holds the request back. Ask the owner to remove the annotation hold.dcc-operator.io/finance from the request.',
    ],
  ],
  Halted: [
    [
      'people have halted the operator',
      requestAfter(aSnapshot({ halt: read({ configMap: 'ConfigMap dcc-system/halt', reason: 'INC-42' }) })),
      'Suspended',
      'Halted: The operator is halted by the ConfigMap dcc-system/halt: INC-42. Ask who made it; when orders may be placed again, delete it or set halted in it to "false".',
    ],
  ],
  Suspended: [
    [
      'it is suspended',
      requestAfter(aSnapshot({ request: { spec: { suspend: true } } })),
      'Suspended',
      'Suspended: The request is suspended. Set spec.suspend to false.',
    ],
  ],
  ObserveOnly: [
    [
      'the operator orders nothing',
      requestAfter(aSnapshot({ mode: 'ObserveOnly' })),
      'Suspended',
      'ObserveOnly: The operator only observes. Start the operator with --mode Place to let it order.',
    ],
  ],
  NotBefore: [
    [
      'its time has not come',
      requestAfter(aSnapshot({ request: { spec: { notBefore: minutesLater(60).toISOString() } } })),
      'Suspended',
      'NotBefore: Nothing is ordered before 2026-03-01T13:00:00.000Z. Wait, or create a request with another notBefore.',
    ],
  ],
  DeadlinePassed: [
    [
      'its time is over',
      requestAfter(aSnapshot({ request: { spec: { deadline: minutesLater(-1).toISOString() } } })),
      'Degraded',
      'DeadlinePassed: Nothing is ordered after 2026-03-01T11:59:00.000Z. Delete this request and create one with another deadline.',
    ],
  ],
  BudgetExceeded: [
    [
      'it waits for its turn',
      requestAfter(aSnapshot({ exceeded: { limit: 'perHour', most: 60 } })),
      'Progressing',
      'BudgetExceeded: As many orders were placed within an hour as may be: 60. Wait (a request that is Unreadable counts, too, until it is corrected), or start the operator with a larger --max-orders-per-hour.',
    ],
  ],
  Ordering: [
    [
      'it is being ordered',
      requestAfter(aSnapshot()),
      'Progressing',
      'Ordering: Every condition holds: the order is being placed.',
    ],
  ],
  OutcomeUnknown: [
    [
      'the answer to its order was lost',
      requestAfter(showing(lost, anEvidence())),
      'Progressing',
      'OutcomeUnknown: The outcome of call 1.1 for resource-of-server-1 is not known: no order is visible so far. Nothing is sent again before it is settled.',
    ],
    [
      'only a person can tell what became of its order',
      requestAfter(showing(lost, settledByNobody)),
      'Degraded',
      'OutcomeUnknown: Call 1.1 cannot be settled: resource-of-server-1 is no longer in use, and no order that explains it is visible. Look in Billing Center > My Orders for the unsubscription order of resource-of-server-1 from about 2026-03-01T12:00:00.000Z. If there is one, say which: `kubectl -n datacenter annotate unsub retire --overwrite settle.dcc-operator.io/1.1=ORDER_ID`. If there is none: `kubectl -n datacenter annotate unsub retire --overwrite settle.dcc-operator.io/1.1=none`.',
    ],
    [
      'it is deleted while only a person can tell what became of its order',
      requestAfter(deleted(showing(lost, settledByNobody))),
      'Progressing',
      'Being deleted. Held by the finalizer dcc-operator.io/placement. It waits until it is known what became of every order. Call 1.1 cannot be settled: resource-of-server-1 is no longer in use, and no order that explains it is visible. Look in Billing Center > My Orders for the unsubscription order of resource-of-server-1 from about 2026-03-01T12:00:00.000Z. If there is one, say which: `kubectl -n datacenter annotate unsub retire --overwrite settle.dcc-operator.io/1.1=ORDER_ID`. If there is none: `kubectl -n datacenter annotate unsub retire --overwrite settle.dcc-operator.io/1.1=none`.',
    ],
    [
      'it is deleted while the answer to its order is not known',
      requestAfter(deleted(showing(lost, anEvidence()))),
      'Progressing',
      'Being deleted. Held by the finalizer dcc-operator.io/placement. It waits until it is known what became of every order. The outcome of call 1.1 for resource-of-server-1 is not known: no order is visible so far. Nothing is sent again before it is settled.',
    ],
  ],
  OrderInProgress: [
    [
      'its order is being carried out',
      requestAfter(stillUnderWay),
      'Progressing',
      'OrderInProgress: Order CS1 is Processing.',
    ],
    [
      'it is deleted while its order is being carried out',
      requestAfter(deleted(stillUnderWay)),
      'Progressing',
      'Being deleted. Held by the finalizer dcc-operator.io/placement. It waits until it is known what became of every order. Order CS1 is Processing.',
    ],
    [
      'it was deleted a moment ago',
      deletedSince(requestAfter(stillUnderWay)),
      'Progressing',
      'Being deleted. Held by the finalizer dcc-operator.io/placement. It waits until it is known what became of every order. The operator has not looked at it since.',
    ],
  ],
  StillInUse: [
    [
      'its order has ended long since, and its server is still in use',
      requestAfter(showing(overLongSince, anEvidence())),
      'Degraded',
      'StillInUse: Call 1.1 does not come to its end: order CS1 was completed by 2026-03-01T11:00:00.000Z, and resource-of-server-1 is still in use. Look in Billing Center > My Orders whether the order is for it. If not, delete the request and let it go by force: `kubectl -n datacenter annotate unsub retire --overwrite dcc-operator.io/force-release=<reason>`. If it is, open a ticket with the cloud: the operator goes on once the row has followed.',
    ],
  ],
  RetryLater: [
    [
      'its order was refused for now',
      requestAfter(journaled({ ...notNow, signedAt: lookedAt.toISOString() })),
      'Progressing',
      'RetryLater: The order is tried again: Another order is open.',
    ],
  ],
  Unreadable: [
    [
      'it cannot be understood',
      afterFailingToUnderstand(newRequest()),
      'Degraded',
      'Unreadable: The object cannot be understood: spec.region: expected string. Correct it, or upgrade the operator and its definitions together.',
    ],
  ],
  Complete: [
    ['its order is completed', done, 'Healthy', 'Call 1.1 for server-1: Completed (order CS1 is Completed).'],
    [
      'it was changed after it ended',
      changedSince(done),
      'Progressing',
      'The operator has not looked at generation 2 yet. If it stays so, see whether it runs, and looks after this namespace and these labels.',
    ],
  ],
  Failed: [
    [
      'its order was refused for good',
      requestAfter(journaled(refused)),
      'Degraded',
      'Failed: Call 1.1 for server-1: Rejected. A portfolio.',
    ],
  ],
};

const unsubscribing = aRequest({ status: { placements: [aPlacement({ ...completed })] } });
const open = aRequest({
  status: { placements: [aPlacement({ state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Processing' }] })] },
});
const deletedServer = { metadata: { ...beingDeleted, finalizers: ['dcc-operator.io/drain'] } };

/** A server in each state that Ready may give. */
export const serverCases: Readonly<Record<ServerReadyReason, readonly HealthCase[]>> = {
  Observed: [
    ['it is observed', serverAfter(), 'Healthy', 'The server is observed.'],
    ['it is observed, with a machine on it', serverAfter(machines('web-01')), 'Healthy', 'The server is observed.'],
  ],
  Unsubscribed: [
    ['it was unsubscribed', serverAfter({}, {}, unsubscribing), 'Healthy', 'Unsubscribed by retire with order CS1.'],
  ],
  CannotRead: [
    [
      'the billing centre cannot be read',
      serverAfter({ subscription: unreadable() }),
      'Progressing',
      'CannotRead: The billing centre cannot be read: connect ECONNREFUSED. Wait: it is read again.',
    ],
  ],
  Deleting: [
    [
      'it is deleted with machines on it',
      serverAfter(machines('web-01', 'web-02'), deletedServer),
      'Progressing',
      'Being deleted. Held by the finalizer dcc-operator.io/drain. Deletion waits until no virtual machine is left, the data of those that left is safe, and no order is open. Virtual machines remain: web-01 (ECS). web-02 (ECS). Delete or migrate them.',
    ],
    [
      'it is deleted while its order is open',
      serverAfter({}, deletedServer, open),
      'Progressing',
      'Being deleted. Held by the finalizer dcc-operator.io/drain. Deletion waits until no virtual machine is left, the data of those that left is safe, and no order is open. An order of the request retire is open: wait until it has ended.',
    ],
    [
      'it is deleted and its machines cannot be listed',
      serverAfter({ dependents: unreadable('Unavailable', 'ECS servers') }, deletedServer),
      'Progressing',
      'Being deleted. Held by the finalizer dcc-operator.io/drain. Deletion waits until no virtual machine is left, the data of those that left is safe, and no order is open. ECS servers cannot be read: connect ECONNREFUSED. Wait: it is read again.',
    ],
    [
      'somebody else keeps it',
      serverAfter({}, { metadata: { ...beingDeleted, finalizers: ['example.com/inventory'] } }),
      'Progressing',
      'Being deleted. Held by the finalizer example.com/inventory of somebody else.',
    ],
  ],
  Unreadable: [
    [
      'it cannot be understood',
      afterFailingToUnderstand(newServer()),
      'Degraded',
      'Unreadable: The object cannot be understood: spec.region: expected string. Correct it, or upgrade the operator and its definitions together.',
    ],
  ],
};

/** What the operator has not looked at, whatever stands there. */
export const unseenCases: readonly HealthCase[] = [
  [
    'a new server',
    newServer(),
    'Progressing',
    'The operator has not looked at generation 1 yet. If it stays so, see whether it runs, and looks after this namespace and these labels.',
  ],
  [
    'a new request',
    newRequest(),
    'Progressing',
    'The operator has not looked at generation 1 yet. If it stays so, see whether it runs, and looks after this namespace and these labels.',
  ],
  [
    'a server that was deleted a moment ago',
    deletedSince(serverAfter({}, { metadata: { finalizers: ['dcc-operator.io/drain'] } })),
    'Progressing',
    'Being deleted. Held by the finalizer dcc-operator.io/drain. It waits until its virtual machines are gone, their data is safe and no order is open. The operator has not looked at it since.',
  ],
  [
    'a server that was changed',
    changedSince(serverAfter()),
    'Progressing',
    'The operator has not looked at generation 2 yet. If it stays so, see whether it runs, and looks after this namespace and these labels.',
  ],
  [
    'a request that was changed',
    changedSince(requestAfter(aSnapshot({ request: { spec: { approvedPlan: undefined } } }))),
    'Progressing',
    'The operator has not looked at generation 2 yet. If it stays so, see whether it runs, and looks after this namespace and these labels.',
  ],
];
