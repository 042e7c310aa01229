import { z } from 'zod';
import { type Answer, Refusal } from '../answers.ts';
import type { Call } from '../operations.ts';

/** Parses a body, or refuses with 400 in the service's own words. */
export function requestBody<Schema extends z.ZodType>(call: Call, schema: Schema, refuse: (message: string) => Answer) {
  const parsed = schema.safeParse(call.body);
  if (!parsed.success) throw new Refusal(refuse(z.prettifyError(parsed.error)));
  return parsed.data;
}
