import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Destination } from '../../destinations/destination.js';
import { MemoryDestination } from '../../destinations/memory/memory.destination.js';
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

type Typed = [string, string, string, string, string, string, string, string, string, string];

/** The program at the end. */
function programOf(notes: string): string {
  const [, text = ''] = notes.split('without a folder of their own:\n\n');
  return text.split('\nThe format is')[0]?.replaceAll(/^ {4}/gm, '') ?? '';
}

/** The objects of a store as files. */
async function copyOut(store: Destination, directory: string): Promise<void> {
  for await (const { key } of store.list('')) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.get(key)) chunks.push(Buffer.from(chunk));
    await mkdir(dirname(join(directory, key)), { recursive: true });
    await writeFile(join(directory, key), Buffer.concat(chunks));
  }
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

    /** The stored account, and the commands of its notes with the target's name in them. */
    async function backUp(structure: Structure, destination?: Destination) {
      const place = await tempDir();
      const harness = await EngineHarness.make(place, { home });
      if (destination !== undefined) harness.destination = destination;
      await harness.backup({ structure: structure === 'archived' ? 'compressed' : 'archived' });
      await harness.backup({ structure });
      const folder = join(harness.store, harness.prefix);
      if (destination !== undefined) await copyOut(destination, harness.store);
      const target = join(place, 'restored');
      const notes = await readFile(join(folder, 'RESTORE.md'), 'utf8');
      const program = join(place, 'restore.py');
      await writeFile(program, programOf(notes));
      const text = notes.replaceAll('/root/restore.py', program).replaceAll(RESTORED, target);
      const commands = commandsOf(text);
      expect(commands).toHaveLength(10);
      const [choose, make, tar, bsdtar, copy, python, , , list, check] = commands as Typed;
      return { folder, target, choose, make, tar, bsdtar, copy, python, list, check };
    }

    async function follow(structure: Structure, tool: 'tar' | 'bsdtar'): Promise<string[]> {
      const { folder, target, choose, make, list, check, ...tools } = await backUp(structure);
      const printed = await type([choose, make, tools[tool], list, check], folder);
      expect(printed).toContain('homedir/index.html');
      return differencesOf(target);
    }

    async function differencesOf(target: string): Promise<string[]> {
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

    it('incremental, as a tree: with cp, everything', async () => {
      const { folder, target, choose, make, copy, check } = await backUp('incremental');
      await type([choose, make, copy, check], folder);
      expect(await differencesOf(target)).toEqual([]);
    });

    it('incremental, in archives: with the program, everything', async () => {
      const store = new MemoryDestination();
      const { folder, target, choose, make, python, check } = await backUp('incremental', store);
      await type([choose, make, python, check], folder);
      expect(await differencesOf(target)).toEqual([]);
    });

    it('the last step finds one changed byte', async () => {
      const { folder, target, choose, make, tar, check } = await backUp('compressed');
      const spoil = `printf x >> ${target}/homedir/index.html`;
      const typed = type([choose, make, tar, spoil, check], folder);
      await expect(typed).rejects.toMatchObject({
        stdout: expect.stringMatching(/^homedir\/index\.html: FAILED$/m) as string,
      });
      await removeTortureTree(target);
    });
  },
);
