import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { type Milliseconds, milliseconds, type Random, systemClock } from '../../../operator/clock.ts';

/** What goes out to the client: bytes, a connection that is cut, or one that stays open and says nothing more. */
export type Piece = Buffer | 'Cut' | 'Stall';

/** An answer that does not come from the API server. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body: string;
}

type Body = AsyncIterable<Buffer>;

/** What is done to one request. */
export interface Fault {
  /** Happens before anything is forwarded; undefined lets the request through. */
  instead?: () => Promise<Answer | 'Cut' | 'Stall' | undefined> | Answer | 'Cut' | 'Stall';
  /** Damages the API server's answer on its way. */
  during?: (body: Body) => AsyncIterable<Piece>;
  /** It happens to all of the answer, not at one point. */
  throughout?: true;
}

const newline = '\n'.charCodeAt(0);

/** The lines of a body, each with its end, whatever chunks they come in. */
async function* linesOf(body: Body): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
      yield rest.subarray(0, end + 1);
      rest = rest.subarray(end + 1);
    }
  }
  if (rest.length > 0) yield rest;
}

/** Lets `count` lines pass, then says what `then` makes of the line that follows, and nothing after it. */
const afterLines = (count: number, then: (line: Buffer) => Piece[]): Fault => ({
  during: async function* (body) {
    let passed = 0;
    for await (const line of linesOf(body)) {
      if (passed === count) {
        yield* then(line);
        return;
      }
      passed += 1;
      yield line;
    }
  },
});

/** Changes each line of a watch. */
const eachLine = (change: (line: Buffer) => Iterable<Piece>): Fault => ({
  throughout: true,
  during: async function* (body) {
    for await (const line of linesOf(body)) yield* change(line);
  },
});

/** The first `share` of a body that ends, such as a list. */
const firstPart = (share: number, then: Piece[]): Fault => ({
  during: async function* (body) {
    const whole = await buffer(body);
    yield whole.subarray(0, Math.floor(whole.length * share));
    yield* then;
  },
});

const half = (bytes: Buffer) => bytes.subarray(0, Math.ceil(bytes.length / 2));

export const cutBeforeHead: Fault = { instead: () => 'Cut' };
/** The API server does what it is asked to; nobody hears of it. */
export const answerLost: Fault = {
  during: async function* (body): AsyncGenerator<Piece> {
    await buffer(body);
    yield 'Cut';
  },
};
export const cutInBody = firstPart(0.6, ['Cut']);
export const stallInBody = firstPart(0.6, ['Stall']);
/** An answer that is complete as far as HTTP can tell, but not as JSON. */
export const truncatedBody = firstPart(0.6, []);
export const cutBetweenLines = (after: number) => afterLines(after, () => ['Cut']);
export const cutInLine = (after: number) => afterLines(after, (line) => [half(line), 'Cut']);
export const endedBetweenLines = (after: number) => afterLines(after, () => []);
export const endedInLine = (after: number) => afterLines(after, (line) => [half(line)]);
export const stallBetweenLines = (after: number) => afterLines(after, () => ['Stall']);
export const stallInLine = (after: number) => afterLines(after, (line) => [half(line), 'Stall']);
export const malformedLine = (after: number) => afterLines(after, () => [Buffer.from('{"type":"MODIFIED","obj\n')]);
/** Answers nothing although the connection is there. */
export const neverAnswered: Fault = { instead: () => 'Stall' };
export const delayed = (by: Milliseconds): Fault => ({
  throughout: true,
  instead: async () => {
    await systemClock.sleep(by);
    return undefined;
  },
});

const json = { 'content-type': 'application/json' };

const statusBody = (code: number, reason: string, details: object = {}) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: `${reason}, by the fault proxy`,
  reason,
  details,
  code,
});

const refused = (code: number, reason: string, headers = {}, details = {}): Fault => ({
  instead: () => ({
    status: code,
    headers: { ...json, ...headers },
    body: JSON.stringify(statusBody(code, reason, details)),
  }),
});

export const internalError = refused(500, 'InternalError');
export const unavailable = refused(503, 'ServiceUnavailable');
export const gone = refused(410, 'Expired');
export const tooManyRequests = (retryAfterSeconds: number, saidIn: 'Header' | 'Body'): Fault =>
  saidIn === 'Header'
    ? refused(429, 'TooManyRequests', { 'retry-after': String(retryAfterSeconds) })
    : refused(429, 'TooManyRequests', {}, { retryAfterSeconds });
/** What an API server without the feature WatchList says to who asks for a list as a stream. */
export const streamingRefused = refused(422, 'Invalid', {}, { causes: [{ field: 'sendInitialEvents' }] });

/** A page of a proxy or a captive portal that is in the way. */
export const webPage = (status: number): Fault => ({
  instead: () => ({
    status,
    headers: { 'content-type': 'text/html' },
    body: '<html>\n<body>Please log in</body>\n</html>\n',
  }),
});

/** An error that a watch tells of by an event, as HTTP itself has said 200 long ago. */
export const errorEvent = (after: number, code: number, reason: string): Fault =>
  afterLines(after, () => [Buffer.from(`${JSON.stringify({ type: 'ERROR', object: statusBody(code, reason) })}\n`)]);

/** A watch that is ended as soon as it has begun. */
export const endedAtOnce: Fault = { instead: () => ({ status: 200, headers: json, body: '' }) };
export const duplicatedEvents = eachLine((line) => [line, line]);
/** The first event once more, after others. */
export const replayedEvent = (after: number): Fault => ({
  throughout: true,
  during: async function* (body) {
    let passed = 0;
    let first: Buffer | undefined;
    for await (const line of linesOf(body)) {
      first ??= line;
      yield line;
      passed += 1;
      if (passed === after) yield first;
    }
  },
});

/** What is done to the object of each event of one type. */
const eachObject = (type: 'ADDED' | 'MODIFIED' | 'DELETED', change: (metadata: object) => object): Fault =>
  eachLine((line) => {
    const event = JSON.parse(line.toString());
    if (event.type !== type) return [line];
    const object = { ...event.object, metadata: change(event.object.metadata) };
    return [Buffer.from(`${JSON.stringify({ type, object })}\n`)];
  });

/** Labels that are no text: which object it is can be read, but no decoder takes it. */
export const strangeMetadata = (type: 'ADDED' | 'MODIFIED' | 'DELETED') =>
  eachObject(type, (metadata) => ({ ...metadata, labels: { colour: 1 } }));
/** Nobody can tell which object was meant. */
export const noMetadata = (type: 'ADDED' | 'MODIFIED' | 'DELETED') => eachObject(type, () => ({}));

/** Hundreds of bookmarks between any two events. */
export const bookmarkStorm = eachLine((line) => {
  const { object } = JSON.parse(line.toString());
  const { apiVersion, kind, metadata } = object;
  const bookmark = { apiVersion, kind, metadata: { resourceVersion: metadata.resourceVersion } };
  const storm = `${JSON.stringify({ type: 'BOOKMARK', object: bookmark })}\n`.repeat(300);
  return [line, Buffer.from(storm)];
});

/** Bytes in small writes that end anywhere, also in the middle of a character. */
export const fragmented = (random: Random): Fault => ({
  throughout: true,
  during: async function* (body) {
    for await (const chunk of body) {
      for (let start = 0; start < chunk.length; ) {
        const length = 1 + Math.floor(random() * 40);
        yield chunk.subarray(start, start + length);
        start += length;
        await setImmediate();
      }
    }
  },
});

/** A slow network: a few bytes every few milliseconds. */
export const dripping: Fault = {
  throughout: true,
  during: async function* (body) {
    for await (const chunk of body) {
      for (let start = 0; start < chunk.length; start += 64) {
        yield chunk.subarray(start, start + 64);
        await systemClock.sleep(milliseconds(3));
      }
    }
  },
};
