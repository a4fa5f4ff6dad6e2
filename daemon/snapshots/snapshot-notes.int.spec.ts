import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import type { Actor } from '../auth/actor.js';
import { requestOf } from '../runs/run-request.js';
import type { SnapshotNotes } from '../runs/snapshot-notes.js';
import { admin, openHarness } from '../testing/runs-harness.js';
import { SnapshotNotesService } from './snapshot-notes.service.js';

/** Two snapshots of each of two accounts, and the notes of them. */
async function setUp() {
  const harness = await openHarness({ accounts: ['ok-1', 'ok-2'] });
  await harness.addJob('nightly', 'all');
  await harness.queue.start();
  for (let count = 0; count < 2; count += 1) {
    const run = await harness.runs.startBackup(admin, 'nightly');
    await harness.runs.waitFor(run.id);
  }
  const notes = new SnapshotNotesService(harness.snapshots, harness.events, harness.permissions);
  const own = await harness.actorOf('ok-1');
  const other = await harness.actorOf('ok-2');
  const rows = await harness.snapshots.list({ limit: 9 });
  const [snapshot] = rows.filter(({ accountId }) => accountId === own.accountId);
  const id = snapshot?.id ?? '';
  const change = (actor: Actor, given: SnapshotNotes) => notes.change(actor, id, given);
  const labelled = async (label: string) =>
    (await harness.snapshots.list({ limit: 9, label })).map((row) => row.id);
  return { harness, notes, own, other, id, change, labelled };
}

describe('the note and the labels of a snapshot', () => {
  it('are changed one by one, by admins and by the account whose it is', async () => {
    const { harness, own, id, change } = await setUp();
    expect(await change(admin, { note: 'before the update' })).toMatchObject({ labels: [] });
    const noted = await change(own, { labels: ['keep', 'a'] });
    expect(noted).toMatchObject({ id, note: 'before the update', labels: ['a', 'keep'] });
    await change(own, { labels: ['keep', 'a'], note: 'before the update' });
    const subject = { kind: 'snapshot', id };
    const events = await harness.events.list(own, { limit: 9, subject });
    expect(events.map(({ actor, action, details }) => [actor, action, details])).toEqual([
      ['ok-1', 'snapshot.noted', { labels: ['a', 'keep'] }],
      ['root', 'snapshot.noted', { note: 'before the update' }],
    ]);
  });

  it('are nobody else’s business', async () => {
    const { harness, other, id, change } = await setUp();
    await expect(change(other, { note: 'mine' })).rejects.toMatchObject({ kind: 'not-found' });
    expect((await harness.snapshots.findById(id))?.note).toBe('');
    await harness.setup.change(admin, 'disk', { isVisible: false });
    const own = await harness.actorOf('ok-1');
    await expect(change(own, { note: 'mine' })).rejects.toMatchObject({ kind: 'not-found' });
  });

  it.each<[SnapshotNotes, string]>([
    [{ note: 'x'.repeat(501) }, 'note'],
    [{ labels: ['fine', 'Not fine'] }, 'labels.1'],
    [{ labels: Array.from({ length: 11 }, (_, i) => `l${i}`) }, 'labels'],
  ])('are refused when they cannot be kept', async (given, field) => {
    const { change } = await setUp();
    const problem = { kind: 'input', details: { problems: [{ field }] } };
    await expect(change(admin, given)).rejects.toMatchObject(problem);
  });

  it('find the snapshot, by the whole label', async () => {
    const { change, labelled, id } = await setUp();
    await change(admin, { labels: ['before-update', 'keep'] });
    expect(await labelled('keep')).toEqual([id]);
    for (const part of ['kee', 'update', 'before_update', '%', '"']) {
      expect(await labelled(part)).toEqual([]);
    }
  });

  it('come with the backup that was asked for with a note', async () => {
    const { harness } = await setUp();
    const earlier = await harness.runs.startBackup(admin, 'nightly');
    await harness.runs.waitFor(earlier.id);
    const { kind: _, ...request } = requestOf(earlier);
    const { kind, jobId, scheduleId, trigger, requestedBy, requestedUid, accountId } = earlier;
    const asked = { kind, jobId, scheduleId, trigger, requestedBy, requestedUid };
    const run = { ...asked, accountId, retryOf: null };
    const [task] = await harness.tasks.listOfRun(earlier.id);
    const { accountId: of = null, destinationId = '' } = task ?? {};
    const tasks = [{ accountId: of, destinationId, snapshotId: null, priority: 1 }];
    const noted = await harness.records.create(
      { ...run, request: { ...request, note: 'on demand' } },
      tasks,
    );
    harness.queue.wake();
    await harness.runs.waitFor(noted.id);
    const [newest] = await harness.snapshots.list({ limit: 1 });
    expect(newest).toMatchObject({ note: 'on demand', labels: [] });
  });
});
