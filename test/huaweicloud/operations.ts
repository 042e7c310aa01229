import type { Answer } from './answers.ts';
import type { Settings } from './settings.ts';
import type { AccessKey, Account } from './world/account.ts';
import type { World } from './world/world.ts';

/** One call as a service sees it. The world and the time are those of a moment ago under a stale-read fault. */
export interface Call {
  readonly world: World;
  readonly now: Date;
  readonly settings: Settings;
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The parsed JSON body; undefined when there is none or it is not JSON. */
  readonly body: unknown;
  readonly requestId: string;
}

/** A call whose signature has been verified. */
export interface SignedCall extends Call {
  readonly account: Account;
  readonly accessKey: AccessKey;
}

interface Route {
  /** `service.verb`, the name that faults, throttles, permissions and counters use. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path with parameters in braces, as in the API documents. */
  readonly path: string;
  /** Calls a second, where documented; else the throttle of the settings. */
  readonly rate?: number;
  /** Whether the call changes the world: it never works on a stale copy. */
  readonly writes?: boolean;
}

/** A call that needs no signature: the ways to get credentials. One that has a signature is told who signed it. */
export interface PublicOperation extends Route {
  readonly access: 'public';
  readonly answer: (call: Call & Partial<Pick<SignedCall, 'account' | 'accessKey'>>) => Answer;
}

/** Scope of a signed call: an account, an account's billing centre, or one of its projects (`{project_id}` in the path). */
export interface SignedOperation extends Route {
  readonly access: 'account' | 'billing' | 'project';
  readonly answer: (call: SignedCall) => Answer;
}

export type Operation = PublicOperation | SignedOperation;

export interface Match {
  readonly operation: Operation;
  readonly path: Readonly<Record<string, string>>;
}

/** Finds the operation of a request. Where two paths fit, the one with fewer parameters wins. */
export function router(operations: readonly Operation[]): (method: string, path: string) => Match | undefined {
  const routes = operations
    .map((operation) => ({ operation, segments: operation.path.split('/') }))
    .toSorted((one, other) => parameterCount(one.segments) - parameterCount(other.segments));
  return (method, path) => {
    const actual = path.replace(/(?<=.)\/$/, '').split('/');
    for (const { operation, segments } of routes) {
      const found = operation.method === method ? parameters(segments, actual) : undefined;
      if (found !== undefined) return { operation, path: found };
    }
    return undefined;
  };
}

const isParameter = (segment: string): boolean => segment.startsWith('{');
const parameterCount = (segments: readonly string[]): number => segments.filter(isParameter).length;

function parameters(template: readonly string[], actual: readonly string[]): Record<string, string> | undefined {
  if (template.length !== actual.length) return undefined;
  const found: Record<string, string> = {};
  for (const [index, segment] of template.entries()) {
    const value = actual[index] ?? '';
    if (isParameter(segment) && value !== '') found[segment.slice(1, -1)] = decodeURIComponent(value);
    else if (segment !== value) return undefined;
  }
  return found;
}
