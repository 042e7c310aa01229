import { z } from 'zod';
import type { Seen } from './seen.ts';

/** Says what requests to the API server are for, from what was written before. One for all processes of a round. */
export interface Naming {
  nameOf(method: string, path: string, body: unknown): Pick<Seen, 'name' | 'object' | 'streams'>;
  /** Told of each write that was carried out. */
  wrote(seen: Seen): void;
  /** Where a request stands, by what was written last. */
  phaseOf(request: string): string;
}

const condition = z.object({ type: z.string(), status: z.string() });
const call = z.object({ id: z.string(), state: z.string(), result: z.string().optional() });
const requestBody = z.object({
  status: z.object({ placements: z.array(call).optional(), conditions: z.array(condition).optional() }),
});
const serverBody = z.object({
  status: z.object({
    claim: z.object({ name: z.string() }).optional(),
    unsubscription: z.object({ state: z.string().optional() }).optional(),
  }),
});
const patchBody = z.array(z.object({ op: z.string() }));

const unknownPhase = 'not written yet';

export function createNaming(): Naming {
  const written = new Map<string, string>();
  const held = new Set<string>();

  const nameWrite = (method: string, plural: string, object: string, body: unknown): string => {
    if (method === 'PATCH') return `${isHold(body) ? 'hold' : 'release'} ${nouns[plural]}`;
    const word = wordOf(plural, body);
    return written.get(`${plural}/${object}`) === word ? `report on ${nouns[plural]}` : `write ${word}`;
  };

  return {
    nameOf: (method, path, body) => {
      const { pathname, searchParams } = new URL(path, 'https://api');
      const [, plural = '', object, subresource] =
        /\/namespaces\/[^/]+\/([^/]+)(?:\/([^/]+))?(\/status)?$/.exec(pathname) ?? [];
      const streams = searchParams.get('watch') === 'true' || (method === 'GET' && object === undefined);
      if (!(plural in nouns) || object === undefined)
        return { name: `${method} ${plural || pathname}`, object, streams };
      if (method === 'GET') return { name: `read ${nouns[plural]}`, object, streams };
      if (method === 'PUT' && subresource === undefined) return { name: `PUT ${plural}`, object, streams };
      return { name: nameWrite(method, plural, object, body), object, streams };
    },
    wrote: ({ name, object, body }) => {
      if (object === undefined) return;
      if (name === 'hold request') held.add(object);
      if (name === 'release request') written.set(`unsubscriptionrequests/${object}`, 'released');
      if (!/^(write|report) /.test(name)) return;
      const plural = requestBody.safeParse(body).success && isRequest(body) ? 'unsubscriptionrequests' : 'dccservers';
      written.set(`${plural}/${object}`, wordOf(plural, body));
    },
    phaseOf: (request) => {
      const word = written.get(`unsubscriptionrequests/${request}`) ?? unknownPhase;
      return word === 'no call' && held.has(request) ? 'held' : word;
    },
  };
}

const nouns: Readonly<Record<string, string>> = {
  unsubscriptionrequests: 'request',
  dccservers: 'server',
  configmaps: 'halt switch',
};

const isRequest = (body: unknown): boolean =>
  z.object({ kind: z.literal('UnsubscriptionRequest') }).safeParse(body).success;

const isHold = (body: unknown): boolean => patchBody.safeParse(body).data?.some(({ op }) => op === 'add') ?? false;

/** What a status says of the protocol, in a word or two. */
function wordOf(plural: string, body: unknown): string {
  if (plural === 'dccservers') {
    const status = serverBody.safeParse(body).data?.status;
    const order = status?.unsubscription?.state;
    const claim = status?.claim === undefined ? 'no claim' : 'claim';
    return order === undefined ? claim : `${claim}, order ${order}`;
  }
  const { placements = [], conditions = [] } = requestBody.safeParse(body).data?.status ?? {};
  const end = conditions.find(({ type, status }) => status === 'True' && ['Complete', 'Failed'].includes(type));
  if (end !== undefined) return end.type;
  const last = placements.at(-1);
  return last === undefined ? 'no call' : (last.result ?? last.state);
}
