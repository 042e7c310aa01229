import type { Placement } from '../../operator/api/unsubscriptionrequest.ts';
import { minutes, seconds } from '../../operator/clock.ts';
import type { Schedule } from './schedule.ts';

/** What hinders every order for a while: the account owes money, or a server is frozen. */
export interface Trouble {
  /** The server that is frozen; undefined for arrears of the account. */
  readonly resourceId: string | undefined;
  readonly from: number;
  readonly until: number;
}

/** What a fresh look at a server showed to a process. */
export interface Glance {
  readonly process: string;
  readonly resourceId: string;
  /** When it was asked for. */
  readonly at: number;
  /** What speaks against any order. */
  readonly against: readonly string[];
  /** What speaks against an order that takes the server away. */
  readonly machines: readonly string[];
  /** Orders of the console that are open, of the server's type. */
  readonly foreignOrders: readonly string[];
}

/** An unsubscription order in the ledger of the simulated cloud. Times are true times. */
export interface LedgerOrder {
  readonly orderId: string;
  readonly resourceIds: readonly string[];
  /** Others of the same call, which the cloud refused. */
  readonly refused: readonly string[];
  readonly acceptedAt: number;
  /** The signed date of the operator's call; undefined for what a person ordered in the console. */
  readonly signedAt: string | undefined;
  /** Whether it takes the resources away, or only their renewals. */
  readonly givesBack: boolean;
  /** When it comes to its end, and to which. */
  readonly endsAt: number;
  readonly ends: 'Completed' | 'Cancelled';
  /** From when on the rows of its refund show. */
  readonly refundedAt: number;
  /** From when on the bill tells of it, if it is completed. */
  readonly billedAt: number;
}

export interface Machine {
  readonly id: string;
  readonly resourceId: string;
  readonly from: number;
  readonly until: number;
}

/** How long the simulated gateway takes a signature for good; the real one 15 minutes. Shorter, because only the relations count. */
export const signatureLifetime = seconds(80);
/** What the operator is told to allow for clocks; the worlds' are off by less (`mostOff`). */
export const clockBound = seconds(5);
/** How far the cloud's clocks are off from each other at most. */
export const mostOff = seconds(4.5);
/** What the operator is told to allow for an order to show: hardly more than it takes, so that the bound for clocks is needed, too. */
export const visibleWithin = seconds(31);
/** For so long around the date of its signature an order may be a call's. */
export const settleWindow = signatureLifetime + clockBound + visibleWithin;
/** How old the cloud's list of orders may be. The protocol relies on this and the next being within what it is told. */
export const longestLag = seconds(15);
/** For how long the operator waits for what follows the end of an order. */
export const endWindow = minutes(3);
/** After which time a call that nobody follows is dead; not before it counts as never placed, after two minutes. */
export const callsDeadAfter = minutes(2.5);
/** How long after the gateway has let a call through it may take effect. */
const longestProcessing = seconds(15);

/** Lists of a cloud that are kept up to date each by itself: of orders and bills, of the resources' rows, and of machines. */
export type Shown = 'Orders' | 'Rows' | 'Machines';

/** How old what a list shows may be at most, and how old it is this time, in milliseconds. */
export interface Lag {
  readonly most: number;
  now(): number;
}

/** A call as it leaves a process. Several may be signed in one second. */
export interface SentCall {
  readonly signedAt: string;
  readonly resourceIds: readonly string[];
  readonly process: string;
}

/** Whether an order is what became of a call. */
export const isFor = (
  { signedAt, resourceIds, refused }: LedgerOrder,
  call: Pick<Placement, 'signedAt' | 'resourceIds'>,
) => signedAt === call.signedAt && [...resourceIds, ...refused].sort().join() === [...call.resourceIds].sort().join();

/** The type of service of an order, by what it is for. */
export const serviceTypeOf = ({ disks }: Pick<Cloud, 'disks'>, resourceId: string | undefined): string =>
  disks.has(resourceId ?? '') ? 'hws.service.type.ebs' : 'hws.service.type.dcc';

/** The resources, the machines on them, and every order that was ever accepted: what is true. */
export interface Cloud {
  /** The servers. */
  readonly resources: readonly string[];
  /** Secondary resources, with the server that each of them goes with. */
  readonly disks: ReadonlyMap<string, string>;
  readonly machines: Machine[];
  readonly troubles: Trouble[];
  readonly ledger: LedgerOrder[];
  /** The cloud's clock at a true time. */
  wallClock(at?: number): Date;
  /** When an order was made, as the cloud says. */
  createTime(order: Pick<LedgerOrder, 'acceptedAt'>): Date;
  /** Calls of orders that have left a process and may still take effect, heard or not. */
  callsUnderWay: number;
  /** For how long the gateway takes a signature for good still, in milliseconds. */
  leftOf(signedAt: Date): number;
  /** What the gateway does with the operator's call: `undefined` when it is let through, else the code of its refusal. */
  admit(signedAt: Date): string | undefined;
  /**
   * Accepts an order, some time after it was let through. It never asks whether there is one of ours already: that is the operator's
   * promise. `lasts` is how long the order takes to its end, by chance if left out; `acceptedAt` may be before the world began.
   */
  accept(
    order: Pick<LedgerOrder, 'resourceIds' | 'refused' | 'signedAt' | 'givesBack'>,
    lasts?: number,
    acceptedAt?: number,
  ): LedgerOrder;
  /** Orders for one of these resources that are open, or have taken it away. */
  standingOrders(resourceIds: readonly string[]): LedgerOrder[];
  processing(): number;
  /** Whether an order, or one of these, has taken it away by then. */
  isGone(resourceId: string, at: number, by?: (order: LedgerOrder) => boolean): boolean;
  machinesOn(resourceId: string, at: number): Machine[];
  /** For how long the end of every order has shown in all rows; less than 0 when it does not yet. */
  quietFor(): number;
  /** A time at which what is shown now was true. */
  shown(what: Shown): number;
  /** How old what is shown of machines may be at most. */
  readonly machinesLag: number;
  onAccept(hear: (order: LedgerOrder) => void): void;
  /** A call of an order, known by its signed date, leaves a process. */
  depart(call: SentCall): void;
  onDepart(hear: (call: SentCall) => void): void;
  /** A process has looked at a server. */
  glance(glance: Glance): void;
  onGlance(hear: (glance: Glance) => void): void;
  isInArrears(at: number): boolean;
  isFrozen(resourceId: string, at: number): boolean;
}

export interface CloudPace {
  readonly lags: Readonly<Record<Shown, Lag>>;
  /** How long an order takes at most to its end. */
  readonly longestOrder: number;
}

/** How far clocks of the cloud are ahead of the one that the answers are dated by, in milliseconds. */
export interface CloudClocks {
  /** That by which the gateway takes a signature for good. */
  readonly gateway: number;
  /** That by which orders are made. */
  readonly orders: number;
}

export interface CloudOptions extends CloudPace {
  readonly clocks: CloudClocks;
  readonly resources: readonly string[];
  readonly disks: ReadonlyMap<string, string>;
  readonly epoch: number;
  /** How many of its orders it cancels. */
  readonly cancels: number;
}

export function createCloud(schedule: Schedule, options: CloudOptions): Cloud {
  const { resources, disks, epoch, lags, clocks } = options;
  const machines: Machine[] = [];
  const troubles: Trouble[] = [];
  const ledger: LedgerOrder[] = [];
  const listeners: ((order: LedgerOrder) => void)[] = [];
  const watchers: ((call: SentCall) => void)[] = [];
  const onlookers: ((glance: Glance) => void)[] = [];
  const isTroubled = (which: string | undefined, at: number) =>
    troubles.some(({ resourceId, from, until }) => resourceId === which && from <= at && at < until);
  const wallClock = (at = schedule.now) => new Date(epoch + at);
  return {
    resources,
    disks,
    machines,
    troubles,
    ledger,
    machinesLag: lags.Machines.most,
    wallClock,
    callsUnderWay: 0,
    leftOf: (signedAt) => signedAt.getTime() + signatureLifetime - wallClock(schedule.now + clocks.gateway).getTime(),
    createTime: ({ acceptedAt }) => wallClock(acceptedAt + clocks.orders),
    admit: (signedAt) => {
      const age = Math.abs(wallClock(schedule.now + clocks.gateway).getTime() - signedAt.getTime());
      return age > signatureLifetime ? 'APIGW.0303' : undefined;
    },
    accept: (ordered, lasts = schedule.between(seconds(2), options.longestOrder), acceptedAt = schedule.now) => {
      const endsAt = acceptedAt + lasts;
      const order: LedgerOrder = {
        orderId: `CS${ledger.length + 1}`,
        ...ordered,
        acceptedAt,
        endsAt,
        ends: schedule.chance(options.cancels) ? 'Cancelled' : 'Completed',
        billedAt: endsAt + (schedule.pick([minutes(1), minutes(2), minutes(6)]) ?? 0),
        refundedAt: endsAt + (schedule.chance(0.5) ? 0 : schedule.between(seconds(2), minutes(1))),
      };
      ledger.push(order);
      schedule.tell(
        'cloud',
        () => `accepts ${order.orderId} for ${order.resourceIds.join(', ')} of ${order.signedAt ?? 'the console'}`,
      );
      for (const hear of listeners) hear(order);
      return order;
    },
    standingOrders: (resourceIds) =>
      ledger.filter(
        (order) =>
          order.resourceIds.some((id) => resourceIds.includes(id)) &&
          ((order.ends === 'Completed' && order.givesBack) || order.endsAt > schedule.now),
      ),
    processing: () => (schedule.chance(0.3) ? longestProcessing : schedule.between(0, longestProcessing)),
    isGone: (resourceId, at, by = () => true) =>
      ledger.some(
        (order) =>
          by(order) &&
          order.givesBack &&
          order.ends === 'Completed' &&
          order.endsAt <= at &&
          order.resourceIds.some((id) => id === resourceId || id === disks.get(resourceId)),
      ),
    machinesOn: (resourceId, at) =>
      machines.filter((machine) => machine.resourceId === resourceId && machine.from <= at && at < machine.until),
    onAccept: (hear) => listeners.push(hear),
    depart: (call) => {
      for (const hear of watchers) hear(call);
    },
    onDepart: (hear) => watchers.push(hear),
    glance: (glance) => {
      for (const hear of onlookers) hear(glance);
    },
    onGlance: (hear) => onlookers.push(hear),
    quietFor: () => schedule.now - lags.Rows.most - Math.max(0, ...ledger.map(({ endsAt }) => endsAt)),
    isInArrears: (at) => isTroubled(undefined, at),
    isFrozen: isTroubled,
    shown: (what) => schedule.now - lags[what].now(),
  };
}
