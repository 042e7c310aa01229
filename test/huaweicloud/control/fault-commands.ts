import { z } from 'zod';
import { faultSchema, matches } from '../faults.ts';
import { operations } from '../services/services.ts';
import { type Command, command } from './command.ts';
import { wrongState } from './finders.ts';

const nothing = z.strictObject({});

/** Faults, and what can be read: the ledger, the calls, the world. */
export const faultCommands: readonly Command[] = [
  command('fault/add', faultSchema, ({ faults }, input) => {
    const hit = operations.filter(({ name }) => matches(input.operation, name));
    if (hit.length === 0) {
      const names = operations.map(({ name }) => name).join(', ');
      wrongState('operation', `no operation matches "${input.operation}"`, `Choose one of: ${names}.`);
    }
    if (input.effect.kind === 'stale' && hit.every(({ writes }) => writes === true)) {
      wrongState('operation', `${input.operation} is no read`, 'Only reads can be stale: choose another effect.');
    }
    return faults.add(input);
  }),
  command('fault/clear', z.strictObject({ id: z.string().optional() }), ({ faults }, input) => {
    const cleared = faults.clear(input.id);
    if (input.id !== undefined && cleared === 0) {
      wrongState('id', `no fault has the id ${input.id}`, 'List them with faults.');
    }
    return { cleared };
  }),
  command('faults', nothing, ({ faults }) => faults.list()),
  command('ledger', nothing, ({ world }) => world.ledger),
  command('calls', nothing, ({ counts }) => counts),
  command('world', nothing, ({ world }) => world),
];
