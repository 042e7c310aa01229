import { holdPrefix } from '../../api/names.ts';
import { holdsOf, type Metadata } from '../../api/objects.ts';
import { foundServers } from '../snapshot.ts';
import type { Blocker, Rule } from './rule.ts';

/** Nobody holds the request or one of its servers back by an annotation. */
export const hooksReleased: Rule<'HooksReleased'> = (snapshot) => [
  ...holds(snapshot.request.metadata, '', 'the request'),
  ...foundServers(snapshot).flatMap(({ name, server }) => holds(server.metadata, name, `DCCServer ${name}`)),
];

function holds(metadata: Metadata, server: string, where: string): Blocker<'HooksReleased'>[] {
  return holdsOf(metadata).map((annotation) => ({
    condition: 'HooksReleased',
    reason: 'Held',
    status: 'False',
    server,
    message: `${annotation.slice(holdPrefix.length)} holds ${where} back.`,
    remedy: `Ask the owner to remove the annotation ${annotation} from ${where}.`,
  }));
}
