import { signRequest } from '../../../operator/huaweicloud/signing.ts';
import {
  type Answer,
  openTransport,
  type Transport,
  type WireRequest,
} from '../../../operator/huaweicloud/transport.ts';
import { seeded } from '../../huaweicloud/seed.ts';

/** What a cloud answered, by request. */
export type RecordedAnswers = ReadonlyMap<string, Answer>;

const rowsOfAPage = 2;

/** The same request for pages of two rows, signed anew: so that lists have several pages. */
function inSmallPages(request: WireRequest): WireRequest {
  const { pathname, searchParams } = new URL(request.target, request.origin);
  for (const name of ['limit', 'pageSize']) {
    if (searchParams.has(name)) searchParams.set(name, String(Math.min(rowsOfAPage, Number(searchParams.get(name)))));
  }
  const names = [...new Set(searchParams.keys())];
  const scopes = Object.entries(request.headers).filter(([name]) => /^x-(project|domain)-id$/.test(name));
  const body = request.body.toString().replace(/"limit":\d+/, `"limit":${rowsOfAPage}`);
  return signRequest(
    {
      method: request.method === 'POST' ? 'POST' : 'GET',
      origin: request.origin,
      path: pathname.split('/').slice(1).map(decodeURIComponent),
      query: Object.fromEntries(names.map((name) => [name, searchParams.getAll(name)])),
      headers: Object.fromEntries(scopes),
      ...(body === '' ? {} : { body }),
    },
    { accessKey: seeded.accessKey, secretKey: () => seeded.secretKey },
    new Date(),
  );
}

const keyOf = ({ target, body, headers }: WireRequest) => `${target} ${body} ${headers['x-domain-id'] ?? ''}`;

/**
 * Makes `task` over a transport that takes down what the cloud answers, in pages of two rows. Gives what came of the task, and
 * the answers.
 */
export async function recordAnswers<Result>(task: (transport: Transport) => Promise<Result>) {
  const real = openTransport();
  const answers = new Map<string, Answer>();
  const recording: Transport = {
    ...real,
    exchange: async (request, options) => {
      const exchange = await real.exchange(inSmallPages(request), options);
      if (exchange.kind === 'Answered') answers.set(keyOf(request), exchange.answer);
      return exchange;
    },
  };
  const result = await task(recording);
  real.close();
  return { result, answers };
}

/** Answers as recorded, but for one answer, `mutate`d each time that it is asked for. */
export function replay(answers: RecordedAnswers, mutated: string, mutate: (answer: Answer) => Answer): Transport {
  return {
    exchange: async (request) => {
      const key = keyOf(request);
      const answer = answers.get(key);
      // A list that goes on for longer than it did: nothing was recorded there, so nothing is there.
      if (answer === undefined) return { kind: 'Answered', answer: { status: 404, headers: {}, body: '' } };
      return { kind: 'Answered', answer: key === mutated ? mutate(answer) : answer };
    },
    close: () => {},
  };
}
