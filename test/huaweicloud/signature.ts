import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A request exactly as it came over the wire: path and query still encoded, header names in lower case. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface Authorization {
  readonly accessKey: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const ALGORITHM = 'SDK-HMAC-SHA256';

/** Reads an Authorization header of this algorithm; undefined when it is missing or of another form. */
export function parseAuthorization(header: string | undefined): Authorization | undefined {
  const pattern = /^SDK-HMAC-SHA256 Access=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/;
  const [, accessKey, signedHeaders, signature] = pattern.exec(header ?? '') ?? [];
  if (accessKey === undefined || signedHeaders === undefined || signature === undefined) return undefined;
  return { accessKey, signedHeaders: signedHeaders.split(';'), signature };
}

/**
 * Whether the request was signed with this secret key. Own implementation of the published algorithm ("API Request
 * Signing Guide"), on purpose not shared with any client, so that a mistake in one of them shows.
 */
export function isSignedWith(request: ReceivedRequest, authorization: Authorization, secretKey: string): boolean {
  if (!authorization.signedHeaders.includes('host') || !authorization.signedHeaders.includes('x-sdk-date'))
    return false;
  const expected = Buffer.from(signatureOf(request, authorization.signedHeaders, secretKey), 'hex');
  const given = Buffer.from(authorization.signature, 'hex');
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** The signature in hex that this request must carry. */
export function signatureOf(request: ReceivedRequest, signedHeaders: readonly string[], secretKey: string): string {
  const canonical = canonicalRequest(request, signedHeaders);
  const stringToSign = `${ALGORITHM}\n${request.headers['x-sdk-date'] ?? ''}\n${sha256(canonical)}`;
  return createHmac('sha256', secretKey).update(stringToSign).digest('hex');
}

/** The text whose digest is signed: method, path, query, headers and the digest of the body. */
export function canonicalRequest(request: ReceivedRequest, signedHeaders: readonly string[]): string {
  const headers = signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim()}\n`).join('');
  return [
    request.method.toUpperCase(),
    canonicalPath(request.path),
    canonicalQuery(request.query),
    headers,
    signedHeaders.join(';'),
    bodyDigest(request),
  ].join('\n');
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** Percent-encodes everything but the unreserved characters of RFC 3986. */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** The canonical form ends with a slash even where the sent path does not. */
function canonicalPath(path: string): string {
  const encoded = path
    .split('/')
    .map((segment) => encode(decodeURIComponent(segment)))
    .join('/');
  return encoded.endsWith('/') ? encoded : `${encoded}/`;
}

function canonicalQuery(query: string): string {
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [decodeURIComponent(name), decodeURIComponent(value.join('='))] as const;
    });
  return pairs
    .toSorted(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

/** Only what is not JSON may go unsigned: the SDK signs a fixed word instead of the body's digest then. */
function bodyDigest(request: ReceivedRequest): string {
  const declared = request.headers['x-sdk-content-sha256'];
  const json = (request.headers['content-type'] ?? '').includes('json');
  return declared === 'UNSIGNED-PAYLOAD' && !json ? declared : sha256(request.body);
}
