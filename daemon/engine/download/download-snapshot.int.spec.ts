/** Downloads, opened with GNU tar. */
import { execFile } from 'node:child_process';
import { link, mkdir, open, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { compareTrees } from '../../testing/compare-trees.js';
import { EngineHarness } from '../../testing/engine-harness.js';
import { tempDir } from '../../testing/temp-dir.js';
import { needsTool } from '../../testing/tools.js';
import { parseLine } from '../manifest/entry-json.js';
import type { DownloadRequest, DownloadResult, Selection } from '../types.js';
import { downloadSnapshot } from './download-snapshot.js';

const run = promisify(execFile);

/** Makes a socket; it stays where it is. */
async function listenAt(path: string): Promise<void> {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(path, resolve));
}

describe.skipIf(!needsTool('tar', 'sha256sum')).each(['compressed', 'archived'] as const)(
  'a download from an %s snapshot',
  (structure) => {
    let place: string;
    let home: string;
    let harness: EngineHarness;
    let id: string;

    beforeEach(async () => {
      place = await tempDir();
      home = join(place, 'home');
      await mkdir(join(home, 'a/b'), { recursive: true });
      await mkdir(join(home, 'cache'));
      await writeFile(join(home, 'cache/.donotbackup'), '');
      await writeFile(join(home, 'index.html'), '<p>page</p>\n');
      await writeFile(join(home, 'a/empty'), '');
      await writeFile(join(home, 'a/b/large'), randomBytes(5_000_000));
      await writeFile(Buffer.from(join(home, 'a/bytes-\xff'), 'latin1'), 'bytes\n');
      await link(join(home, 'index.html'), join(home, 'a/second-name'));
      await link(join(home, 'index.html'), join(home, 'a/third-name'));
      await symlink('b', join(home, 'a/link'));
      await run('mkfifo', [join(home, 'a/fifo')]);
      const sparse = await open(join(home, 'a/sparse'), 'w');
      await sparse.write('data', 3 * 1024 * 1024);
      await sparse.close();
      await truncate(join(home, 'a/sparse'), 10 * 1024 * 1024);
      await writeFile(join(home, 'a/left'), 'left');
      for (const name of ['new\nline', 'back\\slash', '\r', '-c', '<b>\u202e']) {
        await writeFile(join(home, 'a', name), name);
      }
      await listenAt(join(home, 'a/socket'));
      harness = await EngineHarness.make(place, { home });
      const excludes = { patterns: ['left'], useDefaults: false };
      id = (await harness.backup({ structure, excludes })).id;
    });

    function download(
      selection: Partial<Selection>,
      given: Partial<DownloadRequest> = {},
    ): Promise<DownloadResult> {
      const request = {
        snapshotKey: harness.keyOf(id),
        selection: { paths: [], items: [], ...selection },
        trustedKeysPem: [harness.publicKeyPem],
        outputPath: join(place, 'download'),
        ...given,
      };
      return downloadSnapshot(request, harness.context());
    }

    const output = (): Promise<Buffer> => readFile(join(place, 'download'));

    /** Unpacks and returns what `tar` lists. */
    async function unpack(): Promise<string[]> {
      const target = join(place, 'unpacked');
      await mkdir(target);
      const file = join(place, 'download');
      await run('tar', ['-x', '-p', '--numeric-owner', '-C', target, '-f', file]);
      const { stdout } = await run('tar', ['-t', '-v', '--quoting-style=escape', '-f', file]);
      return stdout.trimEnd().split('\n');
    }

    it('of one file is that file', async () => {
      expect(await download({ paths: ['homedir/index.html'] })).toEqual({
        fileName: 'index.html', format: 'file', sizeBytes: 12, files: 1,
      }); // prettier-ignore
      expect((await output()).toString()).toBe('<p>page</p>\n');
      expect((await stat(join(place, 'download'))).mode & 0o777).toBe(0o600);
    });

    it('of one large file is that file', async () => {
      await download({ paths: ['homedir/a/b/large'] });
      expect((await output()).equals(await readFile(join(home, 'a/b/large')))).toBe(true);
    });

    it('of one hard link is its content under the name that was asked', async () => {
      const result = await download({ paths: ['homedir/a/third-name'] });
      expect(result).toMatchObject({ fileName: 'third-name', format: 'file', sizeBytes: 12 });
      expect((await output()).toString()).toBe('<p>page</p>\n');
    });

    it('of one file with holes has its holes', async () => {
      const result = await download({ paths: ['homedir/a/sparse'] });
      expect(result).toMatchObject({ format: 'file', sizeBytes: 10 * 1024 * 1024 });
      expect((await output()).equals(await readFile(join(home, 'a/sparse')))).toBe(true);
      expect((await stat(join(place, 'download'))).blocks).toBeLessThan(64);
    });

    it('of one empty file, or one of bytes, has a name that can be shown', async () => {
      expect(await download({ paths: ['homedir/a/empty'] })).toMatchObject({ sizeBytes: 0, format: 'file' }); // prettier-ignore
      await run('rm', [join(place, 'download')]);
      const reference = `base64:${Buffer.from('homedir/a/bytes-\xff', 'latin1').toString('base64')}`;
      expect(await download({ paths: [reference] })).toMatchObject({ fileName: 'bytes-\\xff' });
    });

    it('of everything is a tar.gz that tar unpacks to what it was', async () => {
      const result = await download({});
      expect(result).toMatchObject({ format: 'tar.gz', files: 15 });
      expect(result.fileName).toMatch(/^alice-\d{4}-\d\d-\d\d\.tar\.gz$/);
      expect((await stat(join(place, 'download'))).size).toBe(result.sizeBytes);
      const listed = await unpack();
      expect(listed.find((line) => line.includes('homedir/a/second-name'))).toMatch(/^h.*link to homedir\/index\.html$/); // prettier-ignore
      expect(listed.find((line) => line.includes('homedir/a/sparse'))).toMatch(/ 10485760 /);
      const skip = ({ path }: { path: string }): boolean =>
        ['cache/.donotbackup', 'a/left', 'a/socket'].includes(path);
      expect(await compareTrees(home, join(place, 'unpacked/homedir'), { skip })).toEqual([]);
    });

    it('of a folder holds that alone, hard links to outside as a file', async () => {
      await download({ paths: ['homedir/a'] });
      const listed = await unpack();
      expect(
        listed.every((line) => / homedir\/a\/|HOLDFAST-[A-Z0-9]+(\.jsonl|\.txt)?$/.test(line)),
      ).toBe(true);
      const unpacked = join(place, 'unpacked/homedir/a');
      const skip = ({ path }: { path: string }): boolean => ['left', 'socket'].includes(path);
      expect(await compareTrees(join(home, 'a'), unpacked, { skip })).toEqual([]);
    });

    it('ends with a manifest of what is in it', async () => {
      await download({ paths: ['homedir/a', 'homedir/cache'] }, { notes: ['Not all of it.'] });
      await unpack();
      const text = await readFile(join(place, 'unpacked/HOLDFAST-MANIFEST.jsonl'), 'utf8');
      const [head = '', ...lines] = text.trimEnd().split('\n');
      expect(JSON.parse(head)).toMatchObject({
        format: 'holdfast-download',
        snapshot: { id, structure, state: 'complete' },
        account: { name: 'alice', home },
        server: { id: 'testserver', name: 'test' },
        chosen: ['homedir/a', 'homedir/cache'],
        notes: ['Not all of it.'],
        leftOut: [
          { path: 'homedir/a/left', message: 'left out by the rule left' },
          { path: 'homedir/cache/.donotbackup', message: 'left out by the rule .donotbackup' },
        ],
        leftOutOfDownload: [{ path: 'homedir/a/socket', message: expect.stringContaining('a socket') as string }], // prettier-ignore
      });
      const entries = lines.map(parseLine);
      const paths = entries.map(({ path }) => path).sort();
      expect(paths).toHaveLength(17);
      expect(paths).toContain('homedir/a/bytes-\xff');
      const large = entries.find(({ path }) => path === 'homedir/a/b/large');
      const content = await readFile(join(home, 'a/b/large'));
      expect(large).toMatchObject({
        sizeBytes: 5_000_000,
        sha256: createHash('sha256').update(content).digest('hex'),
      });
    });

    it('says in a README what it is, what is missing, and how it is used', async () => {
      await download({ paths: ['homedir/a'] }, { notes: ['Left out\x1b[1m: mail.'] });
      await unpack();
      const text = await readFile(join(place, 'unpacked/HOLDFAST-README.txt'), 'utf8');
      const date = (await harness.reader(id)).summary.startedAt;
      for (const words of [
        `Snapshot:  ${id}, of ${date}, ${structure}, complete`,
        'Account:   alice (directory)',
        'Chosen:    homedir/a\n',
        `tar -x -p -z -f alice-${date.slice(0, 10)}.tar.gz -C restored`,
        'sha256sum --check --quiet HOLDFAST-SHA256SUMS',
        'homedir/a/left: left out by the rule left',
        'homedir/a/socket: a socket',
        'Left out\\x1b[1m: mail.',
      ]) {
        expect(text).toContain(words);
      }
      // eslint-disable-next-line no-control-regex -- none may be there
      expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
    });

    it('is checked by sha256sum, hard links, holes and hostile names included', async () => {
      await download({});
      await unpack();
      const cwd = join(place, 'unpacked');
      const check = ['--check', '--strict', '--quiet', 'HOLDFAST-SHA256SUMS'];
      expect(await run('sha256sum', check, { cwd })).toEqual({ stdout: '', stderr: '' });
      const sums = await readFile(join(cwd, 'HOLDFAST-SHA256SUMS'), 'latin1');
      const { stdout } = await run('find', ['.', '-type', 'f', '-printf', 'x'], { cwd });
      // All but the sums themselves.
      expect(sums.split('\n')).toHaveLength(stdout.length);
      for (const name of ['a/second-name', 'a/sparse', 'a/empty', 'a/new\nline']) {
        await run('rm', [join(cwd, 'homedir', name)]);
        await expect(run('sha256sum', check, { cwd })).rejects.toThrow('No such file');
        await writeFile(join(cwd, 'homedir', name), 'other');
        await expect(run('sha256sum', check, { cwd })).rejects.toThrow('1 computed checksum did NOT match'); // prettier-ignore
        await run('rm', [join(cwd, 'homedir', name)]);
        await run('cp', ['-a', join(home, name), join(cwd, 'homedir', name)]);
      }
      await run('sha256sum', check, { cwd });
    });

    it('does not read the zeros of a hole as long as a disk', async () => {
      await truncate(join(home, 'a/sparse'), 2 ** 43);
      id = (await harness.backup({ structure })).id;
      await download({ paths: ['homedir/a/b', 'homedir/a/sparse'] });
      const file = join(place, 'download');
      const { stdout } = await run('tar', ['-x', '-O', '-f', file, 'HOLDFAST-SHA256SUMS']);
      expect(stdout).toContain('homedir/a/b/large');
      expect(stdout).not.toContain('sparse');
    });

    it('of what is not there leaves no file', async () => {
      await expect(download({ paths: ['homedir/x'] })).rejects.toMatchObject({ kind: 'not-found' });
      await expect(output()).rejects.toThrow('ENOENT');
    });

    it('of more than the limit is refused before anything is read', async () => {
      const tooLarge = { kind: 'conflict', code: 'download.too-large' };
      await run('rm', ['-r', join(harness.store, harness.prefix, 'archives')]);
      await expect(download({}, { maxBytes: 4_999_999 })).rejects.toMatchObject(tooLarge);
      await expect(download({ paths: ['homedir/a/b'] }, { maxBytes: 4_999_999 })).rejects.toThrow(
        'What was chosen holds 5.0 MB, and a download may hold 5.0 MB at most. Choose less',
      );
      await expect(output()).rejects.toThrow('ENOENT');
    });

    it('is as large as the limit, and counts what was chosen only', async () => {
      await download({ paths: ['homedir/a/b'] }, { maxBytes: 5_000_000 });
      await run('rm', [join(place, 'download')]);
      await download({ paths: ['homedir/index.html'] }, { maxBytes: 12 });
    });

    it('that would leave less free than it must is refused before anything is read', async () => {
      await run('rm', ['-r', join(harness.store, harness.prefix, 'archives')]);
      const refused = download({}, { minFreeBytes: 1e15 });
      await expect(refused).rejects.toMatchObject({ code: 'download.disk-full' });
      await expect(refused).rejects.toThrow(/There is no room .* it may need 5\.0 MB of the .* and 1\.0 PB must stay free\. Choose less/); // prettier-ignore
      await expect(output()).rejects.toThrow('ENOENT');
    });

    it('of damaged bytes is refused and leaves no file', async () => {
      const archive = (await harness.reader(id)).summary.archives[0];
      const file = join(harness.store, harness.prefix, 'archives', archive?.name ?? '');
      const bytes = await readFile(file);
      bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 64);
      await run('chmod', ['u+w', file]);
      await writeFile(file, bytes);
      await expect(download({})).rejects.toMatchObject({ kind: 'integrity' });
      await expect(output()).rejects.toThrow('ENOENT');
    });
  },
);
