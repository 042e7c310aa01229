import { afterAll, beforeAll } from 'vitest';
import { minutes } from '../../../../operator/clock.ts';
import { type OfficialClients, startOfficialClients } from '../../../huaweicloud/official-python/client.ts';

/** Huawei's clients for the tests of a file: installed and started before the first one, ended after the last. */
export function officialClients(): () => OfficialClients {
  let clients: OfficialClients | undefined;
  beforeAll(async () => {
    clients = await startOfficialClients();
  }, minutes(12));
  afterAll(() => clients?.[Symbol.asyncDispose]());
  return () => {
    if (clients === undefined) throw new Error('the official clients are there only while tests run');
    return clients;
  };
}
