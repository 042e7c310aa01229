import type { Clock } from '../../operator/clock.ts';
import { type Answer, flatError, gatewayError } from './answers.ts';
import { authenticator, type Caller, unauthenticated } from './authentication.ts';
import type { Match, Operation } from './operations.ts';
import type { Settings } from './settings.ts';
import { parseAuthorization, type ReceivedRequest } from './signature.ts';
import { tokenBuckets } from './throttle.ts';
import type { World } from './world/world.ts';

/** Lets a call through, with who made it (undefined for a call that needs no signature), or refuses it. */
export type Gateway = (
  request: ReceivedRequest,
  match: Match,
  requestId: string,
) => { readonly refused: Answer } | { readonly caller: Caller | undefined };

/** The checks that stand before every service: signature, lifetime, lock, scope, permission, site and throttle. */
export function gateway(world: World, settings: Settings, clock: Clock): Gateway {
  const authenticate = authenticator(world, settings, clock);
  const allow = tokenBuckets(clock);
  return (request, match, requestId) => {
    const { operation } = match;
    const isSigned = parseAuthorization(request.headers['authorization']) !== undefined;
    const caller = operation.access === 'public' && !isSigned ? undefined : authenticate(request, requestId);
    if (caller !== undefined && 'refused' in caller) return caller;
    const refused =
      (caller === undefined ? undefined : scopeRefusal(world, settings, request, match, caller, requestId)) ??
      throttleRefusal(operation, caller, requestId);
    return refused === undefined ? { caller } : { refused };
  };

  function throttleRefusal(operation: Operation, caller: Caller | undefined, requestId: string): Answer | undefined {
    const rate = settings.throttle.operations[operation.name] ?? operation.rate ?? settings.throttle.rate;
    if (allow(`${operation.name} ${caller?.account.domainId ?? ''}`, rate)) return undefined;
    return throttled(rate, requestId);
  }
}

/** The answer to a call above the rate, as seen in public code. */
export const throttled = (rate: number, requestId: string): Answer =>
  gatewayError(
    429,
    'APIGW.0308',
    `The throttling threshold has been reached: policy user over ratelimit,limit:${rate},time:1 second`,
    requestId,
  );

function scopeRefusal(
  world: World,
  settings: Settings,
  request: ReceivedRequest,
  { operation, path }: Match,
  { account, accessKey }: Caller,
  requestId: string,
): Answer | undefined {
  // [inference] A closed account is refused everywhere but where it can be seen that it is closed.
  if (!account.enabled && operation.access !== 'account') return unauthenticated('the account is disabled', requestId);
  const foreign = gatewayError(403, 'APIGW.0302', 'The IAM user is not allowed to access the API', requestId);
  const { 'x-domain-id': domainId, 'x-project-id': projectId } = request.headers;
  if (domainId !== undefined && domainId !== account.domainId) return foreign;
  if (operation.access === 'project') {
    const project = world.projects.find((candidate) => candidate.id === path['project_id']);
    if (project === undefined || project.domainId !== account.domainId || !project.enabled) return foreign;
    // Without the header a call is for the main project of the region, which the path names here.
    if (projectId !== undefined && projectId !== project.id) return foreign;
  }
  if (operation.access === 'billing' && account.site !== settings.servedSite) {
    return flatError(403, 'CBC.0150', 'Access denied. The customer does not belong to the website you are now at.');
  }
  if (accessKey.denied.includes(operation.name)) return flatError(403, 'CBC.0151', 'Access denied.');
  return undefined;
}
