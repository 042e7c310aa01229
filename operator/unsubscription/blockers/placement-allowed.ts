import { sentence } from '../../api/sentence.ts';
import { isHalted, type Snapshot } from '../snapshot.ts';
import { type Blocker, type Rule, unreadable } from './rule.ts';

type Found = Blocker<'PlacementAllowed'>;
type Problem = Pick<Found, 'reason' | 'message' | 'remedy'> & Partial<Pick<Found, 'status'>>;

/** The operator may order at all, and the request wants it now. */
export const placementAllowed: Rule<'PlacementAllowed'> = (snapshot) => {
  const { mode, request, cloudTime } = snapshot;
  const { spec } = request;
  const problems: Problem[] = [...halted(snapshot)];
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
  problems.push(...overBudget(snapshot));
  return problems.map((problem) => ({ condition: 'PlacementAllowed', status: 'False', server: '', ...problem }));
};

function halted({ halt }: Snapshot): Problem[] {
  if (!isHalted(halt)) return [];
  if (halt.kind === 'Unreadable') return [{ reason: 'CannotRead', ...unreadable(halt.failure) }];
  const { configMap, reason } = halt.value;
  return [
    {
      reason: 'Halted',
      message: sentence(`The operator is halted by the ${configMap}${reason === undefined ? '' : `: ${reason}`}`),
      remedy: 'Ask who made it; when orders may be placed again, delete it or set halted in it to "false".',
    },
  ];
}

function overBudget({ exceeded }: Snapshot): Problem[] {
  if (exceeded === undefined) return [];
  const { limit, most } = exceeded;
  const reason = 'BudgetExceeded';
  return limit === 'open'
    ? [
        {
          reason,
          message: `As many orders of other requests are open as may be at a time: ${most}.`,
          remedy:
            'Wait until one has ended (a request that is Unreadable counts, too, until it is corrected), or start the operator with a larger --max-open-orders.',
        },
      ]
    : [
        {
          reason,
          message: `As many orders were placed within an hour as may be: ${most}.`,
          remedy:
            'Wait (a request that is Unreadable counts, too, until it is corrected), or start the operator with a larger --max-orders-per-hour.',
        },
      ];
}
