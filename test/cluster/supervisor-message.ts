import { z } from 'zod';

/** What the supervisor writes, as one line of JSON, to the process that started it. */
export const supervisorMessage = z.discriminatedUnion('event', [
  z.object({ event: z.literal('ready'), url: z.url(), etcdUrl: z.url(), directory: z.string().min(1) }),
  /** The oldest command that was not answered yet is carried out. */
  z.object({ event: z.literal('done') }),
  /** It did not start, or has ended by itself. */
  z.object({ event: z.literal('failed'), message: z.string() }),
]);

export type SupervisorMessage = z.infer<typeof supervisorMessage>;

const component = z.enum(['etcd', 'kube-apiserver', 'kube-controller-manager']);

/** What the starter may write, as one line of JSON, to the supervisor once the control plane is ready. */
export const supervisorCommand = z.discriminatedUnion('command', [
  z.object({ command: z.literal('end'), component, signal: z.enum(['SIGKILL', 'SIGTERM']) }),
  z.object({ command: z.literal('start'), component }),
]);

export type SupervisorCommand = z.infer<typeof supervisorCommand>;
