import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PermissionsView } from '../api/permission-views.js';
import { openCliStage, type CliStage } from '../testing/cli-stage.js';

let stage: CliStage;

beforeAll(async () => {
  stage = await openCliStage();
});

afterAll(() => stage.close());

it('sets a permission at a level, and explains what came of it', async () => {
  const { holdfast, json } = stage;
  const set = await holdfast([
    'permission',
    'set',
    'snapshots.lock',
    'never',
    '--reseller',
    'rita',
  ]);
  expect([set.code, set.stdout]).toEqual([
    0,
    'snapshots.lock is never there; what holds is never, decided by: reseller.\n',
  ]);
  const explained = await holdfast(['permission', 'explain', 'anna']);
  expect(explained.stdout).toMatch(
    /^snapshots\.lock +never +reseller +Lock and unlock snapshots$/m,
  );
  expect(explained.stdout).toMatch(/^snapshots\.view +yes +built-in /m);
  const bob = await json<PermissionsView>('permission', 'explain', 'bob');
  const lock = bob.permissions.find(({ name }) => name === 'snapshots.lock');
  expect(lock).toMatchObject({ isAllowed: true, decidedBy: 'built-in', setting: 'inherit' });
  const listed = await holdfast(['permission', 'list', '--reseller', 'rita']);
  expect(listed.stdout).toMatch(/^snapshots\.lock +never +never +reseller /m);
});

it.each([
  [['set', 'snapshots.fly', 'yes'], 2],
  [['set', 'snapshots.lock', 'perhaps'], 2],
  [['set', 'snapshots.lock', 'no', '--account', 'anna', '--package', 'x'], 2],
  [['set', 'snapshots.lock', 'no', '--account', 'nobody'], 5],
  [['list', '--package', 'nothing'], 5],
])('refuses %j', async (args, code) => {
  expect((await stage.holdfast(['permission', ...args])).code).toBe(code);
});

it('adds a reseller', async () => {
  const { holdfast } = stage;
  const added = await holdfast(['user', 'add', 'rita', '--role', 'reseller', '--owner', 'rita']);
  expect(added.stdout).toMatch(/^Added the reseller rita\./);
  expect((await holdfast(['user', 'list'])).stdout).toMatch(/^rita +reseller +rita /m);
  expect((await holdfast(['user', 'add', 'x', '--role', 'reseller'])).code).toBe(2);
});
