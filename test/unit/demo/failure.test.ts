import { expect, test } from 'vitest';
import { explainFailure } from '../../demo/failure.ts';
import { NotAsTold } from '../../demo/stage.ts';
import { emptyView } from '../../demo/view.ts';
import { inState, observed } from './objects.ts';

const operatorLog = ['{"msg":"working"}'];

test('a failure says what was waited for, how the object stands, and what the operator said last', () => {
  const view = { servers: [observed('dcc-host-01', ['web-01'], inState('CannotRead'))], requests: [] };
  const error = new NotAsTold('not within 30 s: dcc-host-01 is empty', 'dccserver/dcc-host-01');
  const text = explainFailure(error, { view, operatorLog });
  expect(text).toMatch(/^The demo failed: not within 30 s: dcc-host-01 is empty\n/);
  expect(text).toMatch(/The status of dccserver\/dcc-host-01:.*reason: CannotRead/s);
  expect(text).toMatch(/The end of the operator's log:\n[{]"msg":"working"[}]$/);
});

test('a failure says when the object does not exist', () => {
  const error = new NotAsTold('not within 30 s', 'unsubscriptionrequest/retire');
  expect(explainFailure(error, { view: emptyView, operatorLog })).toContain('there is no such object');
});

test('a failure of the demo itself comes with its stack', () => {
  expect(explainFailure(new Error('Oh.'), { view: emptyView, operatorLog })).toContain('failure.test.ts');
});
