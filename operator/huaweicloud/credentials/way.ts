import type { Milliseconds } from '../../clock.ts';
import { type AccountCredentials, accountIds, type CredentialsValues } from '../credentials.ts';
import type { Surroundings } from './ask.ts';
import { type ObtainKey, type RefreshOptions, refreshing } from './refreshing.ts';

/** The operator's own credentials, and where they come from. */
export interface OwnCredentials extends AccountCredentials {
  /** In words. */
  readonly way: string;
  /** What was set for it, without secrets. */
  readonly settings: Readonly<Record<string, string>>;
  /** For a person on call, without secrets. */
  readonly state: () => object;
  /** How long the key in use holds; undefined before there is one. Absent where keys do not end by themselves. */
  readonly keyHoldsFor?: () => Milliseconds | undefined;
}

/** What a way works with. */
export interface WaySurroundings extends Surroundings {
  readonly tell: RefreshOptions['tell'];
}

/** One way to come by credentials. */
export interface Way {
  /** In words. */
  readonly name: string;
  /**
   * Whether the environment is set for it. Half of that is enough, and an empty value counts: a slip is told, and never
   * answered by other credentials than those that were meant.
   */
  isChosen(environment: CredentialsValues): boolean;
  /** Sends nothing. Throws a `CredentialsError` that names what is missing or wrong. */
  open(environment: CredentialsValues, surroundings: WaySurroundings): OwnCredentials;
}

/** Whether any of the variables is set. */
export const isAnySet = (environment: CredentialsValues, names: readonly string[]): boolean =>
  names.some((name) => environment[name] !== undefined);

/** What is particular to one way whose keys are temporary. */
export interface TemporaryWay {
  readonly way: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly environment: CredentialsValues;
  readonly remedy: string;
  readonly obtain: ObtainKey;
}

/** Credentials of a way whose keys are temporary: refreshed by themselves, with the ids that the environment may hold. */
export function temporaryCredentials(parts: TemporaryWay, { clock, tell }: WaySurroundings): OwnCredentials {
  const { way, settings, environment, remedy, obtain } = parts;
  return {
    way,
    settings,
    fingerprint: `own: ${way}`,
    ...accountIds(environment, remedy),
    ...refreshing({ obtain, clock, tell }),
  };
}
