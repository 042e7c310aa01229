import type { Blocker, Rule } from './rule.ts';

type Problem = Pick<Blocker<'PlacementAllowed'>, 'reason' | 'message' | 'remedy'>;

/** The operator may order at all, and the request wants it now. */
export const placementAllowed: Rule<'PlacementAllowed'> = ({ mode, request: { spec }, cloudTime }) => {
  const problems: Problem[] = [];
  if (mode === 'ObserveOnly') {
    problems.push({
      reason: 'ObserveOnly',
      message: 'The operator only observes.',
      remedy: 'Start the operator with --mode Place to let it order.',
    });
  }
  if (spec.suspend === true) {
    problems.push({ reason: 'Suspended', message: 'The request is suspended.', remedy: 'Set spec.suspend to false.' });
  }
  // Where the cloud's time is not known to the millisecond, both ends are kept.
  if (spec.notBefore !== undefined && cloudTime.earliest < new Date(spec.notBefore)) {
    problems.push({
      reason: 'NotBefore',
      message: `Nothing is ordered before ${spec.notBefore}.`,
      remedy: 'Wait, or create a request with another notBefore.',
    });
  }
  if (spec.deadline !== undefined && cloudTime.latest >= new Date(spec.deadline)) {
    problems.push({
      reason: 'DeadlinePassed',
      message: `Nothing is ordered after ${spec.deadline}.`,
      remedy: 'Delete this request and create one with another deadline.',
    });
  }
  return problems.map((problem) => ({ condition: 'PlacementAllowed', status: 'False', server: '', ...problem }));
};
