import type { Clock } from '../../operator/clock.ts';
import { type Answer, gatewayError } from './answers.ts';
import type { Settings } from './settings.ts';
import { isSignedWith, parseAuthorization, type ReceivedRequest } from './signature.ts';
import type { AccessKey, Account } from './world/account.ts';
import type { World } from './world/world.ts';

export interface Caller {
  readonly account: Account;
  readonly accessKey: AccessKey;
}

/** Failures of one key: more than five in a row lock it. */
interface Failures {
  count: number;
  lockedUntil: number;
}

/** Finds out who signed a request, or refuses it: lock, key, lifetime, signature, security token, in this order. */
export function authenticator(world: World, settings: Settings, clock: Clock) {
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

/** APIGW.0301, as the API Request Signing Guide shows it. */
export const unauthenticated = (message: string, requestId: string): Answer =>
  gatewayError(401, 'APIGW.0301', `Incorrect IAM authentication information: ${message}`, requestId);

function findCaller(world: World, accessKeyId: string): Caller | undefined {
  for (const account of world.accounts) {
    const accessKey = account.accessKeys.find((key) => key.accessKey === accessKeyId);
    if (accessKey !== undefined) return { account, accessKey };
  }
  return undefined;
}
