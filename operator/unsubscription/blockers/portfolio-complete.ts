import { inShort } from '../../api/sentence.ts';
import { type FoundServer, foundServers, type Snapshot } from '../snapshot.ts';
import type { Blocker, Rule } from './rule.ts';

/** How many resource ids one call takes: https://support.huaweicloud.com/api-oce/api_order_00019.html */
const resourcesPerCall = 10;

/** "The cloud service must be operated as a whole". No call tells beforehand what belongs to a portfolio. */
const mustBeWhole = 'CBC.99003185';

type Found = Blocker<'PortfolioComplete'>;
const base = { condition: 'PortfolioComplete', status: 'False', server: '' } as const;

/** A solution portfolio can only be unsubscribed as a whole: all its servers are in the request. */
export const portfolioComplete: Rule<'PortfolioComplete'> = (snapshot) => {
  const portfolios = new Set(foundServers(snapshot).flatMap(({ server }) => server.spec.portfolio ?? []));
  return [
    ...foundServers(snapshot).flatMap((found) => undeclared(found, snapshot)),
    ...[...portfolios].sort().flatMap((portfolio) => problemOf(portfolio, snapshot) ?? []),
  ];
};

/**
 * What the cloud said when the server was ordered without all others is remembered, whoever asks next, until something is
 * ordered with it that was not then.
 */
function undeclared({ name, server }: FoundServer, snapshot: Snapshot): Found[] {
  const { spec, status } = server;
  if (status.unsubscription?.code !== mustBeWhole) return [];
  const refused = new Set([spec.resourceId, ...(status.unsubscription.orderedWith ?? [])]);
  const others = membersOf(spec.portfolio, snapshot).filter((member) => member.name !== name);
  if (others.some((member) => !refused.has(member.server.spec.resourceId))) return [];
  const company = others.length === 0 ? 'alone' : `with ${inShort(others.map((member) => member.name))} only`;
  const lacking = spec.portfolio === undefined ? 'it belongs to a portfolio' : `${spec.portfolio} has more members`;
  return [
    {
      ...base,
      server: name,
      reason: 'PortfolioUndeclared',
      message: `The cloud refused to give ${name} back ${company} (${mustBeWhole}): ${lacking}.`,
      remedy:
        'Look in Billing Center > My Orders for what was bought with it, give the DCCServers of all of it the same spec.portfolio, and create a request that names them all.',
    },
  ];
}

/** The servers of the request that go with one call. */
const membersOf = (portfolio: string | undefined, snapshot: Snapshot): FoundServer[] =>
  portfolio === undefined ? [] : foundServers(snapshot).filter(({ server }) => server.spec.portfolio === portfolio);

function problemOf(portfolio: string, snapshot: Snapshot): Found | undefined {
  const members = snapshot.portfolios.get(portfolio);
  if (members === undefined) {
    return {
      ...base,
      status: 'Unknown',
      reason: 'PortfolioPartial',
      message: `Which servers the portfolio ${portfolio} has is not known.`,
      remedy: 'Correct the DCCServers of this namespace whose state is Unreadable.',
    };
  }
  const named = new Set(snapshot.servers.map(({ name }) => name));
  const missing = members.filter((name) => !named.has(name));
  if (missing.length > 0) {
    return {
      ...base,
      reason: 'PortfolioPartial',
      message: `The portfolio ${portfolio} has more servers than the request names: ${inShort(missing)}.`,
      remedy: 'Create a request that names all servers of the portfolio.',
    };
  }
  if (accountsOf(portfolio, snapshot) > 1) {
    return {
      ...base,
      reason: 'AccountsDiffer',
      message: `The servers of the portfolio ${portfolio} have different credentials, regions or projects.`,
      remedy: 'Give them the same credentialsSecretRef: a portfolio belongs to one account.',
    };
  }
  if (members.length <= resourcesPerCall) return undefined;
  return {
    ...base,
    reason: 'PortfolioTooLarge',
    message: `The portfolio ${portfolio} has ${members.length} servers, and one call takes ${resourcesPerCall}.`,
    remedy: 'Unsubscribe the portfolio in the Billing Center.',
  };
}

function accountsOf(portfolio: string, snapshot: Snapshot): number {
  const places = membersOf(portfolio, snapshot).map(({ server: { spec } }) => [
    spec.credentialsSecretRef?.name,
    spec.region,
    spec.projectId,
  ]);
  return new Set(places.map((place) => JSON.stringify(place))).size;
}
