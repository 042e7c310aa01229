import { z } from 'zod';
import type { Clock } from '../../operator/clock.ts';
import type { Settings } from './settings.ts';
import { settle } from './world/settle.ts';
import type { World } from './world/world.ts';

const when = z.enum(['before', 'after']).describe('whether it happens before or after the effect of the call');

/** What a fault does to a call. "After" means: the effect took place, only the answer is bad. */
export const faultEffectSchema = z.discriminatedUnion('kind', [
  /** Waits before the effect; the effect takes place even when the client has gone by then. */
  z.strictObject({ kind: z.literal('delay'), milliseconds: z.int().min(1).max(600_000) }),
  /** Resets the connection. */
  z.strictObject({ kind: z.literal('reset'), when }),
  z.strictObject({
    kind: z.literal('serverError'),
    when,
    status: z.int().min(500).max(599).default(500),
    code: z.string().default('CBC.0999'),
  }),
  /** The effect takes place and no answer ever comes. */
  z.strictObject({ kind: z.literal('lostAnswer') }),
  /** The call arrives twice, as from a proxy that tries again by itself; the answer is that to the second time. */
  z.strictObject({ kind: z.literal('handedOverTwice') }),
  /** Reads see the world as of `lagMilliseconds` ago (never older than the fault), or frozen when it was added. */
  z.strictObject({ kind: z.literal('stale'), lagMilliseconds: z.int().min(1).optional() }),
  z.strictObject({ kind: z.literal('throttled') }),
  /** The effect takes place; the answer is no JSON. */
  z.strictObject({ kind: z.literal('malformed') }),
  /** The effect takes place; the connection breaks in the middle of the answer. */
  z.strictObject({ kind: z.literal('truncated') }),
  /** Status 200, with an error code in the body and no effect. */
  z.strictObject({
    kind: z.literal('errorInsideSuccess'),
    code: z.string().min(1),
    message: z.string().default('error'),
  }),
  /** A list comes back without its entries; its totals stay. Use `skip` to lose the second page. */
  z.strictObject({ kind: z.literal('missingPage') }),
  /** Exactly this answer and no effect. */
  z.strictObject({ kind: z.literal('answer'), status: z.int().min(200).max(599), body: z.unknown() }),
]);

export const faultSchema = z.strictObject({
  /** Name of an operation such as "billing.unsubscribe", "ecs.*" or "*". */
  operation: z.string().min(1),
  /** How many matching calls pass unharmed first. */
  skip: z.int().min(0).default(0),
  /** How many calls it hits; without it, until cleared. */
  times: z.int().min(1).optional(),
  effect: faultEffectSchema,
});

export type FaultEffect = z.infer<typeof faultEffectSchema>;
export type FaultInput = z.input<typeof faultSchema>;
export type Fault = z.infer<typeof faultSchema> & { readonly id: string };

/** What the faults in force do to one call. */
export interface Interference {
  readonly delay: number;
  readonly effect: FaultEffect | undefined;
  /** The world as a stale read sees it, and the time it is of. */
  readonly staleView: (() => { world: World; now: Date }) | undefined;
}

export interface Faults {
  add(fault: z.infer<typeof faultSchema>): Fault;
  /** Clears one fault, or all of them. Returns how many were cleared. */
  clear(id?: string): number;
  list(): Fault[];
  /** Takes what applies to the next call of this operation, and uses it up. */
  take(operation: string): Interference;
  /** Must be told after each change of the world, for reads that lag behind. */
  worldChanged(): void;
}

interface Snapshot {
  readonly at: number;
  readonly world: World;
}

interface ActiveFault extends Fault {
  snapshots: Snapshot[];
}

/** Whether a fault's pattern names this operation. */
export const matches = (pattern: string, operation: string): boolean =>
  pattern === '*' || pattern === operation || (pattern.endsWith('.*') && operation.startsWith(pattern.slice(0, -1)));

export function faults(world: World, settings: Settings, clock: Clock): Faults {
  let active: ActiveFault[] = [];
  let count = 0;
  const snapshot = (): Snapshot => ({ at: clock.now().getTime(), world: structuredClone(world) });

  function use(fault: ActiveFault): boolean {
    if (fault.skip > 0) {
      fault.skip -= 1;
      return false;
    }
    if (fault.times !== undefined) fault.times -= 1;
    if (fault.times === 0) active = active.filter((candidate) => candidate !== fault);
    return true;
  }

  return {
    add: (fault) => {
      count += 1;
      const added: ActiveFault = { ...fault, id: `fault-${count}`, snapshots: [] };
      if (fault.effect.kind === 'stale') added.snapshots = [snapshot()];
      active.push(added);
      return shown(added);
    },
    clear: (id) => {
      const before = active.length;
      active = id === undefined ? [] : active.filter((fault) => fault.id !== id);
      return before - active.length;
    },
    list: () => active.map(shown),
    take: (operation) => {
      const hits = active.filter((fault) => matches(fault.operation, operation)).filter(use);
      const delay = hits.reduce((total, { effect }) => total + (effect.kind === 'delay' ? effect.milliseconds : 0), 0);
      const stale = hits.find(({ effect }) => effect.kind === 'stale');
      const effect = hits.map((fault) => fault.effect).find(({ kind }) => kind !== 'delay' && kind !== 'stale');
      const staleView = stale === undefined ? undefined : () => viewOf(stale, settings, clock);
      return { delay, effect, staleView };
    },
    worldChanged: () => {
      for (const fault of active) if (lagOf(fault) !== undefined) fault.snapshots.push(snapshot());
    },
  };
}

const shown = ({ snapshots: _, ...fault }: ActiveFault): Fault => ({ ...fault });

const lagOf = ({ effect }: Fault): number | undefined => (effect.kind === 'stale' ? effect.lagMilliseconds : undefined);

function viewOf(fault: ActiveFault, settings: Settings, clock: Clock): { world: World; now: Date } {
  const lag = lagOf(fault);
  const wanted = lag === undefined ? 0 : clock.now().getTime() - lag;
  const newest = fault.snapshots.findLastIndex((snapshot) => snapshot.at <= wanted);
  fault.snapshots = fault.snapshots.slice(Math.max(newest, 0));
  const [source] = fault.snapshots;
  if (source === undefined) throw new Error(`the stale fault ${fault.id} has no snapshot`);
  const now = new Date(Math.max(source.at, wanted));
  const world = structuredClone(source.world);
  settle(world, now, settings);
  return { world, now };
}
