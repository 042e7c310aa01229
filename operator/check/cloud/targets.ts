import type { DCCServer } from '../../api/objects.ts';
import type { Config } from '../../config.ts';
import type { Site } from '../../huaweicloud/endpoints.ts';
import type { Place } from '../started.ts';

/** A place in the cloud to look at, and what is there. */
export interface Target {
  readonly region: string;
  /** Undefined where no DCCServer names it. */
  readonly projectId: string | undefined;
  /** False for a region that stands in for an unknown one: only what all regions share can be looked at. */
  readonly isGiven: boolean;
  /** Whose credentials to use; the operator's own when undefined. */
  readonly secret: { readonly namespace: string; readonly name: string } | undefined;
  readonly resourceIds: readonly string[];
  /** Those of them that are dedicated hosts. */
  readonly hostIds: readonly string[];
}

/** IAM answers the same in every region of a site. */
const anyRegion: Readonly<Record<Site, string>> = {
  china: 'cn-north-4',
  international: 'ap-southeast-3',
  europe: 'eu-west-101',
};

/** Where to look: where the DCCServers are, in the region that is asked for if one is; else there, or anywhere. Pure. */
export function targetsOf(servers: readonly DCCServer[], config: Pick<Config, 'check-region' | 'site'>): Target[] {
  const asked = config['check-region'];
  const wanted = servers.filter(({ spec }) => asked === undefined || spec.region === asked);
  const groups = Map.groupBy(wanted, ({ spec, metadata }) => {
    const secret = spec.credentialsSecretRef;
    return `${spec.region} ${spec.projectId} ${secret === undefined ? '' : `${metadata.namespace}/${secret.name}`}`;
  });
  const targets = [...groups.values()].flatMap(targetOf);
  if (targets.length > 0) return targets;
  const nothing = { projectId: undefined, secret: undefined, resourceIds: [], hostIds: [] };
  return [{ ...nothing, region: asked ?? anyRegion[config.site], isGiven: asked !== undefined }];
}

function targetOf(group: readonly DCCServer[]): Target[] {
  const [first] = group;
  if (first === undefined) return [];
  const { region, projectId, credentialsSecretRef: secret } = first.spec;
  return [
    {
      region,
      projectId,
      isGiven: true,
      secret: secret === undefined ? undefined : { namespace: first.metadata.namespace, name: secret.name },
      resourceIds: group.map(({ spec }) => spec.resourceId),
      hostIds: group.filter(({ spec }) => spec.hostType === 'DeH').map(({ spec }) => spec.resourceId),
    },
  ];
}

/** As people and programs are told of it. */
export const placeOf = ({ region, projectId, secret }: Target): Place => ({
  region,
  ...(projectId === undefined ? {} : { projectId }),
  ...(secret === undefined ? {} : { secret: `${secret.namespace}/${secret.name}` }),
});
