/** `ifAbsent` of streams that are sent in parts: on stores that heed the condition, and others. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  CEPH_TOOLS,
  startCeph,
  type CephServer,
} from '../../daemon/testing/servers/ceph-server.js';
import { failing, localServer, stageOn } from '../../daemon/testing/s3-stage.js';
import { needsTool } from '../../daemon/testing/tools.js';
import { ensureHolds, inChunks, patternBytes, readAll } from '../conformance/check-tools.js';
import { S3Destination } from './s3.destination.js';
import { s3Settings } from './s3.settings.js';

const MIB = 1024 * 1024;
const BODY = patternBytes(12 * MIB, 1);
const RIVAL = patternBytes(1000, 2);
const IF_ABSENT = { ifAbsent: true };

const stream = (): AsyncIterable<Uint8Array> => inChunks(BODY, MIB);

function md5Of(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}

type Habit = 'heeds' | 'passes over' | 'refuses';

/** A store in this process. Of the key `a` it can be told that somebody else stores it, too, in the
 * moment before or after an upload is completed. */
class PartStore {
  readonly objects = new Map<string, Uint8Array>();
  /** Of completions: which key, and whether under the condition. */
  readonly completions: string[] = [];
  rival: 'none' | 'before' | 'after' = 'none';
  readonly #parts = new Map<string, Uint8Array[]>();
  readonly #etags = new Map<string, string>();

  constructor(private readonly habit: Habit) {}

  async open(): Promise<S3Destination> {
    const endpoint = await localServer((request, response) => {
      void this.#answer(request, response);
    });
    const settings = { provider: 'other', endpoint, bucket: 'bucket', accessKeyId: 'KEY' };
    const secrets = { secretAccessKey: 'secret' };
    const destination = new S3Destination(s3Settings.parse(settings), secrets);
    onTestFinished(() => destination.close());
    return destination;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '', 'http://store');
    const key = url.pathname.replace('/bucket/', '');
    const number = Number(url.searchParams.get('partNumber'));
    const isConditional = request.headers['if-none-match'] === '*';
    if (request.method === 'PUT' && number > 0) this.#takePart(key, number, chunks, response);
    else if (request.method === 'PUT') {
      this.#store(key, Buffer.concat(chunks));
      response.setHeader('etag', `"${this.#etags.get(key) ?? ''}"`).end();
    } else if (url.searchParams.has('uploads')) response.end(CREATED);
    else if (request.method === 'POST') this.#complete(key, isConditional, response);
    else if (request.method === 'DELETE') {
      if (!url.searchParams.has('uploadId')) this.objects.delete(key);
      response.writeHead(204).end();
    } else if (url.searchParams.has('list-type')) response.end(LISTED);
    else this.#read(key, request.method === 'GET', response);
  }

  #takePart(key: string, number: number, chunks: Buffer[], response: ServerResponse): void {
    const parts = this.#parts.get(key) ?? [];
    this.#parts.set(key, parts);
    const part = (parts[number - 1] = Buffer.concat(chunks));
    response.setHeader('etag', `"${md5Of(part).toString('hex')}"`).end();
  }

  #complete(key: string, isConditional: boolean, response: ServerResponse): void {
    this.completions.push(`${key.startsWith('.') ? 'trial' : key}${isConditional ? ' if' : ''}`);
    const isRivalled = key === 'a';
    if (isRivalled && this.rival === 'before') this.#store(key, RIVAL);
    if (isConditional && this.habit === 'refuses') {
      response.writeHead(501).end(errorOf('NotImplemented'));
      return;
    }
    if (isConditional && this.habit === 'heeds' && this.objects.has(key)) {
      response.writeHead(412).end(errorOf('PreconditionFailed'));
      return;
    }
    const parts = this.#parts.get(key) ?? [];
    this.#parts.delete(key);
    const whole = createHash('md5');
    for (const part of parts) whole.update(md5Of(part));
    const etag = `${whole.digest('hex')}-${String(parts.length)}`;
    this.#store(key, Buffer.concat(parts), etag);
    if (isRivalled && this.rival === 'after') this.#store(key, RIVAL);
    response.end(`<CompleteMultipartUploadResult><ETag>"${etag}"</ETag></CompleteMultipartUploadResult>`); // prettier-ignore
  }

  #store(key: string, bytes: Uint8Array, etag = md5Of(bytes).toString('hex')): void {
    this.objects.set(key, bytes);
    this.#etags.set(key, etag);
  }

  #read(key: string, isWithBody: boolean, response: ServerResponse): void {
    const bytes = this.objects.get(key);
    response.setHeader('etag', `"${this.#etags.get(key) ?? ''}"`);
    response.setHeader('content-length', bytes?.length ?? 0);
    response.writeHead(bytes === undefined ? 404 : 200);
    response.end(isWithBody ? bytes : undefined);
  }
}

const CREATED =
  '<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>';
const LISTED = '<ListBucketResult><Name>bucket</Name></ListBucketResult>';

function errorOf(code: string): string {
  return `<Error><Code>${code}</Code></Error>`;
}

describe('a stream in parts that must not replace anything', () => {
  it.each<[Habit, string[]]>([
    ['heeds', ['trial if', 'a if', 'b if']],
    ['passes over', ['trial if', 'a', 'b']],
    ['refuses', ['trial if', 'a', 'b']],
  ])('is stored where the store %s the condition, which is tried out once', async (habit, seen) => {
    const store = new PartStore(habit);
    const destination = await store.open();
    for (const key of ['a', 'b']) {
      await destination.put(key, stream(), IF_ABSENT);
      expect(Buffer.compare(await readAll(destination, key), BODY)).toBe(0);
    }
    expect(store.completions).toEqual(seen);
    expect([...store.objects.keys()]).toEqual(['a', 'b']);
  });

  it('leaves what another writer stored in the last moment, where the store heeds it', async () => {
    const store = new PartStore('heeds');
    store.rival = 'before';
    const putting = (await store.open()).put('a', stream(), IF_ABSENT);
    expect(await failing(putting)).toMatchObject({ code: 'destination.exists' });
    expect(Buffer.compare(store.objects.get('a') ?? BODY, RIVAL)).toBe(0);
  });

  it('is not taken for stored when another writer was later, where it does not', async () => {
    const store = new PartStore('passes over');
    store.rival = 'after';
    const putting = (await store.open()).put('a', stream(), IF_ABSENT);
    expect(await failing(putting)).toMatchObject({ code: 'destination.exists' });
    expect(Buffer.compare(store.objects.get('a') ?? BODY, RIVAL)).toBe(0);
  });
});

describe.skipIf(!needsTool(...CEPH_TOOLS))('the same on Ceph', () => {
  let ceph: CephServer;
  beforeAll(async () => {
    ceph = await startCeph();
  });
  afterAll(() => ceph.close());

  it('is stored, and the trial leaves nothing', async () => {
    const { open, bucket } = await stageOn(ceph);
    const destination = open();
    await destination.put('a', stream(), IF_ABSENT);
    await ensureHolds(destination, 'a', BODY);
    const listed = JSON.parse(await ceph.admin('bucket', 'list', `--bucket=${bucket}`)) as object[];
    expect(listed).toMatchObject([{ name: 'a' }]);
  });

  it('is lost by no writer who was told that it is stored last', async () => {
    const { open } = await stageOn(ceph);
    const writers = [open(), open(), open()];
    const bodies = writers.map((_, at) => patternBytes(11 * MIB + at, at));
    for (let round = 0; round < 4; round++) {
      const key = `race-${String(round)}`;
      const puts = writers.map((writer, at) =>
        writer.put(key, inChunks(bodies[at] ?? RIVAL, MIB), IF_ABSENT),
      );
      const results = await Promise.allSettled(puts);
      for (const result of results) {
        if (result.status === 'fulfilled') continue;
        expect(result.reason).toMatchObject({ code: 'destination.exists' });
      }
      const stored = await readAll(open(), key);
      const winner = bodies.findIndex((body) => Buffer.compare(body, stored) === 0);
      expect(results[winner]?.status).toBe('fulfilled');
    }
  });
});
