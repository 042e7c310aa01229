import { expect, test } from 'vitest';
import { KubernetesError } from '../../../operator/kubernetes/errors.ts';
import { decodeObject } from '../../../operator/kubernetes/objects.ts';
import { parseWatchLine } from '../../../operator/kubernetes/watch-event.ts';
import { widget } from './objects.ts';

const parse = (event: unknown) => parseWatchLine(JSON.stringify(event), decodeObject);

test.each([
  ['ADDED', 'Added'],
  ['MODIFIED', 'Modified'],
  ['DELETED', 'Deleted'],
])('%s is %s', (type, expected) => {
  const object = widget('a', { version: 12 });
  expect(parse({ type, object })).toMatchObject({
    type: expected,
    resourceVersion: '12',
    object: { metadata: { name: 'a' } },
  });
});

test('a bookmark is a version and nothing else', () => {
  const object = {
    kind: 'Widget',
    apiVersion: 'example.com/v1',
    metadata: { resourceVersion: '99', creationTimestamp: null },
  };
  expect(parse({ type: 'BOOKMARK', object })).toEqual({ type: 'Bookmark', resourceVersion: '99', listed: false });
});

test('the bookmark at the end of a streamed list says so', () => {
  const metadata = { resourceVersion: '99', annotations: { 'k8s.io/initial-events-end': 'true' } };
  expect(parse({ type: 'BOOKMARK', object: { metadata } })).toEqual({
    type: 'Bookmark',
    resourceVersion: '99',
    listed: true,
  });
});

test('an ERROR event throws what its Status says', () => {
  const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (2)' };
  expect(() => parse({ type: 'ERROR', object })).toThrow(
    expect.objectContaining({ reason: 'Gone', message: object.message }),
  );
});

test.each([
  ['{"type":"ADDED","object":{"meta'],
  ['[]'],
  ['{"object":{}}'],
  ['{"type":"RENAMED","object":{}}'],
  ['<html>'],
  ['{"type":"BOOKMARK","object":{}}'],
])('%s is malformed', (line) => {
  expect(() => parseWatchLine(line, decodeObject)).toThrow(expect.objectContaining({ reason: 'Malformed' }));
});

test('what decoding throws is not hidden: the event is lost', () => {
  const decode = () => {
    throw new KubernetesError('Malformed', 'not even a name');
  };
  const line = JSON.stringify({ type: 'DELETED', object: 17 });
  expect(() => parseWatchLine(line, decode)).toThrow('not even a name');
});
