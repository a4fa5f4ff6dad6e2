import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../../daemon/testing/temp-dir.js';
import { LocalDestination } from './local.destination.js';

it('makes trees while another worker empties the folders that both are in', async () => {
  const path = join(await tempDir(), 'store');
  await mkdir(path, { mode: 0o700 });
  const [one, other] = [0, 1].map(() => {
    const place = { forbiddenBelow: [], requireRootOwner: false };
    const destination = new LocalDestination({ path, diskLimitPercent: 99 }, place);
    onTestFinished(() => destination.close());
    return destination;
  }) as [LocalDestination, LocalDestination];
  const over = new AbortController();
  const emptying = (async () => {
    while (!over.signal.aborted) {
      await other.put('server/other/archives/a.tar', Readable.from([Buffer.from('x')]));
      await other.remove('server/other/archives/a.tar');
    }
  })();
  try {
    for (let round = 0; round < 150; round += 1) {
      const tree = await one.trees.begin(`server/own/trees/${String(round)}`);
      await tree.discard();
    }
  } finally {
    over.abort();
    await emptying;
  }
  for await (const { key } of one.list('server/')) expect.unreachable(key);
});
