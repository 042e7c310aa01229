import { z } from 'zod';

/** What the supervisor writes, as one line of JSON, to the process that started it. */
export const supervisorMessage = z.discriminatedUnion('event', [
  z.object({ event: z.literal('ready'), url: z.url(), directory: z.string().min(1) }),
  /** It did not start, or has ended by itself. */
  z.object({ event: z.literal('failed'), message: z.string() }),
]);

export type SupervisorMessage = z.infer<typeof supervisorMessage>;
