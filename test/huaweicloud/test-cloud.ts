import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js';
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { deadline, seconds, systemClock } from '../../operator/clock.ts';
import { type AdjustableClock, adjustableClock } from './adjustable-clock.ts';
import { type ControlClient, controlClient } from './control-client.ts';
import { aWorld, seeded, type WorldBuilder } from './seed.ts';
import { type HuaweiCloud, startHuaweiCloud } from './server.ts';
import type { Settings } from './settings.ts';

/** An instant in the middle of an hour, so that "the current full hour" shows. */
export const NOW = '2026-06-15T08:30:00Z';

/** A call of a test: signed with the official signer, so that the two implementations check each other. */
export interface TestCall {
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly unsigned?: boolean;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export interface TestCloud {
  readonly cloud: HuaweiCloud;
  readonly clock: AdjustableClock;
  readonly control: ControlClient;
  get(path: string, call?: TestCall): Promise<TestAnswer>;
  post(path: string, call?: TestCall): Promise<TestAnswer>;
  send(method: string, path: string, call?: TestCall): Promise<TestAnswer>;
}

/** A builder whose "now" is that of the test clouds. */
export const aTestWorld = (...[account, project]: [object?, object?]): WorldBuilder =>
  aWorld(new Date(NOW), account, project);

/** Starts a simulated cloud under a clock that stands still, and stops it when the test has finished. */
export async function aCloud(world: Pick<WorldBuilder, 'build'>, settings: Partial<Settings> = {}): Promise<TestCloud> {
  const clock = adjustableClock(NOW);
  const cloud = await startHuaweiCloud({ world: world.build(), settings, clock });
  onTestFinished(() => cloud.stop());
  const send = (method: string, path: string, call: TestCall = {}) => sendSigned(cloud.url, clock, method, path, call);
  return {
    cloud,
    clock,
    control: controlClient(cloud.url),
    send,
    get: (path, call) => send('GET', path, call),
    post: (path, call) => send('POST', path, call),
  };
}

export const stamp = (time: Date): string => time.toISOString().replaceAll(/[-:]|\.\d+/g, '');

const headersSchema = z.record(z.string(), z.string());

async function sendSigned(
  url: string,
  clock: AdjustableClock,
  method: string,
  path: string,
  call: TestCall,
): Promise<TestAnswer> {
  const target = new URL(path, url);
  for (const [name, value] of Object.entries(call.query ?? {})) {
    for (const one of [value].flat()) target.searchParams.append(name, one);
  }
  // The signer percent-encodes a space; URLSearchParams would write a plus sign.
  target.search = target.search.replaceAll('+', '%20');
  const headers = {
    'content-type': 'application/json',
    'X-Sdk-Date': stamp(clock.now()),
    ...scopeHeader(path),
    ...call.headers,
  };
  const credentials = new BasicCredentials()
    .withAk(call.accessKey ?? seeded.accessKey)
    .withSk(call.secretKey ?? seeded.secretKey);
  const queryParams = Object.fromEntries(
    Object.entries(call.query ?? {}).map(([name, value]) => [name, [value].flat()]),
  );
  const request = { endpoint: `${url}${path}`, method, headers, queryParams, data: call.body };
  const signed = call.unsigned ? headers : headersSchema.parse(AKSKSigner.sign(request, credentials));
  const { host: _, ...sent } = headersSchema.parse({ host: '', ...signed });
  const response = await fetch(target, {
    method,
    headers: sent,
    signal: deadline(systemClock, seconds(10)),
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  const body: unknown = isJson ? JSON.parse(text) : { text };
  return {
    status: response.status,
    headers: response.headers,
    body: z.record(z.string(), z.unknown()).parse(body),
  };
}

/** Global services carry the account, regional ones the project, IAM and STS neither. */
function scopeHeader(path: string): Record<string, string> {
  if (path.startsWith('/v2/orders') || path.startsWith('/v2/products')) return { 'X-Domain-Id': seeded.domainId };
  if (path.startsWith('/v2/accounts') || path.startsWith('/v2/bills')) return { 'X-Domain-Id': seeded.domainId };
  return path.includes(seeded.projectId) ? { 'X-Project-Id': seeded.projectId } : {};
}

/** The call that orders an unsubscription of these resources. */
export const unsubscribe = (cloud: TestCloud, ids: readonly string[], body: object = {}): Promise<TestAnswer> =>
  cloud.post('/v2/orders/subscriptions/resources/unsubscribe', {
    body: { resource_ids: ids, unsubscribe_type: 1, unsubscribe_reason_type: 5, ...body },
  });

/** The ids that the builder gives to the first servers, in order. */
export const serverId = (place: number): string => `dcc00000-0000-4000-8000-${String(place).padStart(12, '0')}`;
/** The ids that the builder gives to the first virtual machines, in order. */
export const vmId = (place: number): string => `ec500000-0000-4000-8000-${String(place).padStart(12, '0')}`;
