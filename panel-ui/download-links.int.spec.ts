import { randomBytes } from 'node:crypto';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemActor } from '../daemon/auth/actor.js';
import { EventsService } from '../daemon/auth/events.service.js';
import { DownloadLinks } from '../daemon/restores/download-links.service.js';
import { DownloadSigner } from '../daemon/restores/download-signer.js';
import { DownloadsService } from '../daemon/restores/downloads.service.js';
import { startPanelDaemon, type PanelDaemon } from '../daemon/testing/panel-daemon.js';
import { prepareDownload, type Prepared } from '../daemon/testing/prepared-download.js';
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { needsTool } from '../daemon/testing/tools.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

/** More than sockets buffer, so that a fetch can be under way. */
const content = randomBytes(24 * 1024 * 1024);

let directory: string;
let panel: PanelDaemon;

beforeAll(async () => {
  directory = await makeTempDir();
  panel = await startPanelDaemon(directory);
});

afterAll(async () => {
  await panel.daemon.stop();
  await removeTempDir(directory);
});

function service<T>(type: new (...args: never[]) => T): T {
  return panel.daemon.app.get(type, { strict: false });
}

function prepare(given: Partial<Prepared> = {}): Promise<number> {
  const usual = { account: 'anna', snapshotId: panel.annasSnapshot, content };
  return prepareDownload(panel.daemon, { ...usual, ...given });
}

async function linked(given: Partial<Prepared> = {}) {
  const id = await prepare(given);
  const { url, expiresAt } = await service(DownloadLinks).make(systemActor, id);
  return { id, url, path: url.slice(panel.url.length), expiresAt };
}

async function fetches(id: number) {
  const events = await service(EventsService).list(systemActor, { limit: 50 });
  return events.filter(({ action, subjectId }) => action === 'download.fetched' && subjectId === String(id)); // prettier-ignore
}

describe('a link to a prepared file', () => {
  it('works without signing in, and is recorded with the address', async () => {
    const { id, path, expiresAt } = await linked();
    const response = await request(panel.url).get(path).buffer(true).expect(200);
    expect(Buffer.compare(response.body as Buffer, content)).toBe(0);
    expect(response.headers).toMatchObject({
      'referrer-policy': 'no-referrer',
      'cache-control': 'private, no-store',
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename=anna.tar.gz',
    });
    expect(response.headers['set-cookie']).toBeUndefined();
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(24 * 3_600_000);
    const [event, ...others] = await fetches(id);
    expect(others).toEqual([]);
    expect(event?.details).toMatchObject({ by: 'link', address: '127.0.0.1' });
  });

  it('answers HEAD without a body and without a record', async () => {
    const { id, path } = await linked();
    const response = await request(panel.url).head(path).expect(200);
    expect(response.headers).toMatchObject({
      'content-length': String(content.length),
      'accept-ranges': 'bytes',
    });
    expect(response.headers['etag']).toMatch(/^"[\w-]+"$/);
    expect(await fetches(id)).toEqual([]);
  });

  it.each<[string, (link: { path: string; other: string }) => string]>([
    ['a later end', ({ path }) => path.replace(/expires=(\d)/, 'expires=9$1')],
    ['another signature', ({ path }) => path.replace(/.$/, (end) => (end === 'A' ? 'B' : 'A'))],
    ['no signature', ({ path }) => path.replace(/&signature.*/, '')],
    ['two signatures', ({ path }) => `${path}&signature=x`],
    ['another run', ({ path, other }) => path.replace(/\d+/, other)],
    ['a run that is none', ({ path }) => path.replace(/\d+/, '999999')],
    ['no number', ({ path }) => path.replace(/\d+/, '1e3')],
    ['something besides', ({ path }) => `${path}&x=1`],
  ])('is not there with %s, like any other page', async (_, spoil) => {
    const { path } = await linked();
    const other = String(await prepare());
    const response = await request(panel.url).get(spoil({ path, other }));
    expect([response.status, response.headers['content-disposition']]).toEqual([404, undefined]);
    expect(response.headers['referrer-policy']).toBe('no-referrer');
    expect(await problemsIn(response)).toEqual([]);
  });

  it('does not outlive its time, nor the file', async () => {
    const old = new Date(Date.now() - 25 * 3_600_000).toISOString();
    const run = { id: await prepare({ finishedAt: old }), requestedBy: 'anna' };
    const signer = service(DownloadSigner);
    const link = signer.linkTo({ ...run, finishedAt: old });
    expect(Date.parse(link?.expiresAt ?? '')).toBeLessThan(Date.now());
    await request(panel.url)
      .get(new URL(link?.url ?? '').pathname)
      .expect(404);
    // Signed for longer than the file is kept.
    const later = signer.sign({ runId: run.id, requestedBy: 'anna', expires: 9_999_999_999 });
    await request(panel.url)
      .get((later?.url ?? '').slice(panel.url.length))
      .expect(404);
    const expired = signer.sign({
      ...{ runId: await prepare() },
      requestedBy: 'anna',
      expires: 1_000,
    });
    await request(panel.url)
      .get((expired?.url ?? '').slice(panel.url.length))
      .expect(404);
  });

  it('ends with the file, and who is fetching gets the rest', async () => {
    const { id, url, path } = await linked();
    const response = await new Promise<IncomingMessage>((resolve) => httpGet(url, resolve));
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      response.pause();
    });
    await new Promise((resolve) => response.once('data', resolve));
    await service(DownloadsService).remove(systemActor, id);
    await request(panel.url).get(path).expect(404);
    response.removeAllListeners('data');
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(Buffer.compare(Buffer.concat(chunks), content)).toBe(0);
    await expect(service(DownloadsService).remove(systemActor, id)).rejects.toMatchObject({
      code: 'download.expired',
    });
  });

  it('saves under a name that says nothing to a browser but the name', async () => {
    const { path } = await linked({ fileName: '../<a> "ü"\r\nSet-Cookie: x=1\u202e.html' });
    const { headers } = await request(panel.url).head(path).expect(200);
    expect(headers['set-cookie']).toBeUndefined();
    expect(headers['content-disposition']).toMatch(/^attachment; filename="[^\r\n]*$/);
    expect(headers['content-disposition']).not.toMatch(/\.\.\//);
  });

  it('is asked for so often only, and a wrong one does not use up a right one', async () => {
    const { path } = await linked();
    const wrong = path.replace(/signature=.*/, 'signature=x');
    const statuses = new Set<number>();
    for (let i = 0; i < 40; i += 1) statuses.add((await request(panel.url).get(wrong)).status);
    expect([...statuses]).toContain(429);
    await request(panel.url).head(path).expect(200);
  });
});

describe.skipIf(!needsTool('curl'))('curl', () => {
  it('goes on where it stopped', async () => {
    const { id, url } = await linked();
    const file = join(directory, 'resumed');
    await writeFile(file, content);
    await truncate(file, 10_000_001);
    await execa('curl', ['-fsS', '-C', '-', '-o', file, url]);
    expect(Buffer.compare(await readFile(file), content)).toBe(0);
    expect((await fetches(id))[0]?.details).toMatchObject({ range: 'bytes=10000001-' });
  });

  it('gets parts, and all of it when the file is another one than it began with', async () => {
    const { url } = await linked();
    const { stdout: head } = await execa('curl', ['-fsSI', url]);
    const etag = /^etag: (.*?)\r?$/im.exec(head)?.[1] ?? '';
    const get = async (ifRange: string): Promise<number> => {
      const args = ['-fsS', '-r', '5-14', '-H', `If-Range: ${ifRange}`, url];
      const { stdout } = await execa('curl', args, {
        encoding: 'buffer',
        stripFinalNewline: false,
      });
      expect(Buffer.compare(stdout.subarray(0, 5), content.subarray(stdout.length === 10 ? 5 : 0, stdout.length === 10 ? 10 : 5))).toBe(0); // prettier-ignore
      return stdout.length;
    };
    expect(await get(etag)).toBe(10);
    expect(await get('"another"')).toBe(content.length);
  });

  it('is told of a part that there is not', async () => {
    const { url } = await linked();
    const args = ['-sS', '-o', '/dev/null', '-w', '%{http_code}', '-r', '99999999-', url];
    expect((await execa('curl', args)).stdout).toBe('416');
  });
});
