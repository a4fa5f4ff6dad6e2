import 'reflect-metadata';
import { expect, it } from 'vitest';
import type { Actor } from '../auth/actor.js';
import type { PermissionName } from '../auth/permissions/catalogue.js';
import type { SettingValue } from '../auth/permissions/permission-input.js';
import { SnapshotLocks } from '../snapshots/snapshot-locks.service.js';
import { SnapshotNotesService } from '../snapshots/snapshot-notes.service.js';
import { admin, openHarness } from '../testing/runs-harness.js';

const DENIED = { kind: 'denied', code: 'permission.denied' };
const HIDDEN = { kind: 'not-found' };

/** One account of the reseller rita with a snapshot, and one of nobody's. */
async function stage() {
  const harness = await openHarness({ accounts: ['ok-1', 'ok-2'] });
  await harness.addJob('nightly', 'all');
  await harness.schedules.add(admin, 'nightly', { kind: 'on-demand' });
  await harness.queue.start();
  await harness.runs.waitFor((await harness.runs.startBackup(admin, 'nightly')).id);
  // Only now: the backup looked for accounts anew.
  await harness.dataSource.query(`UPDATE account SET owner = 'rita' WHERE name = 'ok-1'`);
  const rita: Actor = { role: 'reseller', owner: 'rita', label: 'rita', origin: 'panel' };
  const tenant = await harness.actorOf('ok-1');
  const stranger = await harness.actorOf('ok-2');
  const newest = { limit: 1, accountId: tenant.accountId };
  const [snapshot] = await harness.snapshots.list(newest);
  const id = snapshot?.id ?? '';
  const say = (permission: PermissionName, value: SettingValue) =>
    harness.settings.change(admin, { level: 'global' }, { [permission]: value });
  const retention = { floorDays: 1, graceDays: 1, accountLocks: 3 };
  const { snapshots, events, permissions } = harness;
  return {
    ...{ ...harness, rita, tenant, stranger, id, say },
    locks: new SnapshotLocks(snapshots, events, { retention }, permissions),
    notes: new SnapshotNotesService(snapshots, events, permissions),
  };
}

type Stage = Awaited<ReturnType<typeof stage>>;

/** What each permission lets somebody do. */
const DEEDS: Partial<Record<PermissionName, (it: Stage, actor: Actor) => Promise<unknown>>> = {
  'snapshots.lock': ({ locks, id }, actor) => locks.lock(actor, id),
  'snapshots.note': ({ notes, id }, actor) => notes.change(actor, id, { note: 'x' }),
  'snapshots.verify': ({ runs, id }, actor) => runs.startVerify(actor, id),
  'snapshots.delete': ({ runs, id }, actor) => runs.startRemove(actor, id, { evenNewest: true }),
  'backup.on-demand': ({ onDemand }, actor) => onDemand.start(actor, { account: 'ok-1' }),
  'restore.overwrite': ({ runs, id }, actor) => runs.startRestore(actor, id, {}),
  'restore.mirror': ({ previews, id }, actor) => previews.preview(actor, id, { mode: 'mirror' }),
  'restore.new-folder': ({ runs, id }, actor) => runs.startRestore(actor, id, { beside: true }),
  'restore.without-safety': ({ runs, id }, actor) =>
    runs.startRestore(actor, id, { withoutSafety: true }),
  'account.excludes': ({ accounts }, actor) => accounts.setExcludes(actor, 'ok-1', ['cache/']),
};

it.each(Object.entries(DEEDS))('%s is held to', async (name, deed) => {
  const permission = name as PermissionName;
  const it = await stage();
  await it.say(permission, 'no');
  for (const actor of [it.tenant, it.rita]) {
    await expect(deed(it, actor)).rejects.toMatchObject(DENIED);
  }
  await expect(deed(it, it.stranger)).rejects.toMatchObject(HIDDEN);
  await it.say(permission, 'yes');
  await deed(it, it.tenant);
});

it('admins are held to nothing', async () => {
  const it = await stage();
  for (const permission of Object.keys(DEEDS)) await it.say(permission as PermissionName, 'never');
  await DEEDS['snapshots.lock']?.(it, admin);
  await DEEDS['restore.overwrite']?.(it, admin);
  await DEEDS['snapshots.verify']?.(it, admin);
});

it('a reseller works on its accounts, and on no other', async () => {
  const it = await stage();
  for (const permission of ['snapshots.lock', 'snapshots.note', 'restore.new-folder'] as const) {
    await DEEDS[permission]?.(it, it.rita);
  }
  const [foreign] = await it.snapshots.list({ limit: 1, accountId: it.stranger.accountId });
  const strange = { ...it, id: foreign?.id ?? '' };
  for (const permission of ['snapshots.lock', 'snapshots.note', 'restore.overwrite'] as const) {
    await expect(DEEDS[permission]?.(strange, it.rita)).rejects.toMatchObject(HIDDEN);
  }
});

it('what may not be seen is not there: snapshots', async () => {
  const it = await stage();
  await it.say('snapshots.view', 'no');
  for (const actor of [it.tenant, it.rita]) {
    await expect(it.snapshots.getVisible(actor, it.id)).rejects.toMatchObject(HIDDEN);
    const scope = await it.snapshots.scopeFor(actor);
    expect(await it.snapshots.list({ limit: 9, scope })).toEqual([]);
    await expect(it.runs.startRestore(actor, it.id, {})).rejects.toMatchObject(HIDDEN);
  }
  expect(await it.snapshots.getVisible(admin, it.id)).toMatchObject({ id: it.id });
});

it('what may not be seen is not there: logs of runs', async () => {
  const it = await stage();
  const run = await it.runs.startRestore(it.tenant, it.id, {});
  expect(await it.runs.log(it.rita, run.id)).not.toEqual([]);
  await it.say('runs.log', 'no');
  for (const actor of [it.tenant, it.rita]) {
    await expect(it.runs.log(actor, run.id)).rejects.toMatchObject(HIDDEN);
    expect((await it.runs.get(actor, run.id)).run.id).toBe(run.id);
  }
});

it('an undo is held to its permission, and is not offered without it', async () => {
  const it = await stage();
  const run = await it.runs.waitFor((await it.runs.startRestore(it.tenant, it.id, {})).id);
  expect(await it.undos.offerOf(it.tenant, run)).toBeDefined();
  await it.say('restore.undo', 'no');
  expect(await it.undos.offerOf(it.tenant, run)).toBeUndefined();
  await expect(it.undos.start(it.tenant, run.id, {})).rejects.toMatchObject(DENIED);
});
