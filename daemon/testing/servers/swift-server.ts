/** OpenStack Swift with its S3 interface: a store that knows neither conditional puts nor checksums
 * beyond MD5. Needs root, who may start servers as the user `swift`. */
import { createBucket, startServerScript, type S3TestServer } from './server-script.js';

/** For `needsTool`. */
export const SWIFT_TOOLS = ['swift-proxy-server', 'swift-object-server', 'memcached'];

export async function startSwift(): Promise<S3TestServer> {
  const script = await startServerScript('swift-server.sh', 5);
  const [port = 0] = script.ports;
  const keys = { accessKeyId: 'test:tester', secretAccessKey: 'testing' };
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    ...keys,
    host: '127.0.0.1',
    port,
    endpoint,
    createBucket: (name) => createBucket({ ...keys, endpoint }, name),
    close: () => script.close(),
  };
}
