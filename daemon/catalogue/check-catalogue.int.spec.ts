import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTempDir, removeTempDir } from '../testing/temp-dir.js';
import { checkCatalogue } from './check-catalogue.js';

let directory: string;

beforeAll(async () => {
  directory = await makeTempDir();
});
afterAll(() => removeTempDir(directory));

describe('checkCatalogue', () => {
  it('finds a whole file whole, and a damaged one damaged', async () => {
    const file = join(directory, 'catalogue.sqlite');
    const database = new BetterSqlite3(file);
    database.exec('CREATE TABLE a (b TEXT); CREATE INDEX i ON a (b)');
    const insert = database.prepare('INSERT INTO a VALUES (?)');
    database.transaction(() => {
      for (let row = 0; row < 2_000; row += 1) insert.run(`row ${row} ${'x'.repeat(50)}`);
    })();
    database.close();
    expect(await checkCatalogue(file)).toBeUndefined();
    const handle = await open(file, 'r+');
    await handle.write(
      Buffer.alloc(8_192, 0xff),
      0,
      8_192,
      Math.floor((await stat(file)).size / 2),
    );
    await handle.close();
    expect(await checkCatalogue(file)).toBeTypeOf('string');
  });

  it('says that there is no file', async () => {
    expect(await checkCatalogue(join(directory, 'none'))).toContain('unable to open');
  });
});
