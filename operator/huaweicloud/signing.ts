import { createHmac, hash } from 'node:crypto';
import type { Credentials } from './credentials.ts';
import type { WireRequest } from './transport.ts';

/** Query parameters; an array repeats its key, `undefined` leaves the key out. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** A request as the services describe it, before anything is encoded. */
export interface UnsignedRequest {
  readonly method: 'GET' | 'POST';
  /** Scheme, host and port without a path: `https://ecs.cn-north-4.myhuaweicloud.com`. */
  readonly origin: string;
  /** The segments of the path, not encoded. An empty one is refused: it would turn "show one" into "list all". */
  readonly path: readonly string[];
  readonly query?: Query;
  /** Lower-case names. All of them are signed. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The exact text to send; left out when there is none. */
  readonly body?: string;
}

/** A request that is signed: nothing in it may be altered, or the signature is void. */
export interface SignedRequest extends WireRequest {
  readonly signedAt: Date;
}

const algorithm = 'SDK-HMAC-SHA256';

/**
 * Signs a request with SDK-HMAC-SHA256 as Huawei's own clients do (huaweicloudsdkcore `signer/signer.py`, npm
 * `huaweicloud-sdk-core` `AKSKSigner`). `at` is the time that the cloud compares with its own: a difference of more than
 * 15 minutes is refused. Pure. Throws a TypeError on a path with an empty, `.` or `..` segment, or a slash in one.
 */
export function signRequest(request: UnsignedRequest, credentials: Credentials, at: Date): SignedRequest {
  const date = signingDate(at);
  const path = encodePath(request.path);
  const query = encodeQuery(request.query ?? {});
  const body = Buffer.from(request.body ?? '', 'utf8');
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...request.headers,
    ...(credentials.securityToken === undefined ? {} : { 'x-security-token': credentials.securityToken() }),
    host: new URL(request.origin).host,
    'x-sdk-date': date,
  };
  const names = Object.keys(headers).sort();
  const canonicalHeaders = names.map((name) => `${name}:${headers[name]?.trim()}\n`).join('');
  const signedHeaders = names.join(';');
  // The canonical path ends in a slash; the path that is sent does not.
  const canonical = [request.method, `${path}/`, query, canonicalHeaders, signedHeaders, sha256(body)].join('\n');
  const signature = createHmac('sha256', credentials.secretKey())
    .update([algorithm, date, sha256(canonical)].join('\n'))
    .digest('hex');
  const authorization = `${algorithm} Access=${credentials.accessKey}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
  return {
    method: request.method,
    origin: request.origin,
    target: query === '' ? path : `${path}?${query}`,
    headers: { ...headers, authorization },
    body,
    signedAt: at,
  };
}

/** `20260102T030405Z`: the only form of X-Sdk-Date. */
function signingDate(at: Date): string {
  return at.toISOString().replaceAll(/[-:]|\.\d+/g, '');
}

/**
 * A slash in a segment is refused, too: encoded, it is a separator to the signer of the Python SDK, and so may it be to the
 * cloud's. Wrong signatures lock a key.
 */
function encodePath(segments: readonly string[]): string {
  for (const segment of segments) {
    if (segment === '' || segment === '.' || segment === '..' || segment.includes('/')) {
      throw new TypeError(
        `Refusing the path ${JSON.stringify(segments)}: a segment is empty, names a folder or has a slash.`,
      );
    }
  }
  return segments.map((segment) => `/${encode(segment)}`).join('');
}

function encodeQuery(query: Query): string {
  return Object.keys(query)
    .sort()
    .flatMap((key) => valuesOf(query[key]).map((value) => `${encode(key)}=${encode(value)}`))
    .join('&');
}

function valuesOf(value: Query[string]): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'object' ? value.toSorted() : [String(value)];
}

/** Percent-encodes everything but A-Z a-z 0-9 - _ . ~ (`encodeURIComponent` leaves five more as they are). */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(content: string | Buffer): string {
  return hash('sha256', content);
}
