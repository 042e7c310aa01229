import { z } from 'zod';
import type { ServiceReader } from './calls.ts';
import { CloudError } from './errors.ts';
import type { Sts } from './sts.ts';

/** The account ("domain") that the credentials belong to. */
export interface Domain {
  readonly id: string;
  /** False when the cloud has disabled the account, as far as it tells. */
  readonly enabled: boolean;
}

/** Identity and Access Management: who we are. */
export interface Iam {
  /** Id of the region's one project (`GET /v3/projects?name=`). Throws when there is none, or more than one. */
  projectOfRegion(region: string, signal?: AbortSignal): Promise<string>;
  /** The account of the credentials (`GET /v3/auth/domains`, and where that lists none, what STS says). */
  domain(signal?: AbortSignal): Promise<Domain>;
}

const projects = z.object({ projects: z.array(z.object({ id: z.string().min(1), name: z.string() })) });
const domains = z.object({ domains: z.array(z.object({ id: z.string().min(1), enabled: z.boolean() })) });

/** Creates the client; its calls are bound to no project or domain. */
export function createIam(reader: ServiceReader<'iam'>, sts: Sts): Iam {
  return {
    async projectOfRegion(region, signal) {
      const answer = await reader.read(
        {
          operation: 'KeystoneListProjects',
          path: () => ['v3', 'projects'],
          query: { name: region },
          schema: projects,
        },
        signal,
      );
      const [project, ...others] = answer.projects;
      if (project !== undefined && others.length === 0) return project.id;
      throw new CloudError({
        class: 'NotFound',
        code: 'ProjectOfRegion',
        operation: 'iam.KeystoneListProjects',
        message:
          project === undefined
            ? `the account has no project in region ${region}, or the credentials may not see it; name the project id`
            : `the account has ${others.length + 1} projects named ${region}; name the project id`,
      });
    },
    async domain(signal) {
      const answer = await reader.read(
        { operation: 'KeystoneListAuthDomains', path: () => ['v3', 'auth', 'domains'], schema: domains },
        signal,
      );
      const [domain] = answer.domains;
      // It lists none for an agency of the newer IAM, as the SDK knows (GlobalCredentials). Whether the account is enabled then
      // shows only by what it may do: [inference] one that is not is given no keys.
      return domain ?? { id: await sts.accountId(signal), enabled: true };
    },
  };
}
