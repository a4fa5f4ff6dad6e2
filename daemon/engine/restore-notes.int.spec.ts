import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareTrees, type TreeEntry } from '../testing/compare-trees.js';
import { EngineHarness } from '../testing/engine-harness.js';
import { makeTempDir, removeTempDir, tempDir } from '../testing/temp-dir.js';
import { needsRoot, needsTool } from '../testing/tools.js';
import { MARKED_DIRECTORIES, makeTortureTree, removeTortureTree } from '../testing/torture-tree.js';
import type { Structure } from './types.js';

const run = promisify(execFile);
const RESTORED = '/root/restored';

/** The indented lines of the notes: what someone who follows them types. */
function commandsOf(notes: string): string[] {
  const blocks = notes.split(/\n\n/).filter((block) => /^ {7}\S/.test(block));
  return blocks.map((block) => block.replaceAll(/^ {7}/gm, ''));
}

/** Runs them in one shell, as typed, with nothing but what every system has in its path. */
async function type(commands: string[], directory: string): Promise<string> {
  const options = { cwd: directory, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } };
  const { stdout } = await run('sh', ['-euc', commands.join('\n')], options);
  return stdout;
}

const isNotStored = ({ path, type }: TreeEntry): boolean =>
  type === 'socket' || MARKED_DIRECTORIES.some((directory) => path.startsWith(`${directory}/`));

/** What libarchive 3.6 makes of records that GNU tar reads as they are meant (FORMAT.md §7). */
const BSDTAR_LIMITS = [
  /^times\/[^:]+: mtime is /, // the fraction of a time before 1970
  /^xattrs\/[^:]+: xattrs is .*%(25|3D)/, // names with '%' or '='
  /^acls\/[^:]+: xattrs is /, // ids above 2^31
];

describe.runIf(needsRoot() && needsTool('tar', 'bsdtar'))(
  'RESTORE.md, followed to the letter',
  () => {
    let directory: string;
    let home: string;

    beforeAll(async () => {
      directory = await makeTempDir();
      home = join(directory, 'home');
      await makeTortureTree(home, { asRoot: true });
      await writeFile(join(home, 'index.html'), '<p>A page.</p>\n');
    });

    afterAll(async () => {
      await removeTortureTree(home);
      await removeTempDir(directory);
    });

    async function follow(structure: Structure, tool: 'tar' | 'bsdtar'): Promise<string[]> {
      const place = await tempDir();
      const harness = await EngineHarness.make(place, { home });
      await harness.backup({ structure: structure === 'archived' ? 'compressed' : 'archived' });
      await harness.backup({ structure });
      const folder = join(harness.store, harness.prefix);
      const target = join(place, 'restored');
      const notes = await readFile(join(folder, 'RESTORE.md'), 'utf8');
      const commands = commandsOf(notes.replaceAll(RESTORED, target));
      const [choose, byTar, byBsdtar, list, check] = commands as [
        string,
        string,
        string,
        string,
        string,
      ];
      expect(commands).toHaveLength(5);
      const make = byTar.split('\n')[0] ?? '';
      const extract = tool === 'tar' ? byTar : `${make}\n${byBsdtar}`;
      const printed = await type([choose, extract, list, check], folder);
      expect(printed).toContain('homedir/index.html');
      const differences = await compareTrees(home, join(target, 'homedir'), { skip: isNotStored });
      await removeTortureTree(target);
      return differences;
    }

    it.each(['archived', 'compressed'] as const)(
      '%s: with GNU tar, everything',
      async (structure) => {
        expect(await follow(structure, 'tar')).toEqual([]);
      },
    );

    it.each(['archived', 'compressed'] as const)(
      '%s: with bsdtar, all that bsdtar can do',
      async (structure) => {
        const differences = await follow(structure, 'bsdtar');
        const isKnown = (line: string): boolean => BSDTAR_LIMITS.some((limit) => limit.test(line));
        expect(differences.filter((line) => !isKnown(line))).toEqual([]);
      },
    );

    it('the last step finds one changed byte', async () => {
      const place = await tempDir();
      const harness = await EngineHarness.make(place, { home });
      await harness.backup({ structure: 'compressed' });
      const folder = join(harness.store, harness.prefix);
      const target = join(place, 'restored');
      const notes = await readFile(join(folder, 'RESTORE.md'), 'utf8');
      const [choose, extract, , , check] = commandsOf(notes.replaceAll(RESTORED, target));
      const spoil = `printf x >> ${target}/homedir/index.html`;
      const typed = type([choose ?? '', extract ?? '', spoil, check ?? ''], folder);
      await expect(typed).rejects.toMatchObject({
        stdout: expect.stringMatching(/^homedir\/index\.html: FAILED$/m) as string,
      });
      await removeTortureTree(target);
    });
  },
);
