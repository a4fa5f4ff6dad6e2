import { chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EngineHarness } from '../../testing/engine-harness.js';
import { tempDir } from '../../testing/temp-dir.js';

/** Root restores into a home as the account, which must be somebody else. */
const OWNER = process.geteuid?.() === 0 ? { uid: 62_001, gid: 62_001 } : {};
const LEFTOVER = '.holdfast-0123456789abcdef.tmp';

/** A home as a killed restore leaves it, with a snapshot from before. */
async function killedRestore() {
  const directory = await tempDir();
  const home = join(directory, 'home');
  await mkdir(join(home, 'site', 'deep'), { recursive: true });
  await writeFile(join(home, 'site', 'page.html'), 'page');
  const harness = await EngineHarness.make(directory, { home, ...OWNER });
  await giveAway(home);
  const { id } = await harness.backup();
  for (const folder of ['', 'site', 'site/deep']) {
    await writeFile(join(home, folder, LEFTOVER), 'half');
  }
  await giveAway(home);
  return { home, harness, id };
}

async function giveAway(home: string): Promise<void> {
  if (OWNER.uid === undefined) return;
  for (const name of ['', ...(await readdir(home, { recursive: true }))]) {
    await chown(join(home, name), OWNER.uid, OWNER.gid);
  }
}

it('a restore takes away what a killed one left, and nothing that only looks alike', async () => {
  const { home, harness, id } = await killedRestore();
  const notOurs = ['.holdfast-0123.tmp', '.holdfast-0123456789abcdef.txt', 'holdfast.tmp'];
  for (const name of notOurs) await writeFile(join(home, name), 'mine');
  await mkdir(join(home, '.holdfast-aaaaaaaaaaaaaaaa.tmp'));
  const report = await harness.restore(id);
  expect(report).toMatchObject({ state: 'complete', failed: 0 });
  const names = await readdir(home);
  expect(names.sort()).toEqual([...notOurs, '.holdfast-aaaaaaaaaaaaaaaa.tmp', 'site'].sort());
  expect((await readdir(join(home, 'site'))).sort()).toEqual(['deep', 'page.html']);
  expect(await readdir(join(home, 'site', 'deep'))).toEqual([]);
});

it('also beside the one file that is restored', async () => {
  const { home, harness, id } = await killedRestore();
  const selection = { paths: ['homedir/site/page.html'], items: [] };
  expect(await harness.restore(id, { selection })).toMatchObject({ state: 'complete' });
  expect((await readdir(join(home, 'site'))).sort()).toEqual(['deep', 'page.html']);
  expect(await readdir(join(home, 'site', 'deep'))).toEqual([LEFTOVER]);
});

it('and a backup in between does not keep it', async () => {
  const { home, harness } = await killedRestore();
  const { id, excluded, state } = await harness.backup();
  expect([excluded, state]).toEqual([3, 'complete']);
  expect(await harness.restore(id)).toMatchObject({ state: 'complete', failed: 0 });
  const names = await readdir(home, { recursive: true });
  expect(names.sort()).toEqual(['site', 'site/deep', 'site/page.html']);
});
