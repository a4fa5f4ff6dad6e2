import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLogger } from '../platform/logger.js';
import { run } from '../platform/processes.js';
import { tempDir } from '../testing/temp-dir.js';
import { needsRoot } from '../testing/tools.js';
import { listenOnSocket } from './listeners.js';

const NOBODY = 65_534;
const CONNECTIONS = 70;

/** Opens many connections, says how many were cut, then closes them; all of it twice. */
const CALLER = `
  const { connect } = require('node:net');
  const round = async () => {
    let cut = 0;
    const sockets = Array.from({ length: ${CONNECTIONS} }, () => {
      const socket = connect(process.argv[1]);
      return socket.on('error', () => undefined).on('close', () => { cut += 1; });
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    console.log(cut);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 500));
  };
  round().then(round);
`;

describe('the socket', () => {
  it.skipIf(!needsRoot())('holds so many connections of one user and no more', async () => {
    const directory = await tempDir();
    await chmod(directory, 0o755);
    const path = join(directory, 'holdfast.sock');
    const logger = createLogger({ level: 'silent' });
    const listener = await listenOnSocket(path, (_request, response) => response.end(), logger);
    onTestFinished(() => listener.close());
    const call = (uid: number) =>
      run(process.execPath, ['-e', CALLER, path], { uid, gid: uid, timeoutMs: 20_000 });
    expect((await call(NOBODY)).stdout.toString()).toBe('6\n6\n');
    expect((await call(0)).stdout.toString()).toBe('0\n0\n');
  });
});
