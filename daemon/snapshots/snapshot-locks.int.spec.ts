import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { openRetentionStage } from '../testing/retention-stage.js';
import { admin } from '../testing/runs-harness.js';
import { SnapshotLocks } from './snapshot-locks.service.js';

async function openLocks(accountLocks = 2) {
  const stage = await openRetentionStage({ accounts: ['ok-1', 'ok-2'] });
  const retention = { floorDays: 1, graceDays: 1, accountLocks };
  const locks = new SnapshotLocks(stage.snapshots, stage.events, { retention }, stage.permissions);
  const ids = [await stage.add(5), await stage.add(4), await stage.add(3)] as const;
  return { stage, locks, ids, owner: await stage.actorOf('ok-1') };
}

describe('an admin', () => {
  it('locks and unlocks any number, again and again', async () => {
    const { stage, locks, ids } = await openLocks(0);
    for (const id of [...ids, ids[0]]) {
      expect(await locks.lock(admin, id)).toMatchObject({ isLocked: true, lockedBy: 'admin' });
    }
    for (const id of [ids[0], ids[0]]) {
      expect(await locks.unlock(admin, id)).toMatchObject({ isLocked: false, lockedBy: null });
    }
    expect(await stage.actions('snapshot.')).toEqual([
      ...Array<string>(3).fill('snapshot.locked'),
      'snapshot.unlocked',
    ]);
  });

  it('takes back what was pending deletion', async () => {
    const { stage, locks, ids } = await openLocks();
    await stage.retention.review(stage.place);
    expect((await stage.row(ids[0])).pendingDeletionAt).not.toBeNull();
    expect(await locks.lock(admin, ids[0])).toMatchObject({
      ...{ pendingDeletionAt: null, pendingRule: null, pendingSinceMs: null },
    });
  });

  it('does not lock what is over', async () => {
    const { stage, locks, ids } = await openLocks();
    await stage.retention.review(stage.place);
    stage.pass(2);
    await stage.retention.expire(stage.place);
    await expect(locks.lock(admin, ids[0])).rejects.toMatchObject({
      code: 'snapshot.not-lockable',
      message: `The snapshot ${ids[0]} is expired; only complete and incomplete snapshots can be locked.`,
    });
  });
});

describe('an account', () => {
  it('locks as many of its own as it may', async () => {
    const { locks, ids, owner } = await openLocks();
    for (const id of [ids[0], ids[1], ids[1]]) {
      expect(await locks.lock(owner, id)).toMatchObject({ lockedBy: 'account' });
    }
    await expect(locks.lock(owner, ids[2])).rejects.toMatchObject({
      code: 'snapshot.too-many-locks',
    });
    await locks.unlock(owner, ids[0]);
    expect(await locks.lock(owner, ids[2])).toMatchObject({ isLocked: true });
  });

  it('has its own number of locks, beside those of admins', async () => {
    const { locks, ids, owner } = await openLocks(1);
    await locks.lock(admin, ids[0]);
    expect(await locks.lock(owner, ids[1])).toMatchObject({ lockedBy: 'account' });
  });

  it('does not get past its number with many requests at once', async () => {
    const { locks, ids, owner } = await openLocks(1);
    const asked = await Promise.allSettled(ids.map((id) => locks.lock(owner, id)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('does not unlock what an admin locked, its own lock taken over included', async () => {
    const { locks, ids, owner } = await openLocks();
    await locks.lock(owner, ids[0]);
    await locks.lock(admin, ids[0]);
    await locks.lock(admin, ids[1]);
    for (const id of [ids[0], ids[1]]) {
      await expect(locks.unlock(owner, id)).rejects.toMatchObject({
        code: 'snapshot.lock-not-yours',
      });
    }
  });

  it('knows nothing of those of others', async () => {
    const { stage, locks, ids } = await openLocks();
    const stranger = await stage.actorOf('ok-2');
    await expect(locks.lock(stranger, ids[0])).rejects.toMatchObject({ kind: 'not-found' });
    await locks.lock(admin, ids[0]);
    await expect(locks.unlock(stranger, ids[0])).rejects.toMatchObject({ kind: 'not-found' });
  });
});
