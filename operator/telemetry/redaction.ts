/** Property names, in any case, whose values never reach the log: of keys, of headers, of kubeconfig files and of the environment. */
const secretNames = [
  'accessKey',
  'secretKey',
  'secret',
  'securityToken',
  'token',
  'password',
  'authorization',
  'x-security-token',
  'x-auth-token',
  'x-subject-token',
  'x-metadata-token',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'id-token',
  'id_token',
  'refresh-token',
  'refresh_token',
  'access_token',
  'client-secret',
  'client_secret',
  'client-key-data',
  'HUAWEICLOUD_SDK_AK',
  'HUAWEICLOUD_SDK_SK',
  'HUAWEICLOUD_SDK_SECURITY_TOKEN',
  'HUAWEICLOUD_OIDC_ID_TOKEN',
  // As IAM, STS and the metadata service name what they give.
  'access',
  'access_key_id',
  'secret_access_key',
  'secretAccessKey',
  'security_token',
] as const;

/** What stands for a secret. */
export const redacted = '[redacted]';

const names: ReadonlySet<string> = new Set(secretNames.map((name) => name.toLowerCase()));
const isSecret = (name: unknown): boolean => typeof name === 'string' && names.has(name.toLowerCase());

/** What gives a secret away in words, and what is left of them. */
const patterns: readonly [RegExp, string][] = [
  // As a header, or as a parameter of an address.
  [
    /((?:authorization|x-\w+-token|cookie):\s*)(?:(?:Bearer|Basic|SDK-HMAC-SHA256 .*Signature=)\s*)?[^\s",]+/gi,
    `$1${redacted}`,
  ],
  [/([?&;](?:\w*token|password|\w*secret)=)[^\s&"]+/gi, `$1${redacted}`],
  // A signature of ours (signing.ts), bearer tokens, JSON Web Tokens, private keys, and who logs in by an address.
  [/(SDK-HMAC-SHA256 ).*Signature=[0-9a-f]+/gi, `$1${redacted}`],
  [/(Bearer\s+)[\w.~+/=-]{8,}/gi, `$1${redacted}`],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, redacted],
  [/(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END|$)/gs, `$1${redacted}$2`],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s"/@]*:[^\s"/@]*@/gi, `$1${redacted}@`],
];

/** The words without what gives a secret away by its form. */
export const redactWords = (words: string): string =>
  patterns.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), words);

/** A line of the log, which is one JSON object, without secrets: those under a telling name, at any depth, and those in words. */
export function redactLine(line: string): string {
  const value = parsed(line);
  return value === undefined ? redactWords(line) : `${JSON.stringify(redact(value))}\n`;
}

function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  // After its name in a list, as Node has raw headers.
  if (Array.isArray(value)) return value.map((item, index) => (isSecret(value[index - 1]) ? redacted : redact(item)));
  if (typeof value !== 'object' || value === null) return value;
  if ('type' in value && value.type === 'Buffer') return '[bytes]';
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([name, inner]) => [name, isSecret(name) ? redacted : redact(inner)]));
}

/** Bodies of requests are JSON inside of a string. */
function redactText(text: string): string {
  const value = /^\s*[[{]/.test(text) ? parsed(text) : undefined;
  return value === undefined ? redactWords(text) : JSON.stringify(redact(value));
}

/** Undefined when it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
