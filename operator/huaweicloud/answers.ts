import { Big } from 'big.js';
import { z } from 'zod';
import { hours, type Milliseconds, milliseconds, seconds } from '../clock.ts';
import { type Credentials, withoutSecrets } from './credentials.ts';
import { CloudError, classify, unparsable } from './errors.ts';
import type { Answer, Exchange } from './transport.ts';

/** An enumerated value that the API does not document, kept so that it can be shown: `Unrecognised(7)`. */
export type Unrecognised = `Unrecognised(${string})`;

/** Parses a documented code into its name; a code that is not documented is kept as `Unrecognised`, never dropped. */
export function named<const Name extends string>(names: Readonly<Record<string | number, Name>>) {
  const byCode = new Map<string, Name>(Object.entries(names));
  return z
    .union([z.string(), z.number()])
    .transform((code): Name | Unrecognised => byCode.get(String(code)) ?? `Unrecognised(${code})`);
}

/** A field that the cloud may leave out or send as null: `undefined` here. */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** Optional text; the cloud also leaves it empty. */
export const filled = optional(z.string()).transform((text) => (text === '' ? undefined : text));

/** Money: exact, from a JSON number or decimal text. */
export const amount = z
  .union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/, 'is no amount')])
  .transform((value) => new Big(value));

/**
 * An instant. A text without a zone is read as UTC: CBR writes `2020-02-21T07:00:54.065135` and documents no zone. Huawei's
 * own Python core appends the `Z`, too (`client.py`, `_deserialize_data_time`), but whoever compares such a time allows some
 * slack. RDS writes `+0800` without a colon.
 */
export const instant = z.string().transform((text, context) => {
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(text) ? text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2') : `${text}Z`;
  const at = new Date(zoned);
  if (/^\d{4}-\d{2}-\d{2}T/.test(text) && !Number.isNaN(at.getTime())) return at;
  context.addIssue({ code: 'custom', message: 'is no time' });
  return z.NEVER;
});

/**
 * A page of a list with a stated total, under the names that the service uses. The rows may be left out or null only when
 * the total is stated as 0; any other missing list is an error.
 */
export function counted<Item extends z.ZodType>(totalName: string, itemsName: string, item: Item) {
  return z
    .looseObject({})
    .transform((body) => ({
      total: body[totalName],
      items: body[itemsName] ?? (body[totalName] === 0 ? [] : undefined),
    }))
    .pipe(z.object({ total: z.int().nonnegative(), items: z.array(item) }));
}

/** What an error body says. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly requestId: string | undefined;
}

const spellings = [
  ['error_code', 'error_msg'],
  ['errorCode', 'errorMsg'],
  ['errorCode', 'errorMessage'],
  ['code', 'message'],
] as const;

/** Finds the error in a body, in any of the shapes of Huawei's services, also one level down (SDK `exception_handler.py`). */
export function errorIn(body: unknown): ErrorBody | undefined {
  if (!isRecord(body)) return undefined;
  const own = ownError(body);
  if (own !== undefined) return own;
  for (const inner of Object.values(body)) {
    const nested = isRecord(inner) ? ownError(inner) : undefined;
    if (nested !== undefined) return { ...nested, requestId: nested.requestId ?? text(body['request_id']) };
  }
  return undefined;
}

/** Finds an error inside an answer with status 200, which the billing centre documents for some codes. */
export function errorInside200(body: unknown): ErrorBody | undefined {
  if (!isRecord(body)) return undefined;
  const code = text(body['error_code']) ?? text(body['errorCode']);
  if (code === undefined || code === '' || code === 'CBC.0000') return undefined;
  const message = text(body['error_msg']) ?? text(body['errorMsg']) ?? text(body['errorMessage']) ?? '';
  return { code, message: printable(message), requestId: text(body['request_id']) };
}

function ownError(record: Readonly<Record<string, unknown>>): ErrorBody | undefined {
  for (const [codeName, messageName] of spellings) {
    const code = text(record[codeName]);
    const message = text(record[messageName]);
    if (code !== undefined && message !== undefined) {
      return { code, message: printable(message), requestId: text(record['request_id']) };
    }
  }
  return undefined;
}

/**
 * Whether an answer was written by the cloud, and not by a proxy on the way in its place: as far as its form tells. Such pages may be JSON, too, with a
 * code and a date of their own.
 */
export function isOfTheCloud({ status, body }: Answer): boolean {
  const value = jsonOf(body)?.value;
  if (status >= 200 && status <= 299) return isRecord(value);
  return codeOfTheCloud.test(errorIn(value)?.code ?? '');
}

/** Such as `CBC.0151`, `APIGW.0301`, `Ecs.0114`, `CCE.01404001`. */
const codeOfTheCloud = /^[A-Za-z][A-Za-z0-9]*\.\d+$/;

/**
 * Whether a service says that there is no such thing, by an error in its body. The gateway answers 404 too (`APIGW.0101`: no such API) when the
 * address is wrong. For services whose form is not documented: a proxy may answer so in JSON, too.
 */
export const mayBeMissing = (error: unknown): error is CloudError =>
  error instanceof CloudError && error.httpStatus === 404 && error.explained && !/^APIGW?\./.test(error.code);

/** Whether a service says so in the cloud's own form, for certain. */
export const saysMissing = (error: unknown): boolean => mayBeMissing(error) && codeOfTheCloud.test(error.code);

/** The JSON of a body, or undefined when it is none. */
export function jsonOf(body: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(body) };
  } catch {
    return undefined;
  }
}

/** The error that an answer is, or undefined when it is a success. `credentials` are kept out of its message. */
export function errorOf(answer: Answer, operation: string, credentials: Credentials): CloudError | undefined {
  const json = jsonOf(answer.body);
  const succeeded = answer.status >= 200 && answer.status <= 299;
  const body = succeeded ? errorInside200(json?.value) : errorIn(json?.value);
  if (succeeded && body === undefined) return undefined;
  const code = body?.code ?? String(answer.status);
  const { class: errorClass, meaning } = classify(code, answer.status);
  return new CloudError({
    class: errorClass,
    code,
    operation,
    message: [`answered ${answer.status} ${code}`, meaning, withoutSecrets(body?.message ?? '', credentials)]
      .filter(Boolean)
      .join(': '),
    httpStatus: answer.status,
    explained: body !== undefined,
    requestId: body?.requestId ?? firstOf(answer.headers['x-request-id']),
    retryAfter: retryAfterOf(answer.headers),
  });
}

/** The error in the answer of an exchange; undefined also when no answer came. */
export function errorOfExchange(
  exchange: Exchange,
  operation: string,
  credentials: Credentials,
): CloudError | undefined {
  return exchange.kind === 'Answered' ? errorOf(exchange.answer, operation, credentials) : undefined;
}

/** Parses the body of a success. Throws a `CloudError` of class `Unparsable` that names the first fields that are wrong. */
export function parseAnswer<Parsed>(schema: z.ZodType<Parsed>, answer: Answer, operation: string): Parsed {
  const json = jsonOf(answer.body);
  if (json === undefined) throw unparsable(operation, 'the answer is not JSON');
  const parsed = schema.safeParse(json.value);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw unparsable(operation, `the answer does not read as documented (${wrong.join('; ')})`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function firstOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}

/** Who is asked to wait for longer tries again then: a slip in a date must not end all reads. */
const longestWait = hours(1);

/** Seconds, or a date (RFC 9110, 10.2.3), which the clock of the answer itself measures: without that one it says nothing. */
function retryAfterOf({ 'retry-after': header = '', date }: Answer['headers']): Milliseconds | undefined {
  const wait = /^\d+$/.test(header) ? seconds(Number(header)) : instantOf(header) - instantOf(date ?? '');
  return Number.isNaN(wait) ? undefined : milliseconds(Math.min(longestWait, Math.max(0, wait)));
}

/** NaN for what is not the one form of a date that servers may write: `Date.parse` would take almost anything. */
const instantOf = (date: string): number =>
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(date) ? Date.parse(date) : Number.NaN;

/** One line of at most 300 printable characters: messages of the cloud end in conditions and logs. */
function printable(message: string): string {
  return message
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 300);
}
