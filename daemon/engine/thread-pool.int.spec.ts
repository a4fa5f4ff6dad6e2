import { closeSync, constants, openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import type { CaptureThreadData, SlabRequest, SlabResponse } from './capture/capture-messages.js';
import { ThreadPool, compiledEntry } from './thread-pool.js';

const ENTRY = compiledEntry(import.meta.url, './capture/capture-thread.js');

async function openPool(): Promise<ThreadPool<SlabRequest, SlabResponse>> {
  const homeFd = openSync(await tempDir(), constants.O_RDONLY | constants.O_DIRECTORY);
  const links = { isForeignLinkAllowed: true, accountUid: 0 };
  const data: CaptureThreadData = { homeFd, isStayingOnDevice: true, links };
  const pool = new ThreadPool<SlabRequest, SlabResponse>(ENTRY, 2, data);
  const close = pool.close.bind(pool);
  pool.close = () => close().then(() => closeSync(homeFd));
  return pool;
}

const empty = (): SlabRequest => ({
  items: [],
  piece: undefined,
  level: undefined,
  isLikelyIncompressible: false,
  buffers: [],
});

// Threads that were stopped while they loaded took the whole process with them.
it('can be closed at any moment after it was opened', async () => {
  for (let round = 0; round < 40; round += 1) {
    const pool = await openPool();
    pool.submit(empty()).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, round * 4));
    await pool.close();
  }
});

it('answers what it was asked before it is closed', async () => {
  const pool = await openPool();
  const answers = Array.from({ length: 20 }, () => pool.submit(empty()));
  await pool.close();
  for (const answer of answers) expect(await answer).toMatchObject({ rawBytes: 0, results: [] });
});
