import { z } from 'zod';
import type { ServiceReader } from './calls.ts';
import { CloudError } from './errors.ts';

/** The account ("domain") that the credentials belong to. */
export interface Domain {
  readonly id: string;
  /** False when the cloud has disabled the account. */
  readonly enabled: boolean;
}

/** Identity and Access Management: who we are. */
export interface Iam {
  /** Id of the region's one project (`GET /v3/projects?name=`). Throws when there is none, or more than one. */
  projectOfRegion(region: string, signal?: AbortSignal): Promise<string>;
  /** The account of the credentials (`GET /v3/auth/domains`). */
  domain(signal?: AbortSignal): Promise<Domain>;
}

const projects = z.object({ projects: z.array(z.object({ id: z.string().min(1), name: z.string() })) });
const domains = z.object({ domains: z.array(z.object({ id: z.string().min(1), enabled: z.boolean() })) });

/** Creates the client; its calls are bound to no project or domain. */
export function createIam(reader: ServiceReader): Iam {
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
      if (domain !== undefined) return domain;
      throw new CloudError({
        class: 'NotFound',
        code: 'DomainOfCredentials',
        operation: 'iam.KeystoneListAuthDomains',
        message: 'the credentials belong to no account that IAM lists; name the domain id',
      });
    },
  };
}
