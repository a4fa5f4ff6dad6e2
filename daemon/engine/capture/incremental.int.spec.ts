/** Incremental archives: what is stored, what is taken over, what can be restored. */
import { randomBytes } from 'node:crypto';
import {
  appendFile,
  chmod,
  link,
  mkdir,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryDestination } from '../../../destinations/memory/memory.destination.js';
import { compareTrees } from '../../testing/compare-trees.js';
import { EngineHarness } from '../../testing/engine-harness.js';
import { tempDir } from '../../testing/temp-dir.js';
import type { BackupRequest, SnapshotSummary } from '../types.js';

const MIB = 1024 * 1024;
/** Files older than this are not read again because they may have changed in the same instant. */
const LONG_AGO = new Date('2020-01-01T00:00:00Z');

class Stage {
  readonly stored = new MemoryDestination();
  private last: SnapshotSummary | undefined;

  private constructor(
    readonly harness: EngineHarness,
    readonly home: string,
    readonly place: string,
  ) {
    harness.destination = this.stored;
  }

  static async make(): Promise<Stage> {
    const place = await tempDir();
    const home = join(place, 'home');
    await mkdir(join(home, 'site'), { recursive: true });
    await mkdir(join(home, 'empty'));
    for (let i = 0; i < 50; i += 1) {
      await writeFile(
        join(home, 'site', `page-${String(i)}.php`),
        `<?php // ${String(i)}\n`.repeat(200),
      );
    }
    await writeFile(join(home, 'large.bin'), randomBytes(5 * MIB));
    await writeFile(join(home, 'nothing'), '');
    await symlink('site', join(home, 'link'));
    await link(join(home, 'site/page-1.php'), join(home, 'again.php'));
    return new Stage(await EngineHarness.make(place, { home }), home, place);
  }

  /** With the snapshot before as its parent. The clock is far enough from the last change. */
  async backup(changes: Partial<BackupRequest> = {}): Promise<SnapshotSummary> {
    const parent =
      this.last === undefined
        ? undefined
        : { snapshotKey: this.harness.keyOf(this.last.id), expiringArchives: [] };
    const now = new Date(Date.now() + 3_600_000);
    this.harness.now = () => now;
    const summary = await this.harness.backup({ structure: 'incremental', parent, ...changes });
    expect(await this.harness.verify(summary.id)).toMatchObject({ state: 'complete' });
    this.last = summary;
    return summary;
  }

  /** Restores a snapshot and compares it with the home. */
  async expectSame(snapshotId: string): Promise<void> {
    const path = join(this.place, `restored-${snapshotId}`);
    await mkdir(path);
    const target = { place: 'directory', path, mode: 'overlay' } as const;
    const report = await this.harness.restore(snapshotId, { target });
    expect(report).toMatchObject({ state: 'complete', failed: 0 });
    expect(await compareTrees(this.home, join(path, 'homedir'))).toEqual([]);
  }

  async puts(act: () => Promise<unknown>): Promise<string[]> {
    const before = new Set(await this.keys());
    await act();
    return (await this.keys()).filter((key) => !before.has(key));
  }

  private async keys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.stored.list('')) keys.push(key);
    return keys;
  }
}

describe('incremental archives', () => {
  it('store everything first, then nothing but a snapshot file when nothing changed', async () => {
    const stage = await Stage.make();
    const first = await stage.backup();
    expect(first.newBytes).toBe(first.contentBytes);
    const puts = await stage.puts(async () => {
      const second = await stage.backup();
      expect(second).toMatchObject({ newBytes: 0, contentBytes: first.contentBytes });
      expect(second).toMatchObject({ entries: first.entries, files: first.files });
      await stage.expectSame(second.id);
    });
    expect(puts).toHaveLength(1);
    await stage.expectSame(first.id);
  });

  it('store what changed, and only that', async () => {
    const stage = await Stage.make();
    await stage.backup();
    await appendFile(join(stage.home, 'site/page-3.php'), 'more');
    await writeFile(join(stage.home, 'new.txt'), 'new content');
    await rm(join(stage.home, 'site/page-4.php'));
    await chmod(join(stage.home, 'site/page-5.php'), 0o600);
    const second = await stage.backup();
    const changed = `<?php // 3\n`.repeat(200).length + 4;
    expect(second.newBytes).toBe(changed + 'new content'.length);
    await stage.expectSame(second.id);
    const archives = second.archives ?? [];
    expect(archives).toHaveLength(2);
    expect(archives[0]?.liveBytes).toBe((archives[0]?.contentBytes ?? 0) - changed + 4 - `<?php // 4\n`.repeat(200).length); // prettier-ignore
  });

  it('find moved and copied content by its hash', async () => {
    const stage = await Stage.make();
    await stage.backup();
    await rename(join(stage.home, 'site'), join(stage.home, 'moved'));
    await rename(join(stage.home, 'large.bin'), join(stage.home, 'film.bin'));
    const second = await stage.backup();
    expect(second.newBytes).toBe(0);
    await stage.expectSame(second.id);
  });

  it('store the same content of one snapshot once', async () => {
    const stage = await Stage.make();
    const copies = randomBytes(3 * MIB);
    for (let i = 0; i < 40; i += 1) await writeFile(join(stage.home, `z-${String(i)}.bin`), copies);
    const first = await stage.backup();
    expect(first.newBytes).toBeLessThanOrEqual(first.contentBytes - 30 * 3 * MIB);
    await stage.expectSame(first.id);
    const [archive] = first.archives ?? [];
    expect(archive?.liveBytes).toBe(archive?.contentBytes);
  });

  it('see a change that kept size and times, by its ctime', async () => {
    const stage = await Stage.make();
    const path = join(stage.home, 'site/page-7.php');
    await utimes(path, LONG_AGO, LONG_AGO);
    await stage.backup();
    await writeFile(path, `<?php // X\n`.repeat(200));
    await utimes(path, LONG_AGO, LONG_AGO);
    const second = await stage.backup();
    expect(second.newBytes).toBe(`<?php // X\n`.repeat(200).length);
    await stage.expectSame(second.id);
  });

  it('read again what was changed in the moment it was read', async () => {
    const stage = await Stage.make();
    const soon = new Date(Date.now() + 1000);
    const first = await stage.backup();
    expect(first.newBytes).toBeGreaterThan(0);
    // As if the file had been changed after it was read, within one step of the clock.
    stage.harness.now = () => soon;
    const parent = { snapshotKey: stage.harness.keyOf(first.id), expiringArchives: [] };
    const second = await stage.harness.backup({ structure: 'incremental', parent });
    const third = { snapshotKey: stage.harness.keyOf(second.id), expiringArchives: [] };
    const logged: string[] = [];
    const opened = await stage.harness.backup({ structure: 'incremental', parent: third });
    expect(opened.newBytes).toBe(0);
    expect(logged).toEqual([]);
    await stage.expectSame(opened.id);
  });

  it('store what lies in archives that are to expire again, and forget those', async () => {
    const stage = await Stage.make();
    const first = await stage.backup();
    await writeFile(join(stage.home, 'new.txt'), 'new content');
    await stage.backup();
    const expiringArchives = (first.archives ?? []).map(({ name }) => name);
    const parent = {
      snapshotKey: stage.harness.keyOf('20260101T000002Z-abcdef'),
      expiringArchives,
    };
    const third = await stage.backup({ parent });
    const names = (third.archives ?? []).map(({ name }) => name);
    expect(names).not.toContain(expiringArchives[0]);
    expect(names).toHaveLength(2);
    expect(third.newBytes).toBe(third.contentBytes - 'new content'.length);
    await stage.harness.remove(first.id);
    await stage.harness.remove('20260101T000002Z-abcdef');
    await stage.expectSame(third.id);
  });

  it('are removed only when no snapshot refers to them', async () => {
    const stage = await Stage.make();
    const first = await stage.backup();
    const second = await stage.backup();
    await stage.harness.remove(first.id);
    await stage.expectSame(second.id);
    await stage.harness.remove(second.id);
    const left: string[] = [];
    for await (const { key } of stage.stored.list('')) left.push(key);
    expect(left.filter((key) => !key.endsWith('RESTORE.md'))).toEqual([]);
  });

  it('are cut so that none grows without end', async () => {
    const stage = await Stage.make();
    for (let i = 0; i < 6; i += 1) {
      await writeFile(join(stage.home, `huge-${String(i)}.bin`), randomBytes(6 * MIB));
    }
    const first = await stage.backup();
    expect(first.archives).toHaveLength(3);
    await stage.expectSame(first.id);
  });

  it('store everything again when the parent is damaged', async () => {
    const stage = await Stage.make();
    const first = await stage.backup();
    await stage.stored.put(stage.harness.keyOf(first.id), Buffer.from('{}'));
    const second = await stage.backup();
    expect(second.newBytes).toBe(second.contentBytes);
    expect(stage.harness.logged.join()).toContain('everything is stored again');
    await stage.expectSame(second.id);
  });
});
