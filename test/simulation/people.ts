import { forceReleaseAnnotation, holdPrefix, settlePrefix } from '../../operator/api/names.ts';
import type {
  Placement,
  UnsubscriptionRequestSpec,
  UnsubscriptionRequestStatus,
} from '../../operator/api/unsubscriptionrequest.ts';
import { minutes, seconds } from '../../operator/clock.ts';
import { aServerSpec } from '../builders/dccserver.ts';
import { aRequestSpec } from '../builders/unsubscriptionrequest.ts';
import type { ApiServer, StoredObject } from './api-server.ts';
import { type Cloud, isFor } from './cloud.ts';
import {
  haltConfigMap,
  hasEnded,
  journalOf,
  openCalls,
  requestsPlural,
  serverName,
  serversPlural,
  specOf,
  statusOf,
} from './objects.ts';
import type { Schedule } from './schedule.ts';

const requestNames = ['retire-1', 'retire-2', 'retire-3'] as const;

/** Everybody but the operator: who applies and approves, who has second thoughts, who works in the console. */
export interface People {
  /** Something that people do, whatever it is. */
  act(): void;
  /** What people do who want it all to come to its end: approve, stop holding things up, say what became of a lost call. */
  help(): void;
  /** With some likelihood somebody does something just now that matters to the operator, which may be busy with a request. */
  meddle(busyWith?: StoredObject): void;
  /** From now on they only help. */
  rest(): void;
  /** After a while they give up what cannot be: requests for what is gone already. */
  giveUp(): void;
}

const lost = (journal: readonly Placement[]) => journal.filter(({ state }) => state === 'Unknown');
const ended = (journal: readonly Placement[]) => journal.filter(({ result }) => result !== undefined);

/** What was refused of a call and is still there: nobody may have heard of it, and then the call does not come to its end. */
const refusedPart = (call: Placement, { ledger, isGone }: Cloud, now: number): string[] =>
  ledger.filter((order) => isFor(order, call)).flatMap(({ refused }) => refused.filter((id) => !isGone(id, now)));

/** What each plan was when somebody approved it: its calls, as they were shown. */
export type ApprovedPlans = Map<string, string>;

type Deed = readonly [weight: number, () => void];

/** What kind of people live in a world. */
export interface Residents {
  /** Whether they let requests go by force: once their calls are dead, old rows are all that misleads. */
  readonly breaksGlass: boolean;
  /** Whether they start over with what seems to have gone wrong, as what was given back and still shows. */
  readonly isImpatient: boolean;
}

export interface PeopleOptions extends Residents {
  readonly approved: ApprovedPlans;
  /** How likely somebody meddles when there is an occasion. */
  readonly meddling: number;
  /** Whether all servers were bought as one portfolio. */
  readonly isPortfolio: boolean;
}

export function createPeople(schedule: Schedule, server: ApiServer, cloud: Cloud, options: PeopleOptions): People {
  const { approved, isPortfolio, breaksGlass } = options;
  let { meddling, isImpatient } = options;
  let isResting = false;
  const { resources } = cloud;
  const servers = resources.map((_, index) => serverName(index + 1));
  const requests = () => server.list(requestsPlural);
  const tell = (what: string) => schedule.tell('people', () => what);
  /** Nothing is held up for long: a world that stands still shows little. */
  const soon = (deed: () => void) => schedule.after(schedule.between(seconds(1), seconds(30)), deed);
  const shortly = (deed: () => void) => schedule.after(schedule.between(0, seconds(10)), deed);
  let machines = 0;

  const serverSpec = (name: string, ...others: string[]) =>
    aServerSpec(name, {
      virtualMachines: { hypervisorHostnames: [name, ...others] },
      ...(isPortfolio ? { portfolio: 'solution' } : {}),
    });
  const applyServer = (name: string) => {
    const spec = serverSpec(name);
    server.create(serversPlural, { kind: 'DCCServer', name, spec });
  };
  const applyRequest = () => {
    const name = schedule.pick(requestNames.slice(0, 2)) ?? '';
    const named = servers.filter(() => schedule.chance(isPortfolio ? 0.9 : 0.6));
    const some = named.length > 0 ? named : servers.slice(0, 1);
    tell(`apply ${name} for ${some.join(', ')}`);
    const spec = aRequestSpec({
      servers: some.map((one) => ({ name: one })),
      onFailure: schedule.chance(0.5) ? 'Continue' : 'Stop',
      scope: schedule.chance(0.15) ? 'RenewalsOnly' : 'ResourceAndRenewals',
      ...(cloud.disks.size > 0 ? { secondaryResources: 'Separately' } : {}),
    });
    server.create(requestsPlural, { kind: 'UnsubscriptionRequest', name, spec });
    soon(approveAll);
  };
  const change = (object: StoredObject | undefined, what: string, spec: Partial<UnsubscriptionRequestSpec>) => {
    if (object === undefined) return;
    tell(`${what} ${object.metadata.name}`);
    server.change(requestsPlural, object.metadata.name, (now) => ({ spec: { ...specOf(now), ...spec } }));
  };
  /** What is approved is a plan as it was read, for whichever request that was written down. */
  const approveWith = (object: StoredObject, plan: UnsubscriptionRequestStatus['plan']) => {
    if (plan === undefined || specOf(object).approvedPlan === plan.id) return;
    approved.set(plan.id, JSON.stringify(plan.orders));
    change(object, 'approve', { approvedPlan: plan.id });
    meddle(object);
  };
  const approve = (object: StoredObject) => approveWith(object, statusOf(object).plan);
  const approveAll = () => requests().forEach(approve);
  const approveAmiss = () => {
    const [object, other] = [schedule.pick(requests()), schedule.pick(requests())];
    if (object !== undefined && other !== undefined) approveWith(object, statusOf(other).plan);
  };
  /** What a server states of itself is part of each plan for it. */
  const editServer = () => {
    const name = schedule.pick(servers) ?? '';
    tell(`edit ${name}`);
    const spec = serverSpec(name, ...(schedule.chance(0.5) ? ['another'] : []));
    server.change(serversPlural, name, () => ({ spec }));
  };
  const annotate = (object: StoredObject | undefined, key: string, value: string | undefined) => {
    if (object === undefined || object.metadata.annotations?.[key] === value) return;
    tell(`annotate ${object.metadata.name} ${key}=${value}`);
    server.change(requestsPlural, object.metadata.name, ({ metadata: { annotations = {} } }) => {
      const { [key]: _, ...others } = annotations;
      return { metadata: { annotations: value === undefined ? others : { ...others, [key]: value } } };
    });
  };
  const halt = (on: boolean) => {
    if ((server.get('configmaps', haltConfigMap) !== undefined) === on) return;
    tell(on ? 'halt the operator' : 'let the operator go on');
    if (on) server.create('configmaps', { kind: 'ConfigMap', name: haltConfigMap });
    else server.remove('configmaps', haltConfigMap);
  };
  const startMachine = () => {
    const resourceId = schedule.pick(resources) ?? '';
    machines += 1;
    // Some stand for so long that no look may have missed them.
    const until = schedule.now + schedule.between(seconds(1), minutes(3));
    tell(`start vm-${machines} on ${resourceId} until ${until / 1_000} s`);
    cloud.machines.push({ id: `vm-${machines}`, resourceId, from: schedule.now, until });
  };
  /** Nobody pays the bill, or a case is opened: for a while nothing may be ordered. */
  const makeTrouble = () => {
    const resourceId = schedule.pick([undefined, ...resources]);
    const until = schedule.now + schedule.between(seconds(1), minutes(2));
    tell(
      `${resourceId === undefined ? 'let the account fall into arrears' : `freeze ${resourceId}`} until ${until / 1_000} s`,
    );
    cloud.troubles.push({ resourceId, from: schedule.now, until });
  };
  const orderInConsole = (spared: readonly string[] = []) =>
    orderThere(schedule.pick([...resources, ...cloud.disks.keys()].filter((id) => !spared.includes(id))) ?? '');
  const orderThere = (resourceId: string, lasts?: number) => {
    if (cloud.standingOrders([resourceId]).length > 0) return;
    cloud.accept({ resourceIds: [resourceId], refused: [], signedAt: undefined, givesBack: true }, lasts);
  };
  /** First another resource, and about when the window of a lost call is over, what that was for. */
  const orderBothInConsole = (own: readonly string[] = []) => {
    const other = schedule.pick(resources.filter((id) => !own.includes(id)));
    if (other === undefined) return;
    const [soon, late] = [seconds(3), minutes(4)];
    schedule.after(schedule.between(0, seconds(80)), () => orderThere(other, schedule.pick([soon, soon, late])));
    const atLast = schedule.chance(0.5) ? schedule.between(seconds(90), seconds(110)) : minutes(3);
    schedule.after(atLast, () => {
      for (const id of own) orderThere(id, soon);
    });
  };
  const remove = (plural: string, name: string | undefined) => {
    if (name === undefined) return;
    tell(`delete ${name}`);
    server.remove(plural, name);
  };

  /** Who says what became of a call looks at the ledger, and says what is true then. */
  const state = (object: StoredObject | undefined, says: (call: Placement) => string | undefined) => {
    if (object === undefined) return;
    for (const call of journalOf(object))
      if (call.state === 'Unknown' || call.state === 'Intended')
        annotate(object, `${settlePrefix}${call.id}`, says(call));
  };
  const whatBecameOf = (call: Placement): string => cloud.ledger.find((order) => isFor(order, call))?.orderId ?? 'none';
  /** What was said before it was asked for is taken back first, as the operator demands. */
  const answer = (object: StoredObject) =>
    state(object, (call) => (call.askedAt === undefined ? undefined : whatBecameOf(call)));
  /** Gives whether anything was refused. At first people take one for the other: what is gone for what was refused. */
  const statesRefusals = (object: StoredObject): boolean => {
    const stated = openCalls(object).map((call) => {
      const part = refusedPart(call, cloud, schedule.now);
      const others = call.resourceIds.filter((id) => !part.includes(id));
      const key = `${settlePrefix}${call.id}`;
      const isCorrected = object.metadata.annotations?.[key]?.startsWith('refused=') ?? false;
      if (part.length > 0) annotate(object, key, `refused=${(isCorrected ? part : others).join()}`);
      return part.length > 0;
    });
    return stated.includes(true);
  };
  const isStuck = (object: StoredObject) =>
    statusOf(object).conditions?.some(({ type }) => type === 'Stalled') ?? false;
  const hold = `${holdPrefix}audit`;
  const some = () => schedule.pick(requests());
  const again = (object: StoredObject | undefined) => object && server.get(requestsPlural, object.metadata.name);
  const suspendForAWhile = (object: StoredObject | undefined) => {
    change(object, 'suspend', { suspend: true });
    soon(() => change(again(object), 'resume', { suspend: false }));
  };
  const holdForAWhile = (object: StoredObject | undefined) => {
    annotate(object, hold, 'wait');
    soon(() => annotate(again(object), hold, undefined));
  };
  const haltForAWhile = () => {
    halt(true);
    // For so long that who has not read it for some time is halted still.
    schedule.after(schedule.between(seconds(1), seconds(90)), () => halt(false));
  };
  const removeServerForAWhile = () => {
    remove(serversPlural, schedule.pick(servers));
    soon(() => servers.forEach(applyServer));
  };
  const deeds: readonly Deed[] = [
    [8, approveAll],
    [3, applyRequest],
    [1, approveAmiss],
    [1, editServer],
    [2, () => suspendForAWhile(some())],
    [2, () => holdForAWhile(some())],
    [1, haltForAWhile],
    [1, startMachine],
    [1, makeTrouble],
    [1, () => orderInConsole()],
    [1, () => state(some(), whatBecameOf)],
    [1, () => state(some(), () => 'CS0')],
    [2, () => remove(requestsPlural, some()?.metadata.name)],
    [1, removeServerForAWhile],
    [breaksGlass ? 4 : 0, () => force(some())],
  ];
  const stateAll = () => {
    for (const request of requests()) state(request, whatBecameOf);
  };
  const applyAs = (old: StoredObject | undefined) => {
    const another = requestNames.find((one) => server.get(requestsPlural, one) === undefined);
    if (old === undefined || another === undefined) return;
    tell(`apply ${another} as ${old.metadata.name} was`);
    server.create(requestsPlural, { kind: 'UnsubscriptionRequest', name: another, spec: specOf(old) });
  };
  /** Who gave something up makes a new request for it, approved as the old one was: so it comes from Git. */
  const replace = (old: StoredObject | undefined) => {
    if (old === undefined) return;
    if (!hasEnded(old)) remove(requestsPlural, old.metadata.name);
    applyAs(old);
  };
  /** Lets a request go by force; the product sees to it that its servers know of what is open. */
  const force = (object: StoredObject | undefined, then: () => void = () => undefined) => {
    if (object === undefined) return;
    const { name, uid } = object.metadata;
    remove(requestsPlural, name);
    const insist = () => {
      const now = server.get(requestsPlural, name);
      if (now?.metadata.uid !== uid) return then();
      annotate(now, forceReleaseAnnotation, 'nobody waits any longer');
      schedule.after(schedule.between(seconds(1), seconds(10)), insist);
    };
    insist();
  };
  /** Whoever lets a request go may clear up after it: what its servers remember of it is gone with them. */
  const startOver = (old: StoredObject | undefined) => {
    if (old !== undefined && schedule.chance(0.6))
      for (const { name } of specOf(old).servers) remove(serversPlural, name);
    applyAs(old);
    soon(() => servers.forEach(applyServer));
  };
  const meddlesome = (busyWith: StoredObject | undefined): readonly Deed[] => [
    [4, startMachine],
    [3, makeTrouble],
    [2, () => orderInConsole()],
    // Of another resource: whoever looks for the order that is missing finds this one.
    [3, () => orderInConsole(busyWith && journalOf(busyWith).at(-1)?.resourceIds)],
    [busyWith && journalOf(busyWith).length > 0 ? 8 : 0, () => replace(busyWith)],
    [
      busyWith && breaksGlass && openCalls(busyWith).length > 0 ? 30 : 0,
      () => force(busyWith, () => startOver(busyWith)),
    ],
    [4, stateAll],
    [2, editServer],
    [5, haltForAWhile],
    [1, () => suspendForAWhile(some())],
    [1, () => remove(requestsPlural, some()?.metadata.name)],
  ];
  const meddle = (busyWith?: StoredObject) => {
    if (!schedule.chance(meddling)) return;
    shortly(() => schedule.weigh(meddlesome(busyWith))?.());
  };
  // Who sees in the console that an order came to nothing makes one there.
  cloud.onAccept(({ ends, endsAt, signedAt, resourceIds: [resourceId] }) => {
    if (ends === 'Completed' || signedAt === undefined || resourceId === undefined || !schedule.chance(meddling))
      return;
    schedule.after(endsAt - schedule.now + schedule.between(seconds(1), seconds(20)), () => orderThere(resourceId));
  });
  // Who sees no order of a call in the console makes one there, or one for a part of it.
  const onLost = (call: Placement | undefined) => {
    if (isResting || !schedule.chance(0.5)) return;
    const [first = '', ...others] = call?.resourceIds ?? [];
    if (others.length > 0 && schedule.chance(0.7))
      schedule.after(schedule.between(0, seconds(30)), () => orderThere(first, seconds(3)));
    else orderBothInConsole(call?.resourceIds);
  };
  server.onAsk(({ method, path }) => {
    // A last look begins.
    const [, name] = new RegExp(`/${requestsPlural}/([^/]+)$`).exec(path) ?? [];
    if (method === 'GET' && name !== undefined && schedule.chance(0.5)) meddle(server.get(requestsPlural, name));
  });
  server.onWrite(({ object }, before) => {
    if (object.kind !== 'UnsubscriptionRequest') return;
    const [then, now] = [before === undefined ? [] : journalOf(before), journalOf(object)];
    // When one order has come to its end, the next is about to leave.
    const [hasCalled, hasHeard] = [now.length > then.length, ended(now).length > ended(then).length];
    if (hasCalled || hasHeard) meddle(object);
    if (lost(now).length > lost(then).length) onLost(lost(now).at(-1));
    // Who is told that something was given back, and sees it in the console still, applies the request anew.
    if (isImpatient && hasHeard && schedule.chance(0.7)) shortly(() => replace(object));
    if (breaksGlass && hasCalled && schedule.chance(0.3)) shortly(() => force(object, () => startOver(object)));
  });

  servers.forEach(applyServer);
  applyRequest();
  return {
    rest: () => {
      meddling = 0;
      isResting = true;
      isImpatient = false;
    },
    act: () => schedule.weigh(deeds)?.(),
    meddle,
    help: () => {
      servers.forEach(applyServer);
      approveAll();
      for (const request of requests()) {
        annotate(request, hold, undefined);
        if (specOf(request).suspend === true) change(request, 'resume', { suspend: false });
        if (isStuck(request)) answer(request);
      }
    },
    giveUp: () => {
      for (const request of requests()) {
        if (hasEnded(request)) continue;
        if (!statesRefusals(request)) remove(requestsPlural, request.metadata.name);
      }
    },
  };
}
