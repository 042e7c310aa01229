import { sentence } from '../api/sentence.ts';
import { CredentialsError } from '../huaweicloud/credentials.ts';
import { EndpointError } from '../huaweicloud/endpoints.ts';
import { CloudError, type CloudErrorClass } from '../huaweicloud/errors.ts';
import type { ReadFailure, Reading } from './observation.ts';

/** Turns the result of a read into a reading; any error makes it unreadable. Only an abort of ours passes through. */
export async function reading<Value>(
  source: string,
  read: () => Promise<Value>,
  signal?: AbortSignal,
): Promise<Reading<Value>> {
  try {
    return { kind: 'Read', value: await read() };
  } catch (error) {
    signal?.throwIfAborted();
    return { kind: 'Unreadable', failure: failureOf(source, error) };
  }
}

const causes: Partial<Record<CloudErrorClass, ReadFailure['cause']>> = {
  Credentials: 'Credentials',
  WrongSite: 'WrongSite',
  FrozenAccount: 'AccountFrozen',
  Permission: 'Permission',
  Unparsable: 'Unparsable',
  NotFound: 'Configuration',
  Gone: 'Configuration',
};

/** An error in words that do not change from one pass to the next, with what to do about it. */
export function failureOf(source: string, error: unknown): ReadFailure {
  if (error instanceof CloudError) {
    const cause = causes[error.class] ?? 'Unavailable';
    return { source, cause, message: sentence(error.message), remedy: error.remedy };
  }
  if (error instanceof CredentialsError) {
    return { source, cause: 'Credentials', message: sentence(error.message), remedy: error.remedy };
  }
  if (error instanceof EndpointError) {
    return {
      source,
      cause: 'Configuration',
      message: sentence(error.message),
      remedy: 'Create a DCCServer with the right region.',
    };
  }
  const message = sentence(error instanceof Error ? error.message : String(error));
  const remedy = 'It is read again by itself; when it stays, report it to the makers of the operator in these words.';
  return { source, cause: 'Unavailable', message, remedy };
}

/** All of several readings, or the first that failed. */
export function combine<Values extends readonly unknown[], Result>(
  readings: { [Index in keyof Values]: Reading<Values[Index]> },
  join: (...values: Values) => Result,
): Reading<Result>;
export function combine(
  readings: readonly Reading<unknown>[],
  join: (...values: unknown[]) => unknown,
): Reading<unknown> {
  const values: unknown[] = [];
  for (const one of readings) {
    if (one.kind === 'Unreadable') return one;
    values.push(one.value);
  }
  return { kind: 'Read', value: join(...values) };
}
