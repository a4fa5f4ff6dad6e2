/** What a tenant may do to make trees that are not the home. */
import { linkSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EngineHarness } from '../testing/engine-harness.js';
import { tempDir } from '../testing/temp-dir.js';

const NAMES = 30;
/** So few more are left on ext4, which allows 65,000. */
const LEFT = NAMES - 10;

describe('a tree of a hostile home', () => {
  it('has every name of a file that has very many in the trees before', async () => {
    const place = await tempDir();
    const farm = join(place, 'home', 'farm');
    mkdirSync(farm, { recursive: true });
    writeFileSync(join(farm, 'a'), 'one content');
    for (let n = 1; n < NAMES; n += 1) linkSync(join(farm, 'a'), join(farm, `b${String(n)}`));
    const harness = await EngineHarness.make(place, { home: join(place, 'home') });
    harness.now = () => new Date(Date.now() + 3_600_000);
    const treeOf = (id: string): string =>
      join(harness.store, harness.prefix, 'trees', id, 'homedir/farm');
    const first = await harness.backup({ structure: 'incremental' });
    // As if two thousand trees were there.
    const others = join(place, 'others');
    mkdirSync(others);
    for (let n = NAMES; n < 65_000 - LEFT; n += 1) {
      linkSync(join(treeOf(first.id), 'a'), join(others, String(n)));
    }
    const parent = { snapshotKey: harness.keyOf(first.id), expiringArchives: [] };
    const { id, state } = await harness.backup({ structure: 'incremental', parent });
    const names = readdirSync(treeOf(id));
    expect({ state, names: names.length }).toEqual({ state: 'complete', names: NAMES });
    expect(new Set(names.map((name) => lstatSync(join(treeOf(id), name)).ino)).size).toBe(1);
    expect(harness.logged.filter((line) => line.includes('In the tree:'))).toEqual([]);
  });
});
