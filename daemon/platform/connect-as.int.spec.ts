import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeTempDir, removeTempDir } from '../testing/temp-dir.js';
import { needsRoot } from '../testing/tools.js';
import { socketAs } from './connect-as.js';
import { peerCredentials } from './process-calls.js';

it.skipIf(!needsRoot())('is known as the other user, and we stay who we are', async () => {
  const directory = await makeTempDir();
  onTestFinished(() => removeTempDir(directory));
  await chmod(directory, 0o755);
  const path = join(directory, 's');
  const server = createServer().listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  await chmod(path, 0o666);
  for (const uid of [65534, undefined]) {
    const accepted = once(server, 'connection');
    const socket = socketAs(uid).connect(path);
    const [peer] = (await accepted) as [Socket & { _handle: { fd: number } }];
    expect(peerCredentials(peer._handle.fd).uid).toBe(uid ?? 0);
    expect(process.geteuid?.()).toBe(0);
    socket.destroy();
    peer.destroy();
  }
});
