/** Disks that fill up while a download is written: real ones, of a few megabytes. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { EngineHarness } from '../../testing/engine-harness.js';
import { tempDir } from '../../testing/temp-dir.js';
import { needsRoot, needsTool } from '../../testing/tools.js';
import type { DownloadRequest, DownloadResult } from '../types.js';
import { downloadSnapshot } from './download-snapshot.js';

const MB = 1_000_000;

describe.skipIf(!needsRoot() || !needsTool('mount', 'umount'))('a disk that fills up', () => {
  let harness: EngineHarness;
  let id: string;
  let disk: string;

  beforeEach(async () => {
    const place = await tempDir();
    disk = join(place, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'none', disk]);
    onTestFinished(() => void execFileSync('umount', [disk]));
    const home = join(place, 'home');
    mkdirSync(home);
    for (const name of ['a', 'b', 'c']) writeFileSync(join(home, name), randomBytes(40 * MB));
    harness = await EngineHarness.make(place, { home });
    id = (await harness.backup()).id;
  });

  /** `fill`: what somebody else writes to the disk when the first bytes are on it. */
  function download(fill: number, given: Partial<DownloadRequest>): Promise<DownloadResult> {
    const request = {
      snapshotKey: harness.keyOf(id),
      selection: { paths: [], items: [] },
      trustedKeysPem: [harness.publicKeyPem],
      outputPath: join(disk, '7'),
      ...given,
    };
    let isFilled = fill === 0;
    const onProgress = (): void => {
      if (!isFilled) writeFileSync(join(disk, 'others'), Buffer.alloc(fill));
      isFilled = true;
    };
    return downloadSnapshot(request, { ...harness.context(), onProgress });
  }

  it('takes a download that fits', async () => {
    await download(0, { minFreeBytes: 20 * MB });
    expect(readdirSync(disk)).toEqual(['7']);
  });

  it('ends it, and keeps nothing of it', async () => {
    const ended = download(100 * MB, { minFreeBytes: 0 });
    await expect(ended).rejects.toMatchObject({ kind: 'conflict', code: 'download.disk-full' });
    expect(readdirSync(disk)).toEqual(['others']);
  });

  it('begins none that would not fit', async () => {
    writeFileSync(join(disk, 'before'), Buffer.alloc(130 * MB));
    const ended = download(0, { selection: { paths: ['homedir/a'], items: [] } });
    await expect(ended).rejects.toThrow('it may need 40.0 MB of the 37.');
    expect(readdirSync(disk)).toEqual(['before']);
  });

  it('is left what must stay free', async () => {
    const ended = download(30 * MB, { minFreeBytes: 40 * MB });
    await expect(ended).rejects.toThrow(
      'the disk became full meanwhile, and 40.0 MB must stay free',
    );
    expect(readdirSync(disk)).toEqual(['others']);
  });
});
