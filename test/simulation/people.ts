import type { ApiServer, StoredObject } from './api-server.ts';
import type { Cloud } from './cloud.ts';
import { hasEnded, requestsPlural } from './objects.ts';
import { orderLongBefore } from './people/console.ts';
import { anyDeeds, meddlesomeDeeds } from './people/deeds.ts';
import { letGoOn } from './people/holding-up.ts';
import { createKnown, type Known, type PeopleOptions } from './people/known.ts';
import { applyRequest, applyServers, approveAll, remove } from './people/manifests.ts';
import { watchForOccasions } from './people/occasions.ts';
import { answerIfStuck, stateRefusals } from './people/statements.ts';
import type { Schedule } from './schedule.ts';

/** Everybody but the operator: who applies and approves, who has second thoughts, who works in the console. */
export interface People {
  /** Something that people do, whatever it is. */
  act(): void;
  /** What people do who want it all to come to its end: approve, stop holding things up, say what became of a lost call. */
  help(): void;
  /** With some likelihood somebody does something just now that matters to the operator, which may be busy with a request. */
  meddle(busyWith?: StoredObject): void;
  /** From now on they only help. */
  rest(): void;
  /** After a while they give up what cannot be: requests for what is gone already. */
  giveUp(): void;
}

export function createPeople(schedule: Schedule, server: ApiServer, cloud: Cloud, options: PeopleOptions): People {
  const meddle = (busyWith?: StoredObject) => {
    if (known.takesOccasion()) known.shortly(() => schedule.weigh(meddlesomeDeeds(known, busyWith))?.());
  };
  const known: Known = createKnown({ schedule, server, cloud }, options, meddle);
  watchForOccasions(known);
  applyServers(known);
  applyRequest(known);
  if (options.awaitsApproval) orderLongBefore(known);
  return {
    act: () => schedule.weigh(anyDeeds(known))?.(),
    help: () => help(known),
    meddle,
    rest: () => {
      known.isResting = true;
    },
    giveUp: () => giveUp(known),
  };
}

function help(known: Known): void {
  applyServers(known);
  if (known.requests().length === 0 && !known.hasSeenCall) applyRequest(known);
  approveAll(known);
  for (const request of known.requests()) {
    letGoOn(known, request);
    answerIfStuck(known, request);
  }
}

function giveUp(known: Known): void {
  for (const request of known.requests()) {
    if (hasEnded(request)) continue;
    if (!stateRefusals(known, request)) remove(known, requestsPlural, request.metadata.name);
  }
}
