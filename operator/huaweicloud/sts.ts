import { z } from 'zod';
import type { ServiceReader } from './calls.ts';

/** Security Token Service of the newer IAM: who signs. What gives keys is in `credentials/`. */
export interface Sts {
  /** The account of the credentials (`GET /v5/caller-identity`), also where they are those of an agency. */
  accountId(signal?: AbortSignal): Promise<string>;
}

const identity = z.object({ account_id: z.string().min(1) });

/** Creates the client; its calls are bound to no project or domain. */
export function createSts(reader: ServiceReader<'sts'>): Sts {
  return {
    accountId: async (signal) => {
      const answer = await reader.read(
        { operation: 'GetCallerIdentity', path: () => ['v5', 'caller-identity'], schema: identity },
        signal,
      );
      return answer.account_id;
    },
  };
}
