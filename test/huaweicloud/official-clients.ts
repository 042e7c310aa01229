import './official-core.ts';
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js';
import { GlobalCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/GlobalCredentials.js';
import { ClientBuilder } from '@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js';
import type { HcClient } from '@huaweicloud/huaweicloud-sdk-core/HcClient.js';
import { Logger4jInstance } from '@huaweicloud/huaweicloud-sdk-core/logger/log4jLogger.js';
import { EcsClient } from '@huaweicloud/huaweicloud-sdk-ecs';
import { onTestFinished } from 'vitest';
import { seeded, type WorldBuilder } from './seed.ts';
import { type HuaweiCloud, startHuaweiCloud } from './server.ts';

// The official core prints every refused call in colour.
Logger4jInstance.level = 'off';

/** A simulated cloud on the real clock, which the official clients sign with. */
export async function aLiveCloud(world: WorldBuilder): Promise<HuaweiCloud> {
  const cloud = await startHuaweiCloud({ world: world.build() });
  onTestFinished(() => cloud.stop());
  return cloud;
}

// With a name of its own the core does not write an application id into the home directory.
const options = { customUserAgent: 'dcc-operator-tests' };
const keys = { ak: seeded.accessKey, sk: seeded.secretKey };

/** The official ECS client against this cloud. */
export const officialEcs = ({ url }: HuaweiCloud, sk: string = keys.sk): EcsClient =>
  EcsClient.newBuilder()
    .withCredential(new BasicCredentials({ ...keys, sk, projectId: seeded.projectId }))
    .withEndpoint(url)
    .withOptions(options)
    .build();

/** The official core, for the services that have no package on npm. */
const officialCore = (url: string, credential: BasicCredentials | GlobalCredentials): HcClient =>
  new ClientBuilder((client) => client).withCredential(credential).withEndpoint(url).withOptions(options).build();

/** A request definition, as the official packages contain one per API. */
export interface Definition {
  readonly method: string;
  readonly url: string;
  readonly queryParams?: Record<string, unknown>;
  readonly pathParams?: Record<string, string>;
  readonly data?: object;
}

const send = (client: HcClient, { queryParams = {}, pathParams = {}, data, ...definition }: Definition) =>
  client.sendRequest({
    contentType: 'application/json',
    headers: {},
    queryParams,
    pathParams,
    ...(data === undefined ? {} : { data }),
    ...definition,
  });

/** Sends a call of a global service, with X-Domain-Id. */
export const sendGlobal = ({ url }: HuaweiCloud, definition: Definition) =>
  send(officialCore(url, new GlobalCredentials({ ...keys, domainId: seeded.domainId })), definition);

/** Sends a call of a regional service, with X-Project-Id. */
export const sendRegional = ({ url }: HuaweiCloud, definition: Definition) =>
  send(officialCore(url, new BasicCredentials({ ...keys, projectId: seeded.projectId })), definition);

/** Sends a call that has neither. */
export const sendUnscoped = ({ url }: HuaweiCloud, definition: Definition) =>
  send(officialCore(url, new BasicCredentials(keys)), definition);
