import type { Clock } from '../../operator/clock.ts';
import { type Answer, flatError, gatewayError } from './answers.ts';
import type { Match, Operation } from './operations.ts';
import type { Settings } from './settings.ts';
import { isSignedWith, parseAuthorization, type ReceivedRequest } from './signature.ts';
import { tokenBuckets } from './throttle.ts';
import type { AccessKey, Account } from './world/account.ts';
import type { World } from './world/world.ts';

export interface Caller {
  readonly account: Account;
  readonly accessKey: AccessKey;
}

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
    const caller = operation.access === 'public' ? undefined : authenticate(request, requestId);
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

/** Failures of one key: more than five in a row lock it. */
interface Failures {
  count: number;
  lockedUntil: number;
}

function authenticator(world: World, settings: Settings, clock: Clock) {
  const failures = new Map<string, Failures>();

  return (request: ReceivedRequest, requestId: string): Caller | { readonly refused: Answer } => {
    const refuse = (message: string) => ({ refused: unauthenticated(message, requestId) });
    const authorization = parseAuthorization(request.headers['authorization']);
    if (authorization === undefined) return refuse('the Authorization header is missing or malformed');
    if (locked(authorization.accessKey)) return refuse('AK access failed to reach the limit,forbidden.');
    const caller = findCaller(world, authorization.accessKey);
    if (caller === undefined) return refuse(`Get secretKey failed,ak:${authorization.accessKey},err:ak not exist`);
    const expired = expiry(request);
    if (expired !== undefined) return { refused: gatewayError(401, 'APIGW.0303', expired, requestId) };
    if (!isSignedWith(request, authorization, caller.accessKey.secretKey)) {
      recordFailure(authorization.accessKey);
      return refuse('verify aksk signature fail');
    }
    failures.delete(authorization.accessKey);
    return tokenProblem(request, caller) ?? caller;

    function tokenProblem({ headers }: ReceivedRequest, { accessKey }: Caller) {
      if (accessKey.securityToken === undefined) return undefined;
      if (headers['x-security-token'] !== accessKey.securityToken) return refuse('decrypt token fail');
      const { expiresAt } = accessKey;
      const valid = expiresAt === undefined || Date.parse(expiresAt) > clock.now().getTime();
      return valid ? undefined : refuse('the security token has expired');
    }
  };

  function locked(accessKey: string): boolean {
    const record = failures.get(accessKey);
    if (record === undefined || record.lockedUntil <= clock.elapsed()) return false;
    return record.count > 5;
  }

  function recordFailure(accessKey: string): void {
    const record = failures.get(accessKey);
    const previous =
      record === undefined || (record.count > 5 && record.lockedUntil <= clock.elapsed()) ? 0 : record.count;
    failures.set(accessKey, { count: previous + 1, lockedUntil: clock.elapsed() + settings.lockout });
  }

  /** The message for a signature outside its lifetime, as the API Gateway FAQ shows it. */
  function expiry(request: ReceivedRequest): string | undefined {
    const signed = request.headers['x-sdk-date'] ?? '';
    const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(signed) ?? [];
    const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    const now = clock.now();
    if (Math.abs(now.getTime() - time) <= settings.signatureLifetime) return undefined;
    const server = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
    return `Incorrect app authentication information: signature expired, signature time:${signed},server time:${server}`;
  }
}

const unauthenticated = (message: string, requestId: string): Answer =>
  gatewayError(401, 'APIGW.0301', `Incorrect IAM authentication information: ${message}`, requestId);

function findCaller(world: World, accessKeyId: string): Caller | undefined {
  for (const account of world.accounts) {
    const accessKey = account.accessKeys.find((key) => key.accessKey === accessKeyId);
    if (accessKey !== undefined) return { account, accessKey };
  }
  return undefined;
}

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
