import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DestinationUsageView } from '../api/destination-usage.controller.js';
import type { SnapshotBulkView } from '../api/snapshot-bulk.controller.js';
import type { SnapshotView } from '../api/views.js';
import { openCliStage, type CliStage } from '../testing/cli-stage.js';
import { ANNA_UID } from '../testing/test-daemon.js';
import { isReachableByOthers, needsRoot } from '../testing/tools.js';

let stage: CliStage;

beforeAll(async () => {
  stage = await openCliStage();
  for (let round = 0; round < 3; round += 1) await stage.json('job', 'run', 'nightly', '--wait');
});

afterAll(() => stage.close());

const list = (...args: string[]) => stage.json<SnapshotView[]>('snapshot', 'list', ...args);
const bulk = (...args: string[]) => stage.holdfast(['snapshot', 'bulk', ...args]);

it('locks and unlocks those that match, or those that are named', async () => {
  const locked = await stage.json<SnapshotBulkView>('snapshot', 'bulk', 'lock', '--account', 'anna'); // prettier-ignore
  expect(locked).toMatchObject({ done: 3, items: [{ account: 'anna', obstacle: null }, {}, {}] });
  expect(await list('--state', 'locked')).toHaveLength(3);
  const [first = ''] = locked.items.map(({ id }) => id);
  const again = await bulk('lock', first);
  expect(again.code).toBe(3);
  expect(again.stdout).toMatch(/^0 of 1 snapshots were locked\.[^]*It is locked already\./);
  expect((await bulk('unlock', '--state', 'locked')).stdout).toBe('3 of 3 snapshots were unlocked.\n'); // prettier-ignore
});

it('removes by a filter only who knows how many, and keeps the newest of each account', async () => {
  const preview = await bulk('remove', '--job', 'nightly', '--preview');
  expect(preview).toMatchObject({ code: 0, stdout: expect.stringMatching(/^4 of 6 snapshots would be removed/) as string }); // prettier-ignore
  expect(preview.stdout.match(/newest complete one/g)).toHaveLength(2);
  for (const more of [[], ['--confirm', '6']]) {
    const refused = await bulk('remove', '--job', 'nightly', ...more);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/4 snapshots would be deleted; nothing was done/)]); // prettier-ignore
  }
  expect(await list()).toHaveLength(6);
  expect((await bulk('remove', '--job', 'nightly', '--confirm', '4')).code).toBe(3);
  const newest = await list('--account', 'anna', '--limit', '1');
  const alone = await stage.holdfast(['snapshot', 'remove', newest[0]?.id ?? '']);
  expect([alone.code, alone.stderr]).toEqual([4, expect.stringMatching(/--even-newest/)]);
  await expect.poll(() => list(), { timeout: 30_000 }).toHaveLength(2);
  await stage.json('snapshot', 'remove', newest[0]?.id ?? '', '--even-newest', '--wait');
  expect(await list()).toHaveLength(1);
});

it.each([
  ['nothing', ['remove']],
  ['ids and a filter', ['remove', 'x', '--account', 'anna']],
  ['a count that would not be looked at', ['lock', '--account', 'anna', '--confirm', '99']],
  ['a count beside ids', ['remove', 'x', '--confirm', '1']],
])('refuses %s', async (_, args) => {
  expect(await bulk(...args)).toMatchObject({ code: 2, stdout: '' });
});

it.skipIf(!needsRoot() || !isReachableByOthers())('is nothing of others for an account', async () => {
  const [bobs] = await list('--account', 'bob');
  if (bobs === undefined) throw new Error('Bob has no snapshot.');
  const asAnna = await stage.holdfast(['snapshot', 'bulk', 'lock', bobs.id], { uid: ANNA_UID });
  expect(asAnna.code).toBe(5);
  const usage = await stage.holdfast(['destination', 'usage'], { uid: ANNA_UID });
  expect(usage.code).toBe(6);
}); // prettier-ignore

it('tells how much lies where, and came to it', async () => {
  const [main] = await stage.json<DestinationUsageView[]>('destination', 'usage', '--days', '7');
  expect(main).toMatchObject({ destination: 'main', days: [{ snapshots: 1, day: new Date().toISOString().slice(0, 10) }] }); // prettier-ignore
  const all = await stage.holdfast(['destination', 'usage']);
  expect(all.stdout).toMatch(/^DESTINATION +SINCE +STORED +CHANGE +SNAPSHOTS +FREE\nmain /);
  const one = await stage.holdfast(['destination', 'usage', 'main']);
  expect(one.stdout).toMatch(/^DAY +STORED +SNAPSHOTS +FREE\n20\d\d-/);
  expect((await stage.holdfast(['destination', 'usage', 'nope'])).code).toBe(5);
  expect((await stage.holdfast(['destination', 'usage', '--days', '900'])).code).toBe(2);
});
