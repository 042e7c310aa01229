import { ok } from '../answers.ts';
import type { Operation, SignedCall } from '../operations.ts';

const links = (path: string) => ({ self: `https://iam.myhuaweicloud.com${path}`, previous: null, next: null });

/** IAM v3: the look-ups of the project of a region and of the account. */
export const iam: readonly Operation[] = [
  { name: 'iam.listProjects', method: 'GET', path: '/v3/projects', access: 'account', answer: listProjects },
  { name: 'iam.listDomains', method: 'GET', path: '/v3/auth/domains', access: 'account', answer: listDomains },
];

function listProjects({ world, account, query }: SignedCall) {
  const name = query.get('name');
  const projects = world.projects
    .filter((project) => project.domainId === account.domainId && (name === null || project.name === name))
    .map(({ id, name, domainId, enabled }) => ({
      id,
      name,
      domain_id: domainId,
      parent_id: domainId,
      is_domain: false,
      enabled,
      description: '',
      links: links(`/v3/projects/${id}`),
    }));
  return ok({ projects, links: links('/v3/projects') });
}

function listDomains({ account }: SignedCall) {
  const { domainId, name, enabled } = account;
  const domain = { id: domainId, name, enabled, description: '', links: links(`/v3/domains/${domainId}`) };
  return ok({ domains: [domain], links: links('/v3/auth/domains') });
}
