import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { CEPH_TOOLS, startCeph } from '../../daemon/testing/servers/ceph-server.js';
import type { S3TestServer } from '../../daemon/testing/servers/server-script.js';
import { startSwift, SWIFT_TOOLS } from '../../daemon/testing/servers/swift-server.js';
import { needsRoot, needsTool } from '../../daemon/testing/tools.js';
import { destinationSuite } from '../conformance/destination-suite.js';
import type { S3Provider } from './providers.js';
import { S3Destination } from './s3.destination.js';
import { s3Settings } from './s3.settings.js';

function suiteOn(provider: S3Provider, start: () => Promise<S3TestServer>): void {
  let server: S3TestServer;

  beforeAll(async () => {
    server = await start();
  });

  afterAll(() => server.close());

  destinationSuite(provider, async () => {
    const bucket = `test-${randomBytes(4).toString('hex')}`;
    await server.createBucket(bucket);
    const { endpoint, accessKeyId, secretAccessKey } = server;
    const prefix = 'some/where';
    const settings = s3Settings.parse({ provider, endpoint, bucket, prefix, accessKeyId });
    return {
      open: () => Promise.resolve(new S3Destination(settings, { secretAccessKey })),
      dispose: () => Promise.resolve(),
    };
  });
}

describe.skipIf(!needsTool(...CEPH_TOOLS))('Ceph', () => {
  suiteOn('ceph', startCeph);
});

describe.skipIf(!needsTool(...SWIFT_TOOLS) || !needsRoot())('Swift', () => {
  suiteOn('other', startSwift);
});
