import { z } from 'zod';
import type { Answer } from '../answers.ts';
import type { Outcome, Parts } from '../dispatch.ts';
import type { ReceivedRequest } from '../signature.ts';
import { settle } from '../world/settle.ts';
import { backupCommands } from './backup-commands.ts';
import { billingCommands } from './billing-commands.ts';
import { ControlProblem } from './command.ts';
import { faultCommands } from './fault-commands.ts';
import { machineCommands } from './machine-commands.ts';

const PREFIX = '/_control/';
const commands = new Map(
  [...machineCommands, ...backupCommands, ...billingCommands, ...faultCommands].map((command) => [
    command.name,
    command,
  ]),
);

export const isControlPath = (path: string): boolean => path.startsWith(PREFIX);

/**
 * Runs `POST /_control/<command>` with a JSON body. It needs no signature: the server listens on loopback only. A
 * problem comes back as 400 with the field, the fault and the next step.
 */
export function control(parts: Parts, request: ReceivedRequest): Outcome {
  const { world, settings, faults, counts, clock } = parts;
  const now = clock.now();
  settle(world, now, settings);
  const answer = run(request, (name, input) => {
    const found = commands.get(name);
    if (found === undefined) {
      throw new ControlProblem('command', `"${name}" is unknown`, `Choose one of: ${[...commands.keys()].join(', ')}.`);
    }
    return found.run({ world, now, settings, faults, counts }, input);
  });
  faults.worldChanged();
  return { kind: 'answer', answer, requestId: 'control' };
}

function run(request: ReceivedRequest, execute: (name: string, input: unknown) => unknown): Answer {
  try {
    if (request.method !== 'POST')
      throw new ControlProblem('method', `${request.method} is not served`, 'Send a POST.');
    return { status: 200, body: execute(request.path.slice(PREFIX.length), json(request.body)) };
  } catch (error) {
    if (error instanceof ControlProblem) return { status: 400, body: { error: problem(error) } };
    if (error instanceof z.ZodError) return { status: 400, body: { error: problem(inputProblem(error)) } };
    throw error;
  }
}

const problem = ({ field, fault, nextStep }: ControlProblem) => ({ field, fault, nextStep });

function inputProblem(error: z.ZodError): ControlProblem {
  const [issue] = error.issues;
  const field = issue?.path.join('.') || 'body';
  return new ControlProblem(field, issue?.message ?? 'not valid', `Correct "${field}" and send the command again.`);
}

function json(body: Buffer): unknown {
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch {
    throw new ControlProblem('body', 'it is not JSON', 'Send a JSON object.');
  }
}
