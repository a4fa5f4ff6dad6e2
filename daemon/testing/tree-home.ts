/** The home that tests of trees begin with; each adds what it is after. */
import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export async function fillTreeHome(home: string): Promise<void> {
  await mkdir(join(home, 'site'), { recursive: true });
  await mkdir(join(home, 'empty'), { mode: 0o711 });
  for (let i = 0; i < 60; i += 1) {
    const page = `<?php // ${String(i)}\n`.repeat(200);
    await writeFile(join(home, `site/page-${String(i)}.php`), page);
  }
  await writeFile(join(home, 'large.bin'), randomBytes(5 * 1024 * 1024 + 17));
  await writeFile(join(home, 'nothing'), '');
  await writeFile(Buffer.from(`${home}/bytes-\xff\xfe.txt`, 'latin1'), 'not UTF-8');
  await writeFile(join(home, 'holes'), 'begin');
  await truncate(join(home, 'holes'), 3_000_000);
  await appendFile(join(home, 'holes'), 'end');
}
