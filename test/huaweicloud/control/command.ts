import type { z } from 'zod';
import type { CallCounts } from '../dispatch.ts';
import type { Faults } from '../faults.ts';
import type { Settings } from '../settings.ts';
import type { World } from '../world/world.ts';

/** What a control command works on: the live world, never a stale copy. */
export interface ControlContext {
  readonly world: World;
  readonly now: Date;
  readonly settings: Settings;
  readonly faults: Faults;
  readonly counts: CallCounts;
}

/** A command as `POST /_control/<name>` runs it. Its input has been checked by its schema. */
export interface Command {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly run: (context: ControlContext, input: unknown) => unknown;
}

export function command<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  run: (context: ControlContext, input: z.output<Schema>) => unknown,
): Command {
  return { name, schema, run: (context, input) => run(context, schema.parse(input)) };
}

/** Why a command cannot be done: which field is wrong, what is wrong with it, and what to do next. */
export class ControlProblem extends Error {
  readonly field: string;
  readonly fault: string;
  readonly nextStep: string;
  constructor(field: string, fault: string, nextStep: string) {
    super(`${field}: ${fault}. ${nextStep}`);
    this.name = 'ControlProblem';
    this.field = field;
    this.fault = fault;
    this.nextStep = nextStep;
  }
}
