/** Parts of a snapshot: what they cost to read, where they go, what they leave alone. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  link,
  mkdir,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Destination, GetOptions } from '../../../destinations/destination.js';
import { compareTrees } from '../../testing/compare-trees.js';
import { EngineHarness } from '../../testing/engine-harness.js';
import { tempDir } from '../../testing/temp-dir.js';
import type { RestoreTarget } from '../types.js';

interface Get {
  folder: string;
  range: GetOptions['range'];
}

/** The destination with its reads written down. */
function counting(inner: Destination, gets: Get[]): Destination {
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name !== 'get') return value.bind(target) as unknown;
      return (key: string, options: GetOptions = {}) => {
        gets.push({ folder: key.split('/').at(-2) ?? '', range: options.range });
        return target.get(key, options);
      };
    },
  });
}

async function makeHarness(): Promise<{ harness: EngineHarness; home: string; place: string }> {
  const place = await tempDir();
  const home = join(place, 'home');
  await mkdir(join(home, 'site/uploads'), { recursive: true });
  await writeFile(join(home, 'site/index.php'), '<?php\n');
  await writeFile(join(home, 'site/uploads/noise'), randomBytes(1_500_000));
  await writeFile(join(home, 'site/uploads/large'), randomBytes(5_000_000));
  await writeFile(join(home, 'site/uploads/more'), randomBytes(1_500_000));
  await writeFile(join(home, 'site/page.html'), '<p>page</p>\n');
  const uid = process.getuid?.() === 0 ? 1001 : undefined;
  const account = uid === undefined ? {} : { uid, gid: uid };
  return { harness: await EngineHarness.make(place, { home, ...account }), home, place };
}

const directory = (path: string): RestoreTarget => ({ place: 'directory', path, mode: 'overlay' });
const only = (...paths: string[]) => ({ selection: { paths, items: [] } });

describe.each(['compressed', 'archived'] as const)(
  'one file out of an %s snapshot',
  (structure) => {
    it.each(['index.php', 'page.html', 'uploads/noise', 'uploads/large'])(
    '%s costs the snapshot file, one page and one ranged read',
    async (name) => {
      const { harness, home, place } = await makeHarness();
      const summary = await harness.backup({ structure });
      const entry = await (await harness.reader(summary.id)).find(`homedir/site/${name}`);
      const gets: Get[] = [];
      harness.destination = counting(harness.destination, gets);
      const target = directory(join(place, 'restored'));
      const report = await harness.restore(summary.id, { target, ...only(`homedir/site/${name}`) });
      expect(report).toMatchObject({ state: 'complete', verifiedFiles: 1, problems: [] });
      const { offset, length } = entry?.data ?? { offset: -1, length: -1 };
      expect(gets).toEqual([
        { folder: 'snapshots', range: undefined },
        { folder: 'pages', range: undefined },
        { folder: 'archives', range: { offset, length } },
      ]);
      const restored = await readFile(join(place, 'restored/homedir/site', name));
      expect(restored.equals(await readFile(join(home, 'site', name)))).toBe(true);
    },
  ); // prettier-ignore
  },
);

describe('a hard link whose first name was not chosen', () => {
  it('is restored as a file of its own, and its fellows as links to it', async () => {
    const { harness, home, place } = await makeHarness();
    await mkdir(join(home, 'z'));
    for (const name of ['z/one', 'z/two']) {
      await link(join(home, 'site/index.php'), join(home, name));
    }
    await symlink('over-there', join(home, 'site/link'));
    await link(join(home, 'site/link'), join(home, 'z/linked-link'));
    const summary = await harness.backup();
    const target = directory(join(place, 'restored'));
    const report = await harness.restore(summary.id, { target, ...only('homedir/z') });
    expect(report.problems).toEqual([]);
    const restored = join(place, 'restored/homedir');
    expect(await readdir(restored)).toEqual(['z']);
    const skip = ({ path }: { path: string }): boolean => path === 'linked-link';
    expect(await compareTrees(join(home, 'z'), join(restored, 'z'), { skip })).toEqual([]);
    expect(await readlink(join(restored, 'z/linked-link'))).toBe('over-there');
    expect((await stat(join(restored, 'z/one'))).nlink).toBe(2);
  });
});

describe('a restore to the original place', () => {
  /** What root makes here belongs to the account in life. */
  async function chownHome({ account: { home, uid, gid } }: EngineHarness): Promise<void> {
    await promisify(execFile)('chown', ['-R', `${uid}:${gid}`, home]);
  }

  async function wrecked(): Promise<{ harness: EngineHarness; home: string; id: string }> {
    const { harness, home } = await makeHarness();
    await mkdir(join(home, 'cache'));
    await writeFile(join(home, 'cache/.donotbackup'), '');
    await writeFile(join(home, 'cache/kept'), 'never stored\n');
    await writeFile(join(home, 'a.log'), 'left out\n');
    await chownHome(harness);
    const { id } = await harness.backup({ excludes: { patterns: ['*.log'], useDefaults: false } });
    await rm(join(home, 'site/index.php'));
    await writeFile(join(home, 'new'), 'made later\n');
    await mkdir(join(home, 'site/new-folder'));
    await writeFile(join(home, 'site/new-folder/x'), '');
    await chownHome(harness);
    return { harness, home, id };
  }

  it('overlay brings back and takes nothing away', async () => {
    const { harness, home, id } = await wrecked();
    const report = await harness.restore(id);
    expect(report).toMatchObject({ state: 'complete', counts: { deleted: 0 } });
    expect((await readdir(home)).sort()).toEqual(['a.log', 'cache', 'new', 'site']);
    expect((await readdir(join(home, 'site'))).sort()).toContain('index.php');
  });

  it('mirror takes away what is new, and keeps what was left out on purpose', async () => {
    const { harness, home, id } = await wrecked();
    const target: RestoreTarget = { place: 'original', mode: 'mirror' };
    const preview = await harness.preview(id, { target });
    const report = await harness.restore(id, { target });
    expect(preview.counts.deleted).toBe(3);
    expect(report.counts.deleted).toBe(3);
    expect((await readdir(home)).sort()).toEqual(['a.log', 'cache', 'site']);
    expect((await readdir(join(home, 'cache'))).sort()).toEqual(['.donotbackup', 'kept']);
    expect(await readFile(join(home, 'a.log'), 'utf8')).toBe('left out\n');
    expect(await readdir(join(home, 'site'))).not.toContain('new-folder');
  });

  it('mirror of one folder leaves its neighbours alone', async () => {
    const { harness, home, id } = await wrecked();
    const target: RestoreTarget = { place: 'original', mode: 'mirror' };
    const report = await harness.restore(id, { target, ...only('homedir/site') });
    expect(report.counts.deleted).toBe(2);
    expect(await readdir(home)).toContain('new');
  });

  it('beside makes a new folder each time', async () => {
    const { harness, home, id } = await wrecked();
    const target: RestoreTarget = { place: 'beside' };
    const names = [`restored-${id}`, `restored-${id}-2`, `restored-${id}-3`];
    for (const name of names) {
      const report = await harness.restore(id, { target, ...only('homedir/site/page.html') });
      expect(report.targetPath).toBe(join(home, name));
      expect(await readFile(join(home, name, 'site/page.html'), 'utf8')).toBe('<p>page</p>\n');
    }
    const found = (await readdir(home)).filter((name) => name.startsWith('restored-'));
    expect(found.sort()).toEqual(names);
  });

  it('has no place for what is not of the home', async () => {
    const { harness, id } = await wrecked();
    const asked = harness.restore(id, { selection: { paths: [], items: ['config'] } });
    await expect(asked).rejects.toMatchObject({ kind: 'input', code: 'restore.no-place' });
  });
});
