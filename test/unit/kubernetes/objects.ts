import { pino } from 'pino';
import { decodeObject, type UnparsedObject } from '../../../operator/kubernetes/objects.ts';

export const silentLog = pino({ level: 'silent' });

/** What a test says of an object; the rest is filled in. */
export interface Fields {
  uid?: string;
  version?: number | string;
  finalizers?: string[];
  labels?: Record<string, string>;
  deletionTimestamp?: string;
  spec?: unknown;
  status?: unknown;
}

/** What stands in a cache for an object that could not be decoded. */
export const standIn = (name: string, fields: Fields = {}): UnparsedObject => ({
  ...widget(name, fields),
  undecoded: 'a label is no text',
});

/** An object named `name` as the API server gives it, already decoded. */
export function widget(
  name: string,
  { uid = `uid-${name}`, version = 1, spec, status, ...metadata }: Fields = {},
): UnparsedObject {
  return decodeObject({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: {
      name,
      namespace: 'shop',
      uid,
      resourceVersion: String(version),
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec,
    status,
  });
}
