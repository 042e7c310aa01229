import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { Clock } from '../../../../operator/clock.ts';
import type { AccountOptions, HuaweiAccount } from '../../../../operator/huaweicloud/account.ts';
import { openTransport } from '../../../../operator/huaweicloud/transport.ts';
import { type ControlClient, controlClient } from '../../../huaweicloud/control-client.ts';
import type { Fields, OfficialClients, Outcome } from '../../../huaweicloud/official-python/client.ts';
import { seeded } from '../../../huaweicloud/seed.ts';
import { startHuaweiCloud } from '../../../huaweicloud/server.ts';
import type { Settings } from '../../../huaweicloud/settings.ts';
import type { World } from '../../../huaweicloud/world/world.ts';
import { seededAccount } from '../seeded-account.ts';

/** One simulated cloud, seen by Huawei's own clients and by ours. */
export interface TwoViews {
  readonly world: World;
  readonly control: ControlClient;
  readonly ours: HuaweiAccount;
  /** One call of the official client, whatever becomes of it. */
  attempt(name: string, input?: Fields): Promise<Outcome>;
  /** One call of the official client that has to succeed, with an answer that is on the wire as the client declares it. */
  official(name: string, input?: Fields): Promise<Fields>;
  /** All rows of a list, page by page, from the first to the one that `next` says is the last. */
  officialRows(name: string, list: string, input: Fields, next: NextPage): Promise<Fields[]>;
}

/** What to add to the input for the page after this one; undefined after the last. */
export type NextPage = (page: { rows: readonly Fields[]; answer: Fields; collected: number }) => Fields | undefined;

export interface Views {
  readonly secretKey?: string;
  readonly settings?: Partial<Settings>;
  readonly clock?: Clock;
  readonly account?: Partial<AccountOptions>;
}

/**
 * Where Huawei's documents contradict Huawei's client, by source. DeH: the OpenAPI example of ShowDedicatedHost has `lock` and
 * `metadata`, and the Terraform provider reads `metadata.charging_mode`; the Python client declares neither.
 */
const contradictions = [/^dedicated_host\.(lock|metadata): RespDedicatedHost has no such field$/];

/** Opens both views; they end with the test. */
export async function twoViews(clients: OfficialClients, world: World, views: Views = {}): Promise<TwoViews> {
  const { settings = {}, clock, secretKey = seeded.secretKey } = views;
  const cloud = await startHuaweiCloud({ world, settings, ...(clock === undefined ? {} : { clock }) });
  const transport = openTransport();
  onTestFinished(async () => {
    transport.close();
    await cloud.stop();
  });
  const ours = seededAccount(cloud.url, transport, { secretKey, ...views.account });
  const attempt: TwoViews['attempt'] = (name, input) => clients.call({ url: cloud.url, secretKey }, name, input);
  const official: TwoViews['official'] = async (name, input) => succeeded(name, await attempt(name, input));
  return {
    world: cloud.world,
    control: controlClient(cloud.url),
    ours,
    attempt,
    official,
    async officialRows(name, list, input, next) {
      const collected: Fields[] = [];
      let position: Fields | undefined = {};
      while (position !== undefined) {
        const answer = await official(name, { ...input, ...position });
        const rows = rowsOf(answer, list);
        collected.push(...rows);
        position = next({ rows, answer, collected: collected.length });
        const isStuck = position !== undefined && rows.length === 0;
        if (isStuck || collected.length > 1_000) throw new Error(`${name} never comes to its last page`);
      }
      return collected;
    },
  };
}

function succeeded(name: string, outcome: Outcome): Fields {
  if (outcome.kind === 'Raised') throw new Error(`${name} raised ${JSON.stringify(outcome.exception)}`);
  const deviations = outcome.deviations.filter((one) => !contradictions.some((known) => known.test(one)));
  if (deviations.length > 0) throw new Error(`${name} answered other than declared: ${deviations.join('; ')}`);
  return outcome.answer;
}

const fields = z.record(z.string(), z.unknown());

/** The objects of a list in an answer; a list that is missing is an error, as it must be one for us. */
export const rowsOf = (answer: Fields, list: string): Fields[] => z.array(fields).parse(answer[list]);

/** The object in a field; an empty one when there is none. */
export const inside = (object: Fields, name: string): Fields => fields.parse(object[name] ?? {});

/** The texts of a list in a field; none when there is no list. */
export const textsIn = (object: Fields, name: string): string[] => z.array(z.string()).parse(object[name] ?? []);

/** By the id of the last row: the page after an empty one does not exist. */
export const byMarker: NextPage = ({ rows }) => (rows.length === 0 ? undefined : { marker: rows.at(-1)?.['id'] });

/** By the number of rows before, until the stated total. */
export const byOffset =
  (total: string): NextPage =>
  ({ answer, collected }) =>
    collected < Number(answer[total]) ? { offset: collected } : undefined;
