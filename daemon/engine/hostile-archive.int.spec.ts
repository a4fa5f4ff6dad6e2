/** Archives that were damaged at the destination, or replaced by something else. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { snapshotOfTree, type TreeSnapshot } from '../testing/compare-trees.js';
import { forge, type Line } from '../testing/forged-snapshot.js';
import { alice, give, makeCanary, makeStage, writeFiles, type Stage } from '../testing/hostile-stage.js'; // prettier-ignore
import { needsRoot } from '../testing/tools.js';
import { gzipMember } from './archive/gzip-member.js';
import type { RestoreReport, Structure } from './types.js';

const structures: Structure[] = ['archived', 'compressed'];
const FLIPS = 50;

interface Filled {
  stage: Stage;
  id: string;
  archive: string;
  before: TreeSnapshot;
}

/** Small files, a large one in pieces, one that does not compress, links. */
async function fill(structure: Structure): Promise<Filled> {
  const stage = await makeStage();
  const files = Array.from({ length: 60 }, (_, n) => [
    `site/${n}.php`,
    `<?php // ${n}\n`.repeat(n),
  ]);
  await writeFiles(stage.home, Object.fromEntries(files) as Record<string, string>);
  await mkdir(join(stage.home, 'up'));
  writeFileSync(join(stage.home, 'up/large.sql'), 'insert into things;\n'.repeat(120_000));
  writeFileSync(join(stage.home, 'up/noise.zip'), randomBytes(300_000));
  symlinkSync('noise.zip', join(stage.home, 'up/link'));
  await give(stage.home, alice);
  const before = await snapshotOfTree(stage.home);
  const { id } = await stage.harness.backup({ structure });
  const suffix = structure === 'compressed' ? 'tar.gz' : 'tar';
  const archive = join(stage.harness.store, stage.harness.prefix, 'archives', `${id}-1.${suffix}`);
  return { stage, id, archive, before };
}

/** Every file is what it was, or was told as failed and is still what stood there before. */
async function expectHonest({ stage, before }: Filled, report: RestoreReport): Promise<void> {
  const after = await snapshotOfTree(stage.home);
  const failed = new Set(report.problems.map(({ path }) => path.slice('homedir/'.length)));
  for (const [path, entry] of before) {
    if (entry.type !== 'file') continue;
    const now = after.get(path);
    const isAsBefore = now?.content === entry.content && now?.size === entry.size;
    const isOld = readFileSync(join(stage.home, path), 'utf8') === 'old';
    expect(failed.has(path) ? isOld : isAsBefore, path).toBe(true);
  }
  expect([...after.keys()].filter((path) => !before.has(path))).toEqual([]);
  expect(report.state).toBe(failed.size > 0 ? 'incomplete' : 'complete');
}

function makeOld({ stage, before }: Filled): void {
  for (const [path, { type }] of before) {
    if (type === 'file') writeFileSync(join(stage.home, path), 'old');
  }
}

describe.skipIf(!needsRoot())('a damaged archive', () => {
  it.each(structures)('%s: a byte is flipped at every fiftieth of it', async (structure) => {
    const filled = await fill(structure);
    const { stage, id, archive } = filled;
    const sound = readFileSync(archive);
    let damaged = 0;
    for (let n = 0; n < FLIPS; n += 1) {
      const bytes = Buffer.from(sound);
      const at = Math.floor(((n + 0.5) / FLIPS) * bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (n % 8));
      writeFileSync(archive, bytes);
      expect(await stage.harness.verify(id), `byte ${at}`).toMatchObject({ state: 'damaged' });
      if (n % 5 > 0) continue;
      makeOld(filled);
      const report = await stage.harness.restore(id);
      await expectHonest(filled, report);
      if (report.failed > 0) damaged += 1;
    }
    expect(damaged).toBeGreaterThan(0);
    writeFileSync(archive, sound);
    expect(await stage.harness.verify(id)).toMatchObject({ state: 'complete' });
  });

  it.each(structures)('%s: it is cut off, or goes on', async (structure) => {
    const filled = await fill(structure);
    const { stage, id, archive } = filled;
    const sound = readFileSync(archive);
    for (const length of [0, 1, 511, Math.floor(sound.length / 2), sound.length - 1]) {
      truncateSync(archive, length);
      expect(await stage.harness.verify(id), `${length} bytes`).toMatchObject({ state: 'damaged' });
      makeOld(filled);
      await expectHonest(filled, await stage.harness.restore(id));
      writeFileSync(archive, sound);
    }
    const more = structure === 'compressed' ? gzipMember(Buffer.alloc(512), 6) : Buffer.alloc(512);
    for (const tail of [more, Buffer.from('x'), randomBytes(100_000)]) {
      writeFileSync(archive, Buffer.concat([sound, tail]));
      expect(await stage.harness.verify(id)).toMatchObject({ state: 'damaged' });
      makeOld(filled);
      const report = await stage.harness.restore(id);
      expect(report.failed).toBe(0);
      await expectHonest(filled, report);
    }
  });

  it.each(structures)('%s: something else stands in its place', async (structure) => {
    const filled = await fill(structure);
    const { stage, id, archive } = filled;
    const canary = await makeCanary(stage, 'canary', { isOpen: false, paths: ['archive'] });
    const sound = readFileSync(archive);
    const outside = join(canary.path, 'archive');
    const plants = [
      () => symlinkSync(outside, archive),
      () => symlinkSync('/dev/zero', archive),
      () => execFileSync('mkfifo', [archive]),
      () => execFileSync('mknod', [archive, 'c', '1', '5']),
      () => execFileSync('mkdir', [archive]),
      () => undefined,
    ];
    for (const plant of plants) {
      rmSync(archive, { recursive: true, force: true });
      plant();
      expect(await stage.harness.verify(id)).toMatchObject({ state: 'damaged' });
      makeOld(filled);
      const report = await stage.harness.restore(id);
      expect(report.verifiedFiles).toBe(1); // The empty one.
      await expectHonest(filled, report);
    }
    await canary.expectUntouched();
    rmSync(archive, { recursive: true, force: true });
    writeFileSync(archive, sound);
    expect(await stage.harness.verify(id)).toMatchObject({ state: 'complete' });
  });
});

describe.skipIf(!needsRoot())('a gzip member that lies', () => {
  const bomb = gzipMember(Buffer.alloc(7 * 1024 * 1024), 9);
  const withSize = (member: Buffer, size: number): Buffer => {
    const copy = Buffer.from(member);
    copy.writeUInt32LE(size, copy.length - 4);
    return copy;
  };
  const withLength = (member: Buffer, length: number): Buffer => {
    const copy = Buffer.from(member);
    copy.writeUInt32LE(length, 16);
    return copy;
  };

  it.each([
    ['holds more than it says', withSize(bomb, 100)],
    ['holds less than it says', withSize(bomb, 8 * 1024 * 1024)],
    ['says that it holds 4 GiB', withSize(bomb, 0xffffffff)],
    ['is longer than it says', withLength(bomb, 100)],
    ['is shorter than it says', withLength(bomb, 12 * 1024 * 1024)],
    ['says that it is 4 GiB long', withLength(bomb, 0xffffffff)],
    ['is empty', withLength(bomb, 0)],
    ['is forty members of zeros', Buffer.concat(Array<Buffer>(40).fill(bomb))],
  ])('%s', async (_what, member) => {
    const filled = await fill('compressed');
    const { stage, id, archive } = filled;
    writeFileSync(archive, Buffer.concat([member, readFileSync(archive).subarray(member.length)]));
    const { size } = { size: readFileSync(archive).length };
    await forge(stage.harness, id, {
      body: (body) => body.archives.forEach((reference) => (reference.sizeBytes = size)),
      lines: (lines) => lines.map((line) => pointedAt(line, member.length)),
    });
    makeOld(filled);
    await expectHonest(filled, await stage.harness.restore(id));
    expect(await stage.harness.verify(id)).toMatchObject({ state: 'damaged' });
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(800 * 1024 * 1024);
  });

  /** Everything of the site is said to lie in the member; the rest where it lay. */
  function pointedAt(line: Line, length: number): Line {
    if (line['data'] === undefined || !String(line['path']).startsWith('homedir/site/')) {
      return line;
    }
    return { ...line, data: { ...(line['data'] as Line), offset: 0, length, skip: 10 } };
  }
});
