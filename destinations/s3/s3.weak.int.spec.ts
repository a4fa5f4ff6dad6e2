/** Stores that offer less, or do other than they say. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { failing, localServer, stageOn } from '../../daemon/testing/s3-stage.js';
import type { S3TestServer } from '../../daemon/testing/servers/server-script.js';
import { startSwift, SWIFT_TOOLS } from '../../daemon/testing/servers/swift-server.js';
import { needsRoot, needsTool } from '../../daemon/testing/tools.js';
import { ensureHolds, inChunks, patternBytes } from '../conformance/check-tools.js';
import { S3Destination } from './s3.destination.js';
import { s3Settings } from './s3.settings.js';

const MIB = 1024 * 1024;
const SMALL = patternBytes(1000, 1);

function openAt(endpoint: string): S3Destination {
  const settings = s3Settings.parse({
    provider: 'other',
    endpoint,
    bucket: 'bucket',
    accessKeyId: 'KEY',
  });
  const destination = new S3Destination(settings, { secretAccessKey: 'secret' });
  onTestFinished(() => destination.close());
  return destination;
}

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
      expect(seen).toEqual(['PUT', 'GET', 'DELETE']);
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
        if (request.method === 'GET') response.end(patternBytes(9 * MIB, 2));
        else if (url.includes('uploads')) {
          response.end(
            '<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>',
          );
        } else response.end(request.method === 'POST' ? '<CompleteMultipartUploadResult/>' : '');
      });
    });
    const putting = openAt(endpoint).put('a', inChunks(body, MIB));
    expect(await failing(putting)).toMatchObject({ code: 'destination.corrupt' });
    expect(seen).toContain('DELETE');
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
