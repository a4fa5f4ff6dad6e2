/** Stores that offer less, or do other than they say. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { failing, localServer, stageOn } from '../../daemon/testing/s3-stage.js';
import type { S3TestServer } from '../../daemon/testing/servers/server-script.js';
import { startSwift, SWIFT_TOOLS } from '../../daemon/testing/servers/swift-server.js';
import { needsRoot, needsTool } from '../../daemon/testing/tools.js';
import { ensureHolds, inChunks, patternBytes, readAll } from '../conformance/check-tools.js';
import { S3Destination } from './s3.destination.js';
import { s3Settings } from './s3.settings.js';

const MIB = 1024 * 1024;
const SMALL = patternBytes(1000, 1);

const CREATED =
  '<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>';
const EMPTY_LIST = '<ListBucketResult><Name>bucket</Name></ListBucketResult>';
const COMPLETED = '<CompleteMultipartUploadResult/>';

function openAt(endpoint: string): S3Destination {
  const settings = s3Settings.parse({
    provider: 'other',
    endpoint,
    bucket: 'bucket',
    accessKeyId: 'KEY',
  });
  const retry = { sleep: () => Promise.resolve() };
  const destination = new S3Destination(settings, { secretAccessKey: 'secret' }, {}, { retry });
  onTestFinished(() => destination.close());
  return destination;
}

/** A body is sent again a few times when the answer is not about it. */
const SENT = ['PUT', 'GET'];

describe('an S3 destination whose store is not to be trusted', () => {
  /** Takes everything, tells the ETag that it is given, and reads back `stored`. */
  async function liar(etag: string, stored: Uint8Array): Promise<[string, string[]]> {
    const seen: string[] = [];
    const endpoint = await localServer((request, response) => {
      request.resume().on('end', () => {
        seen.push(request.method ?? '');
        if (request.method === 'PUT') response.setHeader('etag', `"${etag}"`);
        response.end(request.method === 'GET' ? stored : undefined);
      });
    });
    return [endpoint, seen];
  }

  it('reads back what has an odd ETag, and accepts what is right', async () => {
    const [endpoint, seen] = await liar('not-an-md5', SMALL);
    await openAt(endpoint).put('a', SMALL);
    expect(seen).toEqual(['PUT', 'GET']);
  });

  it('removes what the store has changed, and says so', async () => {
    const changed = Uint8Array.from(SMALL);
    changed[500] = (changed[500] ?? 0) ^ 1;
    for (const stored of [changed, SMALL.subarray(1), Buffer.concat([SMALL, SMALL])]) {
      const [endpoint, seen] = await liar('0'.repeat(32), stored);
      const error = await failing(openAt(endpoint).put('a', SMALL));
      expect(error).toMatchObject({ code: 'destination.corrupt', isRetryable: false });
      expect(error.message).toMatch(/kept other bytes than it was sent/);
      expect(seen).toEqual([...SENT, ...SENT, ...SENT, ...SENT, 'DELETE']);
    }
  });

  it('notices parts that were changed', async () => {
    const body = patternBytes(9 * MIB, 1);
    const seen: string[] = [];
    const endpoint = await localServer((request, response) => {
      request.resume().on('end', () => {
        const url = request.url ?? '';
        seen.push(`${request.method} ${url.includes('uploads') ? 'uploads' : ''}`.trim());
        if (request.method === 'PUT') response.setHeader('etag', '"0"');
        if (request.method === 'HEAD') response.setHeader('content-length', body.length);
        if (request.method === 'GET') response.end(patternBytes(9 * MIB, 2));
        else if (url.includes('uploads')) {
          response.end(CREATED);
        } else response.end(request.method === 'POST' ? COMPLETED : '');
      });
    });
    const putting = openAt(endpoint).put('a', inChunks(body, MIB));
    expect(await failing(putting)).toMatchObject({ code: 'destination.corrupt' });
    expect(seen).toContain('DELETE');
  });
});

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** Keeps one object. The answer to the request that stores it first is lost; when `rival` is given,
 * that is what was stored meanwhile instead. */
class Forgetful {
  readonly #parts: Uint8Array[] = [];
  #stored: Uint8Array | undefined;

  constructor(private readonly rival?: Uint8Array) {}

  open(): Promise<string> {
    return localServer((request, response) => {
      void bodyOf(request).then((body) => {
        const { method = '', url = '' } = request;
        if (method === 'GET' || method === 'HEAD') this.#read(method, url, response);
        else if (url.includes('uploads')) response.end(CREATED);
        else this.#write(request, response, body);
      });
    });
  }

  #read(method: string, url: string, response: ServerResponse): void {
    if (url.includes('list-type')) {
      response.end(EMPTY_LIST);
      return;
    }
    if (this.#stored !== undefined) response.setHeader('content-length', this.#stored.length);
    response.writeHead(this.#stored === undefined ? 404 : 200);
    response.end(method === 'GET' ? this.#stored : '');
  }

  #write(request: IncomingMessage, response: ServerResponse, body: Uint8Array): void {
    const partNumber = Number(/partNumber=(\d+)/.exec(request.url ?? '')?.[1] ?? 0);
    if (partNumber > 0) {
      this.#parts[partNumber - 1] = body;
      response.setHeader('etag', `"${md5Of(body)}"`).end();
      return;
    }
    if (this.#stored === undefined) {
      this.#stored = this.rival ?? (request.method === 'PUT' ? body : Buffer.concat(this.#parts));
      request.socket.destroy();
      return;
    }
    const [status, code] =
      request.method === 'PUT' ? [412, 'PreconditionFailed'] : [404, 'NoSuchUpload'];
    response.writeHead(status).end(`<Error><Code>${code}</Code></Error>`);
  }
}

describe('an S3 destination whose store answers into the void', () => {
  it('knows a finished upload again', async () => {
    const destination = openAt(await new Forgetful().open());
    const bytes = patternBytes(9 * MIB, 1);
    await destination.put('a', inChunks(bytes, MIB));
    expect(Buffer.compare(await readAll(destination, 'a'), bytes)).toBe(0);
  });

  it('knows its own object from one of somebody else', async () => {
    const settings = { ifAbsent: true };
    const own = openAt(await new Forgetful().open());
    await own.put('a', inChunks(SMALL, 100), settings);
    const other = openAt(await new Forgetful(patternBytes(1000, 2)).open());
    const putting = other.put('a', inChunks(SMALL, 100), settings);
    expect(await failing(putting)).toMatchObject({ code: 'destination.exists' });
  });
});

describe.skipIf(!needsTool(...SWIFT_TOOLS) || !needsRoot())('an S3 destination on Swift', () => {
  let swift: S3TestServer;

  beforeAll(async () => {
    swift = await startSwift();
  });

  afterAll(() => swift.close());

  it('is told which region is the right one', async () => {
    const { open } = await stageOn(swift);
    const error = await failing(open({ settings: { region: 'eu-west-9' } }).probe());
    expect(error).toMatchObject({ code: 'destination.misconfigured', isRetryable: false });
    expect(error.message).toMatch(/not in the region "eu-west-9".*set the region to "us-east-1"/);
  });

  it('does without conditional puts', async () => {
    const { open } = await stageOn(swift);
    const destination = open({ settings: { provider: 'other' } });
    await destination.put('a', SMALL, { ifAbsent: true });
    expect(destination.capabilities.conditionalPut).toBe(false);
    const again = destination.put('a', patternBytes(10, 2), { ifAbsent: true });
    expect(await failing(again)).toMatchObject({ code: 'destination.exists' });
    const stream = inChunks(patternBytes(9 * MIB, 2), MIB);
    const large = destination.put('a', stream, { ifAbsent: true });
    expect(await failing(large)).toMatchObject({ code: 'destination.exists' });
    await ensureHolds(destination, 'a', SMALL);
  });

  it('stores what takes many parts', async () => {
    const { open } = await stageOn(swift);
    const destination = open();
    const bytes = patternBytes(21 * MIB, 1);
    await destination.put('a', inChunks(bytes, MIB));
    await ensureHolds(destination, 'a', bytes);
  });
});
