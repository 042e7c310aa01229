import { z } from 'zod';
import { type Clock, milliseconds } from '../../clock.ts';
import { instant, parseAnswer } from '../answers.ts';
import type { Answer } from '../transport.ts';
import type { TemporaryKey } from './refreshing.ts';

/** The names that IAM, STS, the metadata service and pod identity give to the same four things (SDK `_process_credential`). */
const names = {
  accessKey: ['access', 'accessKeyId', 'access_key_id'],
  secretKey: ['secret', 'secretAccessKey', 'secret_access_key'],
  securityToken: ['securitytoken', 'securityToken', 'security_token'],
  expiresAt: ['expires_at', 'expiration'],
} as const;

type Fields = Readonly<Record<string, unknown>>;

const fields = z.record(z.string(), z.unknown());
const schema = fields
  .transform(inner)
  .transform((found) => ({
    accessKey: first(found, names.accessKey),
    secretKey: first(found, names.secretKey),
    securityToken: first(found, names.securityToken),
    expiresAt: first(found, names.expiresAt),
  }))
  .pipe(
    z.object({
      accessKey: z.string().min(1),
      secretKey: z.string().min(1),
      securityToken: z.string().min(1),
      expiresAt: instant,
    }),
  );

/**
 * Reads a temporary key from an answer. How long it holds is measured by the clock of who gave it, where the answer tells
 * its time: the clock of this machine may be wrong. Throws a `CloudError` that shows none of it.
 */
export function temporaryKey(answer: Answer, operation: string, clock: Clock): TemporaryKey {
  const { accessKey, secretKey, securityToken, expiresAt } = parseAnswer(schema, answer, operation);
  const told = Date.parse(answer.headers.date ?? '');
  const now = Number.isNaN(told) ? clock.now().getTime() : told;
  return {
    credentials: { accessKey, secretKey: () => secretKey, securityToken: () => securityToken },
    validFor: milliseconds(expiresAt.getTime() - now),
  };
}

function inner(body: Fields): Fields {
  const parsed = fields.safeParse(body['credential'] ?? body['credentials']);
  return parsed.success ? parsed.data : body;
}

const first = (found: Fields, candidates: readonly string[]): unknown =>
  candidates.map((name) => found[name]).find((value) => value !== undefined && value !== '');
