/** What a snapshot holds and what it leaves out; what two snapshots share. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'; // prettier-ignore
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineHarness } from '../../testing/engine-harness.js';
import { tempDir } from '../../testing/temp-dir.js';

async function makeHarness(files: string[]): Promise<{ harness: EngineHarness; home: string }> {
  const place = await tempDir();
  const home = join(place, 'home');
  for (const file of files) {
    await mkdir(join(home, file, '..'), { recursive: true });
    await writeFile(join(home, file), `content of ${file}\n`);
  }
  return { harness: await EngineHarness.make(place, { home }), home };
}

/** Path below the home -> the rule that left it out, or '' when it was stored. */
async function fates(harness: EngineHarness, snapshotId: string): Promise<Record<string, string>> {
  const reader = await harness.reader(snapshotId);
  const found: Record<string, string> = {};
  for await (const { path, excludedBy } of reader.below('homedir')) {
    found[path.slice('homedir/'.length)] = excludedBy ?? '';
  }
  return found;
}

describe('what is left out', () => {
  it('stands in the manifest with its rule, and nothing below it', async () => {
    const files = ['.cache/x/y', 'logs/a.log', 'logs/keep.log', 'site/wp-content/cache/c.html', 'site/index.php']; // prettier-ignore
    const { harness, home } = await makeHarness(files);
    await symlink('a.log', join(home, 'logs/link.log'));
    const summary = await harness.backup({
      excludes: { patterns: ['*.log', '!keep.log'], useDefaults: true },
    });
    expect(await fates(harness, summary.id)).toEqual({
      '.cache': '/.cache/',
      'logs': '',
      'site': '',
      'logs/a.log': '*.log',
      'logs/keep.log': '',
      'logs/link.log': '*.log',
      'site/index.php': '',
      'site/wp-content': '',
      'site/wp-content/cache': '**/wp-content/cache/',
    }); // prettier-ignore
    expect(summary).toMatchObject({ state: 'complete', excluded: 4, problems: 0 });
    expect(summary.leftOut.map(({ code }) => code)).toEqual(Array(4).fill('excluded'));
    expect(await harness.verify(summary.id)).toMatchObject({ state: 'complete' });
  });

  it.each(['.donotbackup', 'donotbackup'])('is what lies beside %s', async (marker) => {
    const files = ['marked/file', 'marked/folder/below', `marked/${marker}`, 'kept/file'];
    const { harness, home } = await makeHarness([...files, 'by-folder/file']);
    await mkdir(join(home, 'by-folder', marker));
    await symlink('file', join(home, 'marked/link'));
    const summary = await harness.backup({ excludes: { patterns: [], useDefaults: false } });
    expect(await fates(harness, summary.id)).toEqual({
      'by-folder': '',
      [`by-folder/${marker}`]: marker,
      'by-folder/file': marker,
      'kept': '',
      'kept/file': '',
      'marked': '',
      [`marked/${marker}`]: marker,
      'marked/file': marker,
      'marked/folder': marker,
      'marked/link': marker,
    }); // prettier-ignore
    expect(await harness.verify(summary.id)).toMatchObject({ state: 'complete' });
  });
});

describe('a snapshot', () => {
  it('counts what it holds', async () => {
    const { harness, home } = await makeHarness(['a', 'folder/b']);
    await link(join(home, 'a'), join(home, 'folder/a-again'));
    await writeFile(join(home, 'sparse'), '');
    await truncate(join(home, 'sparse'), 1024 * 1024);
    const summary = await harness.backup();
    const config = summary.items[0]?.bytes ?? 0;
    const content = 'content of a\n'.length + 'content of folder/b\n'.length;
    expect(summary).toMatchObject({ entries: 8, files: 5, contentBytes: config + content });
    expect(summary.items).toMatchObject([
      { name: 'config', entries: 2 },
      { name: 'files', entries: 6, bytes: content },
    ]);
  });

  it('shares the pages that did not change with the one before', async () => {
    const { harness, home } = await makeHarness(['z-last']);
    await mkdir(join(home, 'empty'));
    const names = Array.from({ length: 6000 }, (_, i) => `empty/file-${i}`);
    await Promise.all(names.map((name) => writeFile(join(home, name), '')));
    const first = await harness.backup();
    await writeFile(join(home, 'z-last'), 'another\n');
    await writeFile(join(home, 'empty/a-new-one'), '');
    const second = await harness.backup();
    const pages = async (id: string): Promise<string[]> =>
      (await harness.reader(id)).summary.pages.map(({ sha256 }) => sha256);
    const [before, after] = [await pages(first.id), await pages(second.id)];
    expect(before.length).toBeGreaterThan(3);
    const shared = after.filter((page) => before.includes(page));
    expect(shared.length).toBeGreaterThanOrEqual(after.length - 3);
    const stored = await readdir(join(harness.store, harness.prefix, 'pages'));
    expect(stored).toHaveLength(new Set([...before, ...after]).size);
    for (const { id } of [first, second]) {
      expect(await harness.verify(id)).toMatchObject({ state: 'complete' });
    }
  });

  it.runIf(existsSync('/dev/shm'))('keeps times that only some file systems have', async () => {
    const home = await mkdtemp('/dev/shm/holdfast-test-');
    onTestFinished(() => rm(home, { recursive: true }));
    await writeFile(join(home, 'far'), '');
    await promisify(execFile)('touch', ['-d', '@9999999999999', join(home, 'far')]);
    const harness = await EngineHarness.make(await tempDir(), { home });
    const { id } = await harness.backup();
    const entry = await (await harness.reader(id)).find('homedir/far');
    expect(entry?.mtimeNs).toBe(9_999_999_999_999_000_000_000n);
    expect(await harness.verify(id)).toMatchObject({ state: 'complete' });
    const target = { place: 'directory', path: join(home, 'restored'), mode: 'overlay' } as const;
    expect(await harness.restore(id, { target })).toMatchObject({ problems: [] });
    const restored = await stat(join(home, 'restored/homedir/far'), { bigint: true });
    expect(restored.mtimeNs).toBe(entry?.mtimeNs);
  });
});
