import { stringify } from 'yaml';
import { NotAsTold } from './stage.ts';
import { requestIn, serverIn, type View } from './view.ts';

/** What is known when something went wrong. */
export interface Evidence {
  readonly view: View;
  readonly operatorLog: readonly string[];
}

/** Says what went wrong, with the status of the object concerned and the end of the operator's log. Pure. */
export function explainFailure(error: unknown, { view, operatorLog }: Evidence): string {
  const message = error instanceof Error ? error.message : String(error);
  const object = error instanceof NotAsTold ? error.object : undefined;
  return [
    `The demo failed: ${message}`,
    ...(object === undefined ? [] : [`The status of ${object}:`, statusOf(object, view)]),
    `The end of the operator's log:`,
    ...operatorLog,
    ...(error instanceof NotAsTold || !(error instanceof Error) ? [] : [error.stack ?? '']),
  ].join('\n');
}

function statusOf(object: string, view: View): string {
  const [kind, name = ''] = object.split('/');
  const found = kind === 'dccserver' ? serverIn(view, name) : requestIn(view, name);
  return found === undefined ? '  there is no such object' : stringify(found.status);
}
