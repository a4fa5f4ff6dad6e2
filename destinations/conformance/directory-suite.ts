/**
 * What every destination keeps that lies in a directory, ours or a server's: plain files, nothing
 * left behind, nothing foreign touched. Beside the conformance suite, which knows no files.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Destination } from '../destination.js';
import { initialise } from '../marker.js';
import { ensureHolds, listAll, patternBytes, PausedBody, readAll } from './check-tools.js';

const ID = 'abcdef012345';
const BYTES = patternBytes(2_500_000, 1);

/** An empty directory of one test. */
export interface DirectoryStage {
  /** As this machine sees it. */
  path: string;
  /** Over the directory; closed when the test is over. */
  open(context?: { expectedId: string }): Destination;
  /** Makes a file or folder the destination's own. */
  give(path: string): Promise<void>;
  /** How a message names what lies in the way at a key. */
  blockedText(key: string): string;
  /** What a call must fail with; the parts are of its message. */
  refusal(code: string, ...parts: string[]): unknown;
}

type SetUp = () => Promise<DirectoryStage>;

/** Called inside a `describe`. */
export function testDirectory(setUp: SetUp): void {
  testFiles(setUp);
  testLeftovers(setUp);
  testForeign(setUp);
}

function testFiles(setUp: SetUp): void {
  it('keeps an object as a plain file that only its owner can read', async () => {
    const { path, open } = await setUp();
    await open().put('server/account.1/archives/x.tar', BYTES);
    const file = join(path, 'server/account.1/archives/x.tar');
    expect(Buffer.compare(await readFile(file), BYTES)).toBe(0);
    expect((await stat(file)).mode & 0o7777).toBe(0o600);
    expect((await stat(join(path, 'server'))).mode & 0o7777).toBe(0o700);
  });

  it('tells an object that became shorter while it was read', async () => {
    const { path, open, refusal } = await setUp();
    const destination = open();
    await destination.put('object', patternBytes(8_000_000, 1));
    const reading = (async () => {
      for await (const chunk of destination.get('object')) {
        if (chunk.length > 0) await truncate(join(path, 'object'), 100);
      }
    })();
    await expect(reading).rejects.toEqual(refusal('destination.corrupt', 'object', 'shorter'));
  });

  it('tells a source that is not read to its end to finish', async () => {
    const { open } = await setUp();
    const abort = new AbortController();
    let isFinished = false;
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          yield BYTES;
          await new Promise((resolve) => setImmediate(resolve));
          abort.abort();
        }
      } finally {
        isFinished = true;
      }
    }
    const putting = open().put('object', body(), { signal: abort.signal });
    await expect(putting).rejects.toMatchObject({ kind: 'cancelled' });
    await expect.poll(() => isFinished).toBe(true);
  });
}

function testLeftovers(setUp: SetUp): void {
  it('leaves no temporary and no empty folder when a put is aborted or fails', async () => {
    const { path, open } = await setUp();
    const abort = new AbortController();
    const body = new PausedBody(BYTES);
    const putting = open().put('a/b/c', body.chunks(), { signal: abort.signal });
    await body.paused;
    const [temporary] = await readdir(join(path, 'a/b'));
    expect(temporary).toMatch(/^\.c\.tmp-[0-9a-f]{16}$/);
    abort.abort();
    await expect(putting).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await readdir(path)).toEqual([]);
  });

  it('removes folders that became empty, but never the root', async () => {
    const { path, open } = await setUp();
    const destination = open();
    await destination.put('a/b/c', BYTES);
    await destination.put('a/d', BYTES);
    await destination.remove('a/b/c');
    expect(await readdir(join(path, 'a'))).toEqual(['d']);
    await destination.remove('a/d');
    expect(await readdir(path)).toEqual([]);
  });

  it('sweeps what interrupted puts left, below the prefix only', async () => {
    const { path, open, give } = await setUp();
    const destination = open();
    await destination.put('a/object', BYTES);
    for (const folder of ['a/deep', 'b']) {
      await mkdir(join(path, folder));
      await give(join(path, folder));
    }
    for (const file of ['a/.object.tmp-0011', 'a/deep/.x.tmp-22', 'b/.y.tmp-33']) {
      await writeFile(join(path, file), 'half');
    }
    expect((await listAll(destination, '')).map(({ key }) => key)).toEqual(['a/object']);
    await destination.sweep('a/');
    expect(await readdir(join(path, 'a'))).toEqual(['object']);
    expect(await readdir(join(path, 'b'))).toEqual(['.y.tmp-33']);
    await destination.sweep('');
    expect(await readdir(path)).toEqual(['a']);
  });

  it('lets puts into a folder survive that others keep emptying it', async () => {
    const destination = (await setUp()).open();
    const churn = async (name: string): Promise<void> => {
      for (let round = 0; round < 40; round++) {
        await destination.put(`a/b/${name}`, BYTES.subarray(0, 10));
        await destination.remove(`a/b/${name}`);
      }
    };
    await Promise.all(['u', 'v', 'w', 'x'].map(churn));
    expect(await listAll(destination, '')).toEqual([]);
  });
}

function testForeign(setUp: SetUp): void {
  it('passes over files that are not its own', async () => {
    const { path, open, refusal } = await setUp();
    await mkdir(join(path, 'lost+found'));
    await writeFile(join(path, 'a file'), 'x');
    await symlink('/etc/passwd', join(path, 'link'));
    execFileSync('mkfifo', [join(path, 'fifo')]);
    const destination = open();
    expect(await listAll(destination, '')).toEqual([]);
    for (const key of ['fifo', 'link']) expect(await destination.stat(key)).toBeUndefined();
    const absent = refusal('destination.not-found', 'fifo');
    await expect(readAll(destination, 'fifo')).rejects.toEqual(absent);
    await expect(readAll(destination, 'link')).rejects.toMatchObject({ kind: 'destination' });
  });

  it('says what lies in the way, and leaves it there', async () => {
    const { path, open, refusal, blockedText } = await setUp();
    const destination = open();
    await destination.put('a', BYTES);
    await destination.put('b/c', BYTES);
    for (const [key, blocked] of [
      ['a/b', 'a'],
      ['b', 'b'],
    ] as const) {
      const inTheWay = refusal('destination.misconfigured', blockedText(blocked));
      await expect(destination.put(key, BYTES)).rejects.toEqual(inTheWay);
    }
    const taken = refusal('destination.exists', 'Storing b', 'taken');
    await expect(destination.put('b', BYTES, { ifAbsent: true })).rejects.toEqual(taken);
    await ensureHolds(destination, 'a', BYTES);
    await ensureHolds(destination, 'b/c', BYTES);
    expect((await readdir(path)).sort()).toEqual(['a', 'b']);
  });
}

/** Of a destination that expects its marker. Called inside a `describe`. */
export function testMarker(setUp: SetUp): void {
  it('lets through where it is, also for destinations opened anew', async () => {
    const { open } = await setUp();
    expect(await initialise(open(), ID)).toEqual({ format: 1, id: ID });
    const destination = open({ expectedId: ID });
    await destination.probe();
    await destination.put('object', BYTES);
    await ensureHolds(destination, 'object', BYTES);
  });

  it('refuses every call where it is missing, and writes nothing', async () => {
    const { path, open, refusal } = await setUp();
    const destination = open({ expectedId: ID });
    const missing = refusal('destination.unreachable', 'holdfast.json', 'mount');
    await expect(destination.probe()).rejects.toEqual(missing);
    await expect(destination.put('object', BYTES)).rejects.toEqual(missing);
    await expect(destination.stat('object')).rejects.toEqual(missing);
    await expect(listAll(destination, '')).rejects.toEqual(missing);
    expect(await readdir(path)).toEqual([]);
    await initialise(open(), ID);
    await destination.put('object', BYTES); // Mounted again: works at once.
  });

  it('refuses another destination and a marker it cannot read', async () => {
    const { path, open, refusal } = await setUp();
    await initialise(open(), 'fedcba543210');
    const put = () => open({ expectedId: ID }).put('object', BYTES);
    await expect(put()).rejects.toEqual(
      refusal('destination.misconfigured', 'another destination'),
    );
    await writeFile(join(path, 'holdfast.json'), '{"format": 99, "id": "x"}');
    await expect(put()).rejects.toEqual(
      refusal('destination.misconfigured', 'not written by this version'),
    );
    expect(await readdir(path)).toEqual(['holdfast.json']);
  });
}
