import 'reflect-metadata';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SnapshotNotesService } from './snapshots/snapshot-notes.service.js';
import { backUp, openServer, putBytes, readStored, reindex } from './testing/reindex-stage.js';
import { admin } from './testing/runs-harness.js';

it('a reindex leaves notes and labels alone, whatever it finds', async () => {
  const harness = await openServer(['shop']);
  await backUp(harness);
  await backUp(harness);
  const notes = new SnapshotNotesService(harness.snapshots, harness.events, harness.permissions);
  const rows = await harness.snapshots.list({ limit: 9 });
  for (const { id } of rows) await notes.change(admin, id, { note: `of ${id}`, labels: ['keep'] });
  const kept = async () =>
    (await harness.snapshots.list({ limit: 9 })).map(({ id, note, labels }) => [id, note, labels]);
  const before = await kept();
  expect(before).toHaveLength(2);
  const key = rows[0]?.key ?? '';
  const bytes = await readStored(harness, key);
  await rm(join(harness.store, key));
  expect(await reindex(harness)).toMatchObject({ unchanged: 1, missing: 1 });
  expect(await kept()).toEqual(before);
  await putBytes(harness, key, bytes);
  expect(await reindex(harness)).toMatchObject({ unchanged: 1, added: 1 });
  expect(await kept()).toEqual(before);
});
