import { labelOf } from '../../operator/api/dccserver.ts';
import { type DCCServer, isConditionTrue, type UnsubscriptionRequest } from '../../operator/api/objects.ts';
import { columns, cut, type Line, type Span, span } from './text.ts';
import { stateOf, styleOf, type View } from './view.ts';

export interface Size {
  readonly rows: number;
  readonly columns: number;
}

export interface FrameContent {
  /** Shown in the first line, at the left and at the right. */
  readonly title: string;
  readonly corner: string;
  readonly view: View;
  /** The newest lines of the story, oldest first: as many of the last ones as there is room for are shown. */
  readonly story: readonly Line[];
}

/** Least number of lines that the story gets, however much there is to show above. */
const leastStory = 6;

/** The live picture: servers, requests with what blocks them, and the newest lines of the story. Never larger than `size`. Pure. */
export function frame({ title, corner, view, story }: FrameContent, size: Size): Line[] {
  const table = [...serverTable(view.servers), ...requestTable(view.requests)];
  const shown = shorten(table, size.rows - leastStory - 2);
  const newest = story.slice(-Math.max(size.rows - shown.length - 2, 1));
  const lines = [headline(title, corner, size.columns), ...shown, rule(size.columns), ...newest];
  return lines.map((line) => cut(line, size.columns));
}

function headline(title: string, corner: string, width: number): Line {
  const between = '─'.repeat(Math.max(width - title.length - corner.length - 8, 0));
  return [span('── ', 'dim'), span(title, 'bold'), span(` ${between} ${corner} ──`, 'dim')];
}

const rule = (width: number): Line => [span('─'.repeat(width), 'dim')];

function shorten(lines: readonly Line[], most: number): readonly Line[] {
  if (lines.length <= most) return lines;
  const kept = lines.slice(0, Math.max(most - 1, 0));
  return [...kept, [span(`  … ${lines.length - kept.length} more lines`, 'dim')]];
}

const header = (...names: string[]): Span[] => names.map((name) => span(name, 'dim'));

const state = (object: DCCServer | UnsubscriptionRequest): Span => {
  const word = stateOf(object) ?? '-';
  return span(word, styleOf(word));
};

function serverTable(servers: readonly DCCServer[]): Line[] {
  const rows = servers.map((server) => {
    const { subscription, virtualMachines } = server.status;
    const names = virtualMachines?.remaining.map(labelOf) ?? [];
    return [
      span(server.metadata.name, 'bold'),
      span(subscription?.status ?? '-', subscription?.status === 'Frozen' ? 'yellow' : undefined),
      state(server),
      span(virtualMachines === undefined ? '-' : `${virtualMachines.total}`),
      span(names.join(', ')),
    ];
  });
  return columns([header('SERVER', 'SUBSCRIPTION', 'STATE', 'VMS', ''), ...rows]);
}

function requestTable(requests: readonly UnsubscriptionRequest[]): Line[] {
  if (requests.length === 0) return [];
  const rows = requests.map((request) => {
    const { plan, refund, conditions } = request.status;
    return [
      span(request.metadata.name, 'bold'),
      state(request),
      span(plan === undefined ? '-' : `${plan.id.slice(0, 13)}…`),
      span(isConditionTrue(conditions, 'Approved') ? 'yes' : 'no'),
      span(refund ?? '-', refund === undefined ? undefined : 'green'),
    ];
  });
  const lines = columns([header('REQUEST', 'STATE', 'PLAN', 'APPROVED', 'REFUND'), ...rows]);
  return [[], ...lines.flatMap((line, at) => [line, ...blockerLines(requests[at - 1])])];
}

const blockerLines = (request: UnsubscriptionRequest | undefined): Line[] =>
  (request?.status.blockers ?? []).map(({ message, remedy }) => [
    span('  - ', 'yellow'),
    span(message),
    span(` ${remedy}`, 'dim'),
  ]);
