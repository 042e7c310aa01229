import { randomBytes } from 'node:crypto';
import type { KubernetesObject } from './objects.ts';

/** Something worth telling a person who looks at an object. */
export interface RecordedEvent {
  /** The object that it is about. */
  regarding: KubernetesObject;
  /** Another object that has a part in it. */
  related?: KubernetesObject | undefined;
  type: 'Normal' | 'Warning';
  /** Why, in UpperCamelCase, at most 128 characters; a word from a table, never composed. */
  reason: string;
  /** What was done or tried, in UpperCamelCase, at most 128 characters. */
  action: string;
  /** The sentence for the reader; cut at 1024 bytes. */
  note: string;
}

/** Who records: a qualified name such as `example.com/controller`, and which of its processes, at most 128 characters. */
export interface EventReporter {
  controller: string;
  instance: string;
}

/** `apis/core/validation/events.go` of Kubernetes: NoteLengthLimit. In bytes. */
const longestNote = 1_024;
/** An object's name (253 at most) with room for a dot and sixteen digits. */
const longestNamePart = 236;

/** An events.k8s.io/v1 Event, ready to be created. */
export function eventManifest(event: RecordedEvent, reporter: EventReporter, now: Date) {
  const { name, namespace } = event.regarding.metadata;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, longestNamePart)}.${randomBytes(8).toString('hex')}`, namespace },
    eventTime: microTime(now),
    type: event.type,
    reason: event.reason,
    action: event.action,
    note: cutNote(event.note),
    regarding: referenceTo(event.regarding),
    ...(event.related === undefined ? {} : { related: referenceTo(event.related) }),
    reportingController: reporter.controller,
    reportingInstance: reporter.instance,
  };
}

export type EventManifest = ReturnType<typeof eventManifest>;

function referenceTo({ apiVersion, kind, metadata }: KubernetesObject) {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion, kind, name, namespace, uid, resourceVersion };
}

/** The API server wants exactly six digits of a second's fraction. */
export const microTime = (time: Date): string => time.toISOString().replace('Z', '000Z');

/** At most 1024 bytes of UTF-8, whole characters only, with an ellipsis when something is missing. */
export function cutNote(note: string): string {
  if (Buffer.byteLength(note) <= longestNote) return note;
  const ellipsis = '…';
  const space = new Uint8Array(longestNote - Buffer.byteLength(ellipsis));
  return note.slice(0, new TextEncoder().encodeInto(note, space).read) + ellipsis;
}
