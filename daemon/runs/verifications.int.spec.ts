import { beforeEach, expect, it } from 'vitest';
import type { DataSource } from 'typeorm';
import { Account } from '../accounts/account.entity.js';
import { columns } from '../catalogue/columns.js';
import { StoredDestination } from '../jobs/destination.entity.js';
import { openTestCatalogue } from '../testing/open-test-catalogue.js';
import { systemActor } from '../auth/actor.js';
import { sampleAccount, sampleDestination, sampleSnapshot } from '../testing/sample-rows.js';
import { Snapshot } from './snapshot.entity.js';
import { Verifications } from './verifications.js';

let rows: DataSource;
let verifications: Verifications;

const ACCOUNTS: Partial<Account>[] = [
  { id: 'ann' },
  { id: 'ben' },
  { id: 'cat' },
  { id: 'dan' },
  { id: 'eve', state: 'gone' },
  { id: 'fay' },
];
const EARLY = '2026-11-01T00:00:00.000Z';
const LATER = '2026-11-10T00:00:00.000Z';
const LAST = '2026-11-20T00:00:00.000Z';

/** By account: its last verification is what counts, of what is there, and without damage. */
const SNAPSHOTS: Partial<Snapshot>[] = [
  { accountId: 'ann', verifiedAt: EARLY },
  { accountId: 'ann', verifiedAt: LAST },
  { accountId: 'ben', verifiedAt: LATER },
  { accountId: 'ben', verifiedAt: LAST, isDamaged: true },
  { accountId: 'ben', verifiedAt: LAST, removedAt: LAST },
  { accountId: 'cat' },
  { accountId: 'dan', state: 'failed' },
  { accountId: 'eve', verifiedAt: EARLY },
  { accountId: 'fay', isSafety: true },
];

beforeEach(async () => {
  rows = await openTestCatalogue();
  const accounts = ACCOUNTS.map((account, index) =>
    columns(sampleAccount({ ...account, name: `the-${account.id ?? ''}`, uid: 2000 + index })),
  );
  await rows.getRepository(Account).insert(accounts);
  await rows.getRepository(StoredDestination).insert(columns(sampleDestination()));
  verifications = new Verifications(rows);
});

async function insertAll(): Promise<void> {
  const made = SNAPSHOTS.map((snapshot, index) =>
    columns<Snapshot>(sampleSnapshot({ ...snapshot, id: `s${String(index)}`, jobId: null })),
  );
  await rows.getRepository(Snapshot).insert(made);
}

it('names whose last verification is the longest ago, and counts who has none', async () => {
  await insertAll();
  expect(await verifications.ages(systemActor)).toEqual({
    oldest: { account: 'the-ben', verifiedAt: LATER },
    never: 1,
  });
});

it('knows of none where nothing is stored', async () => {
  expect(await verifications.ages(systemActor)).toEqual({ oldest: undefined, never: 0 });
});
