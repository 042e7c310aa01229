import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { type Clock, seconds } from '../clock.ts';
import { type Attempt, brokenOff, checkAdmission, type Message, type Progress } from './exchange.ts';

/** One connection that speaks HTTP/2. */
export interface Http2Session {
  /** Whether it takes another request. */
  readonly hasRoom: boolean;
  /** Whether it is gone for good. */
  readonly ended: boolean;
  /** Sends one request and gives the head of its answer. */
  send(message: Message, progress: Progress): Promise<Attempt>;
  /** Takes no more requests, and ends when those under way have. */
  retire(): void;
  /** Cuts it. */
  destroy(): void;
}

/**
 * How much the server may send ahead of who reads: of one answer, and of all together. By default it is 64 KB, which makes a
 * list of megabytes wait for the network again and again.
 */
const streamWindow = 1024 * 1024;
const sessionWindow = 16 * 1024 * 1024;
/** kube-apiserver takes 100 requests at a time on a connection (`--http2-max-streams-per-connection`), and more would wait unseen. */
const mostRequests = 50;
/**
 * A half-open connection takes everything and answers nothing, and all requests are on it: so the server is asked, as client-go
 * does (`ReadIdleTimeout`, `PingTimeout`), and whoever got no answer in time leads to a new connection.
 */
const askEvery = seconds(30);
const answersWithin = seconds(15);

/** Begins to speak HTTP/2 on a connection that has agreed to it. `origin` is the server's `https://host:port`. */
export async function openHttp2Session(socket: TLSSocket, origin: string, clock: Clock): Promise<Http2Session> {
  const session = connect(origin, {
    createConnection: () => socket.setNoDelay(true),
    settings: { enablePush: false, initialWindowSize: streamWindow },
  });
  // What goes wrong, each of its streams tells.
  session.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    session.once('connect', () => resolve());
    session.once('close', () => reject(new Error('the connection was closed before it stood')));
  });
  session.setLocalWindowSize(sessionWindow);
  stayInTouch(session, clock);
  let open = 0;
  let answered = false;
  const isUsable = () => !session.closed && !session.destroyed;

  return {
    get hasRoom() {
      return isUsable() && open < Math.min(mostRequests, session.remoteSettings.maxConcurrentStreams ?? mostRequests);
    },
    get ended() {
      return session.destroyed;
    },
    send: async (message, progress) => {
      message.signal.throwIfAborted();
      if (!isUsable()) return 'Stale';
      checkAdmission(message);
      const reused = answered;
      const stream = start(session, message);
      progress.sent = true;
      open += 1;
      stream.once('close', () => {
        open -= 1;
      });
      try {
        const answer = await answerOf(stream, message);
        answered = true;
        return answer;
      } catch (error) {
        // RFC 9113, section 8.7: the server has not processed any of it.
        if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) {
          progress.sent = false;
          return 'Stale';
        }
        // No answer: whether the connection is alive is not known, so that nobody else should have to find out.
        if (message.signal.aborted) session.close();
        else if (message.method === 'GET' && reused && !isUsable()) return 'Stale';
        throw error;
      }
    },
    retire: () => session.close(),
    destroy: () => session.destroy(),
  };
}

function start(session: ClientHttp2Session, { method, path, headers, body, signal }: Message): ClientHttp2Stream {
  const { HTTP2_HEADER_METHOD: methodName, HTTP2_HEADER_PATH: pathName } = constants;
  const all = { [methodName]: method, [pathName]: path, ...headers };
  const stream = session.request(all, { endStream: body === undefined });
  signal.addEventListener('abort', () => stream.destroy(signal.reason), { once: true });
  if (body !== undefined) stream.end(body);
  return stream;
}

/** Waits for the head of the answer. */
function answerOf(stream: ClientHttp2Stream, { signal }: Message): Promise<Exclude<Attempt, 'Stale'>> {
  const { promise, resolve, reject } = Promise.withResolvers<Exclude<Attempt, 'Stale'>>();
  let failure: Error | undefined;
  // Stays for as long as the stream: who reads the body listens, too, but not before it begins and not after it was given up.
  stream.on('error', (error) => {
    failure = error;
  });
  // A connection that is cut ends its streams without an error.
  stream.once('close', () => reject(failure ?? signal.reason ?? brokenOff()));
  stream.once('response', (headers) => {
    const { [constants.HTTP2_HEADER_STATUS]: status = 0, [constants.HTTP2_HEADER_RETRY_AFTER]: retryAfter } = headers;
    resolve({
      status: Number(status),
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      body: stream,
      isWhole: () => stream.rstCode === constants.NGHTTP2_NO_ERROR,
    });
  });
  return promise;
}

/** Asks the server for a sign of life again and again, and cuts the connection when there is none. */
function stayInTouch(session: ClientHttp2Session, clock: Clock): void {
  let cancel = () => {};
  const ask = () => {
    if (session.destroyed) return;
    cancel = clock.after(answersWithin, () => session.destroy(new Error('the server gives no sign of life')));
    session.ping((error) => {
      cancel();
      if (error === null) cancel = clock.after(askEvery, ask);
    });
  };
  cancel = clock.after(askEvery, ask);
  session.once('close', () => cancel());
}
