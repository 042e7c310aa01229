import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { blockingConditions, type Condition } from '../../operator/api/conditions.ts';
import type { UnsubscriptionRequest } from '../../operator/api/objects.ts';
import type { Placement } from '../../operator/api/unsubscriptionrequest.ts';
import { asTheyStood, type Moment } from './format.ts';

/** A moment as it is compared, and as it is written in a file: without what goes without saying. */
type Written = Pick<Moment, 'blockers' | 'warnings'> & {
  state: string;
  ready?: string;
  conditions: Moment['conditions'];
  calls?: string[];
};

/**
 * Undefined when a request stands as the file says, in every word; else what tells how it stands, in the words of a file. It
 * is told only at the end of a wait: to write it out fifty times a second would slow every scenario down.
 */
export function differenceOf(request: UnsubscriptionRequest, expected: Moment): (() => string) | undefined {
  const actual = standing(request, expected);
  const wanted = inFull(expected);
  if (isDeepStrictEqual(actual, wanted)) return undefined;
  const shown = (written: Written) => stringify(written, { lineWidth: 0 });
  return () => ['It stands like this:', shown(actual), 'and not like this:', shown(wanted)].join('\n');
}

/** How a request stands, as far as the file says anything of it. */
function standing({ status }: UnsubscriptionRequest, { ready, calls, state, conditions: named }: Moment): Written {
  const { conditions = [], blockers = [], warnings = [], placements = [] } = status;
  const told = conditions.find(({ type }) => type === 'Ready');
  const missing = Object.keys(blockingConditions).filter((type) => !conditions.some((one) => one.type === type));
  return {
    state: told?.reason ?? '',
    ...(ready === undefined ? {} : { ready: told?.message ?? '' }),
    blockers: blockers.map(({ condition, reason, server, message, remedy }) => ({
      condition,
      reason,
      ...(server === '' ? {} : { server }),
      message,
      remedy,
    })),
    conditions:
      named === asTheyStood
        ? asTheyStood
        : Object.fromEntries([
            ...conditions.filter((one) => !goesWithoutSaying(one, state)).map((one) => [one.type, inWords(one)]),
            ...missing.map((type) => [type, 'is missing']),
          ]),
    warnings: warnings.map(({ server, reason, message, remedy }) => ({ server, reason, message, remedy })),
    ...(calls === undefined && state === 'Complete' ? {} : { calls: placements.map(callInWords) }),
  };
}

function inFull({ state, ready, blockers, conditions, warnings, calls }: Moment): Written {
  return {
    state,
    ...(ready === undefined ? {} : { ready }),
    blockers,
    conditions: conditions === asTheyStood ? asTheyStood : inFullWords(conditions, blockers),
    warnings,
    ...(calls === undefined && state === 'Complete' ? {} : { calls: calls ?? [] }),
  };
}

const inFullWords = (conditions: Record<string, string>, blockers: Moment['blockers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(conditions).map(([type, text]) => [
      type,
      text.includes(': ') ? text : `${text}: ${textOf(type, blockers)}`,
    ]),
  );

/** A condition with one blocker has its words. */
function textOf(type: string, blockers: Moment['blockers']): string {
  const [only, ...others] = blockers.filter(({ condition }) => condition === type);
  if (only === undefined || others.length > 0) return `(${others.length + 1} blockers: write the message out)`;
  return `${only.message} ${only.remedy}`;
}

const inWords = ({ status, reason, message }: Condition): string =>
  message === '' ? `${status} ${reason}` : `${status} ${reason}: ${message}`;

const callInWords = ({ id, result, state, code }: Placement): string =>
  [id, result ?? state, ...(code === undefined ? [] : [code])].join(' ');

/** What the state says already, and that a rule holds. */
function goesWithoutSaying({ type, status, reason, message }: Condition, state: Moment['state']): boolean {
  switch (type) {
    case 'Ready':
    case 'Reconciling':
    case 'Complete':
      return true;
    case 'Failed':
    case 'Stalled':
      return state === 'Failed';
    case 'Placed':
      return reason === 'OrdersCompleted' || reason === 'NothingPlaced';
    default: {
      const met = Object.entries(blockingConditions).find(([known]) => known === type)?.[1].met;
      return status === 'True' && reason === met && message === '';
    }
  }
}
