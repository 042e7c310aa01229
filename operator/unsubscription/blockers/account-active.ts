import type { AccountState, ReadFailure } from '../snapshot.ts';
import { type Blocker, eachServer, unreadable } from './rule.ts';

type Found = Blocker<'AccountActive'>;

/**
 * The account is enabled and owes nothing. No call tells a customer whether the own account is frozen:
 * these are the documented signs, and the cloud's own refusal is the final one.
 */
export const accountActive = eachServer<'AccountActive'>(({ name, observation }) => {
  const reading = observation.account;
  const problem = reading.kind === 'Unreadable' ? unreadableAccount(reading.failure) : problemOf(reading.value);
  return problem === undefined ? [] : [{ condition: 'AccountActive', server: name, ...problem }];
});

type Problem = Pick<Found, 'reason' | 'message' | 'remedy' | 'status'>;

function unreadableAccount(failure: ReadFailure): Problem {
  switch (failure.cause) {
    case 'Credentials':
      return { reason: 'CredentialsInvalid', ...unreadable(failure) };
    case 'WrongSite':
      return { reason: 'WrongSite', ...unreadable(failure) };
    case 'AccountFrozen':
      return { reason: 'AccountFrozen', ...unreadable(failure) };
    default:
      return { reason: 'CannotRead', ...unreadable(failure) };
  }
}

function problemOf(account: AccountState): Problem | undefined {
  if (account.inArrears) {
    return {
      status: 'False',
      reason: 'AccountInArrears',
      message: 'The account is in arrears, the usual cause of a frozen account.',
      remedy: 'Top the account up in the Billing Center until the amount due is zero.',
    };
  }
  return undefined;
}
