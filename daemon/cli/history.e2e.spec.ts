import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangesView, DiffView, FoundFilesView, VersionsView } from '../api/history-views.js';
import type { SnapshotView } from '../api/views.js';
import { openCliStage, type CliStage } from '../testing/cli-stage.js';

describe('files over time, by the command line', () => {
  let stage: CliStage;
  const home = (): string => join(stage.directory, 'homes', 'anna');
  const ofAnna = ['--account', 'anna'];
  const find = (name: string): Promise<FoundFilesView> => stage.json('find', name, ...ofAnna);
  const versions = (path: string): Promise<VersionsView> => stage.json('versions', path, ...ofAnna);

  beforeAll(async () => {
    stage = await openCliStage();
    await mkdir(join(home(), 'site'), { recursive: true });
    await writeFile(join(home(), 'site', 'Menu.txt'), 'soup\nfish\n');
    await writeFile(join(home(), 'site', 'photo.bin'), Buffer.from([1, 0, 2]));
    await stage.json('job', 'run', 'nightly', '--wait');
    await writeFile(join(home(), 'site', 'Menu.txt'), 'soup\n<b>cake</b>\n');
    await stage.json('job', 'run', 'nightly', '--wait');
    await rm(join(home(), 'site', 'Menu.txt'));
    await stage.json('job', 'run', 'nightly', '--wait');
  }, 120_000);

  afterAll(() => stage.close());

  const snapshots = async (): Promise<string[]> => {
    const listed = await stage.json<SnapshotView[]>('snapshot', 'list', ...ofAnna);
    return listed.map(({ id }) => id).reverse();
  };

  it('finds a deleted file, with what it was', async () => {
    const { files, unread } = await find('menu');
    expect(unread).toBe(0);
    expect(files).toEqual([
      expect.objectContaining({ path: 'homedir/site/Menu.txt', versions: 2 }),
    ]);
    const [first, second] = await snapshots();
    const { versions: all } = await versions('homedir/site/Menu.txt');
    expect(all).toEqual([
      expect.objectContaining({
        sizeBytes: 17,
        lastSnapshot: second,
        goneAfter: 1,
        isNewest: false,
      }),
      expect.objectContaining({ sizeBytes: 10, lastSnapshot: first, goneAfter: 0 }),
    ]);
    expect((await find('*.TXT')).files).toHaveLength(1);
    expect((await find('*.tx')).files).toHaveLength(0);
  });

  it('compares two versions, and two snapshots', async () => {
    const [first = '', second = '', third = ''] = await snapshots();
    const diff = await stage.json<DiffView>('diff', first, second, 'homedir/site/Menu.txt');
    expect(diff.rows.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      ...['same soup', 'removed fish', 'added <b>cake</b>'],
    ]);
    const changes = await stage.json<ChangesView>('diff', second, third);
    expect(changes).toMatchObject({ added: 0, changed: 0, removed: 1 });
    const binary = await stage.json<DiffView>('diff', first, second, 'homedir/site/photo.bin');
    expect(binary).toMatchObject({ isSame: true, why: 'binary' });
    const { code, stderr } = await stage.holdfast(['diff', first, third, 'homedir/site/Menu.txt']);
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining('holds nothing at') as string }); // prettier-ignore
  });

  it('is right after a snapshot was removed, and after the index is lost', async () => {
    const [first = ''] = await snapshots();
    await stage.json('snapshot', 'remove', first, '--wait');
    expect((await versions('homedir/site/Menu.txt')).versions).toHaveLength(1);
    const folder = stage.instance.paths.history;
    for (const name of await readdir(folder)) {
      await writeFile(join(folder, name), 'torn'.repeat(500));
    }
    expect((await versions('homedir/site/Menu.txt')).versions).toHaveLength(1);
  });

  it('says what was wrong', async () => {
    const { code, stderr } = await stage.holdfast(['find', 'x']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--account') as string }); // prettier-ignore
    expect((await stage.holdfast(['versions', 'homedir/none', ...ofAnna])).code).toBe(5);
    expect((await stage.holdfast(['find', 'x', '--account', 'nobody'])).code).toBe(5);
  });
});
