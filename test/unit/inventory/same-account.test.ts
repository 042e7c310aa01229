import { expect, test } from 'vitest';
import { assertSameAccount, withSameAccount } from '../../../operator/inventory/same-account.ts';

const signal = AbortSignal.timeout(10_000);
const account = (madeFor: string, ...owners: string[]) => ({
  domainId: async () => madeFor,
  keyOwner: async () => (owners.length > 1 ? owners.shift() : owners[0]) ?? '',
});

const giveBack = (id: string) => ({
  message: `A call was made for the account ${id}, and the credentials belong to another now.`,
  remedy: expect.stringContaining(`Give the DCCServer credentials of the account ${id} again`),
});
const keyOfAnother = (owner: string, madeFor: string) => ({
  message: `the key is of ${owner}, and calls are made for ${madeFor}.`,
  remedy: expect.stringContaining(
    `If ${madeFor} is wrong, correct HUAWEICLOUD_SDK_DOMAIN_ID, or start the operator again`,
  ),
});

test.each([
  ['a key of another account, with the id of the right one', 'A', 'B', 'A', giveBack('A')],
  ['a key and an id of another account', 'B', 'B', 'A', giveBack('A')],
  ['a key that is right again, with an id that was looked up before', 'B', 'A', 'A', keyOfAnother('A', 'B')],
  [
    'a call that names no account, of which nobody knows for whom it was made',
    'A',
    'B',
    undefined,
    keyOfAnother('B', 'A'),
  ],
])('%s: what is wrong, and what to do', async (_, madeFor, owner, signedFor, expected) => {
  await expect(assertSameAccount(account(madeFor, owner), { account: signedFor }, signal)).rejects.toMatchObject(
    expected,
  );
});

test.each([['A'], [undefined]])('credentials of the account of the call (%s) are good', async (signedFor) => {
  await expect(assertSameAccount(account('A', 'A'), { account: signedFor }, signal)).resolves.toBeUndefined();
});

test('what was read before the keys were exchanged for those of another account is not believed', async () => {
  const calls = [{ account: 'A' }];
  await expect(withSameAccount(account('A', 'A', 'A'), calls, async () => 'read', signal)).resolves.toBe('read');
  await expect(withSameAccount(account('A', 'A', 'B'), calls, async () => 'read', signal)).rejects.toMatchObject(
    giveBack('A'),
  );
});

test('nothing is read with the keys of another account', async () => {
  let reads = 0;
  const read = async () => (reads += 1);
  await expect(withSameAccount(account('A', 'B'), [{ account: 'A' }], read, signal)).rejects.toMatchObject(
    giveBack('A'),
  );
  expect(reads).toBe(0);
});
