import type { Step } from '../explore.ts';
import { isLost, type Setting, workOn } from './journal.ts';
import { idle, type Leader, type Request, type View, type World } from './state.ts';

/** One thing that happens. */
export type WorldStep = Step<World>;

/** Something that has to happen in the end. */
export const step = (label: string, state: World): WorldStep => ({ label, state, fault: false });

/** Something that goes wrong, or need not happen. */
export const fault = (label: string, state: World): WorldStep => ({ label, state, fault: true });

/** Either, by whether what was read was the truth. */
export const reading = (label: string, isTrue: boolean, state: World): WorldStep => ({
  label: isTrue ? label : `${label} (an old answer)`,
  state,
  fault: !isTrue,
});

/** The leaders are called A, B, C. */
export const nameOf = (leader: number): string => String.fromCharCode('A'.charCodeAt(0) + leader);

/** As calls are called here: the request, then the attempt. */
export const callOf = ({ request, attempt }: { request: number; attempt: number }): string =>
  `${request + 1}.${attempt + 1}`;

export function leaderOf({ leaders }: World, index: number): Leader {
  const leader = leaders[index];
  if (leader === undefined) throw new RangeError(`there is no leader ${index}`);
  return leader;
}

export function requestOf({ requests }: World, index: number): Request {
  const request = requests[index];
  if (request === undefined) throw new RangeError(`there is no request ${index}`);
  return request;
}

/** The world in which a leader has changed. */
export const withLeader = (world: World, index: number, change: Partial<Leader>): World => ({
  ...world,
  leaders: world.leaders.map((leader, each) => (each === index ? { ...leader, ...change } : leader)),
});

/** The world in which the pass of a leader is over. */
export const resting = (world: World, index: number): World => withLeader(world, index, idle);

/**
 * The world in which a request is another version: whoever holds an older one is no longer fresh. A pass that could only end
 * in a conflict now ends at once, because all that it could do until then is read.
 */
export function withRequest(world: World, index: number, request: Request, setting: Setting, writer?: number): World {
  const outdated = outdatedView(requestOf(world, index), setting);
  const now = plain(request);
  return {
    ...world,
    requests: world.requests.map((old, each) => (each === index ? now : old)),
    leaders: world.leaders.map((leader, each) => {
      const isWriter = each === writer;
      const views = leader.views.map((view, seen) =>
        seen !== index ? view : viewAfter(view, outdated, isWriter || now.stands === 'Gone'),
      );
      if (leader.at === 'Idle' || leader.request !== index) return { ...leader, views };
      if (!isWriter && isDoomed(leader, setting)) return { ...idle, views };
      return { ...leader, views, fresh: isWriter };
    }),
  };
}

/** Without what matters no more: an approval when it has ended, a statement on a call that is settled, and of one that is gone all but its calls. */
function plain(request: Request): Request {
  if (request.stands === 'Gone') {
    const entries = request.entries.map((entry) => ({ ...entry, age: 0, asked: false }));
    return { ...request, approved: false, statement: 'None', entries };
  }
  const approved = request.approved && request.end === 'None';
  return { ...request, approved, statement: request.entries.some(isLost) ? request.statement : 'None' };
}

/** Whether a pass on an older version of its request comes to nothing: it has not written yet, and would only by compare-and-swap. */
function isDoomed({ at }: Leader, { rules }: Setting): boolean {
  switch (at) {
    case 'LookedAtRequest':
    case 'Cleared':
      return rules.intentOnClearedVersion && rules.order !== 'SignSendIntend' && rules.lastLook === 'Live';
    case 'Signed':
      return rules.intentOnClearedVersion && rules.order === 'SignIntendSend';
    case 'ReadOrders':
    case 'Asking':
    case 'Settled':
      return rules.settlementOnReadVersion;
    default:
      return false;
  }
}

function viewAfter(view: View, outdated: View, isEven: boolean): View {
  if (isEven) return 'Current';
  return view === 'Current' ? outdated : view;
}

/** What a cache that still shows this version would have its leader do that does not end in a conflict. */
function outdatedView(request: Request, setting: Setting): View {
  const work = workOn(request, setting);
  if (work.do === 'Release') return 'StaleRelease';
  return work.do === 'Place' && setting.rules.lastLook !== 'Live' ? 'StalePlace' : 'Current';
}
