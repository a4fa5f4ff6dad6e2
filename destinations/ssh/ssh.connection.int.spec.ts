import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SshStage } from '../../daemon/testing/servers/ssh-stage.js';
import { canRunSshd } from '../../daemon/testing/servers/sshd-server.js';
import {
  ensureHolds,
  inChunks,
  listAll,
  patternBytes,
  PausedBody,
  readAll,
} from '../conformance/check-tools.js';

const BYTES = patternBytes(2_500_000, 1);
/** Only something other than time may end a call. */
const ENDLESS_SECONDS = 3600;

const stage = new SshStage();

describe.skipIf(!canRunSshd())('the connection of an ssh destination', () => {
  stage.serve('shell');

  it('is one for all calls, and opened by the first one only', async () => {
    const destination = stage.open();
    expect(stage.server.sessionPids()).toEqual([]);
    await Promise.all(['a', 'b', 'c'].map((key) => destination.put(key, BYTES)));
    const pids = stage.server.sessionPids();
    await listAll(destination, '');
    expect(stage.server.sessionPids()).toEqual(pids);
  });

  it('breaks in mid-put: the put may be tried again, and nothing is visible', async () => {
    const destination = stage.open();
    const body = new PausedBody(BYTES, BYTES);
    const putting = destination.put('object', body.chunks());
    await body.paused;
    stage.server.signalSessions('SIGKILL');
    body.goOn();
    await expect(putting).rejects.toEqual(stage.lost());
    expect(await listAll(destination, '')).toEqual([]);
    await destination.put('object', BYTES);
    await ensureHolds(destination, 'object', BYTES);
    await destination.sweep('');
    expect(await readdir(stage.server.directory)).toEqual(['object']);
  });

  it('breaks in mid-get: the read may be tried again', async () => {
    const destination = stage.open();
    const bytes = patternBytes(16_000_000, 1);
    await destination.put('object', bytes);
    const reading = (async () => {
      for await (const chunk of destination.get('object')) {
        if (chunk.length > 0) stage.server.signalSessions('SIGKILL');
      }
    })();
    await expect(reading).rejects.toEqual(stage.lost());
    await ensureHolds(destination, 'object', bytes);
  });

  it.each(['a read', 'a put', 'a look'])(
    'is given up when the server stalls in %s',
    async (kind) => {
      const destination = stage.open({ settings: { timeoutSeconds: 1 } });
      const bytes = patternBytes(16_000_000, 1);
      await destination.put('object', bytes);
      const calls: Record<string, () => Promise<unknown>> = {
        'a read': () => readAll(destination, 'object'),
        'a put': () => destination.put('object', bytes),
        'a look': () => destination.stat('object'),
      };
      const stopped = stage.server.sessionPids();
      stage.server.signalSessions('SIGSTOP');
      onTestFinished(() => {
        for (const pid of stopped) process.kill(pid, 'SIGKILL');
      });
      await expect(calls[kind]?.()).rejects.toEqual(stage.lost());
      await ensureHolds(destination, 'object', bytes); // Over a new connection.
    },
  );

  it('is given up when the server falls silent while nobody calls', async () => {
    await expect.poll(sockets).toBe(0); // Of the tests before.
    const destination = stage.open({ settings: { timeoutSeconds: 1 } });
    await destination.put('object', BYTES);
    const stopped = stage.server.sessionPids();
    stage.server.signalSessions('SIGSTOP');
    onTestFinished(() => {
      for (const pid of stopped) process.kill(pid, 'SIGKILL');
    });
    await expect.poll(sockets, { timeout: 30_000 }).toBe(0);
    await ensureHolds(destination, 'object', BYTES);
  });

  it('stays while nobody calls, for longer than the timeout', async () => {
    const destination = stage.open({ settings: { timeoutSeconds: 1 } });
    await destination.put('object', BYTES);
    const pids = stage.server.sessionPids();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await ensureHolds(destination, 'object', BYTES);
    expect(stage.server.sessionPids()).toEqual(pids);
  });

  it('is given up when the connection lives, but nothing answers on it', async () => {
    const destination = stage.open({ settings: { timeoutSeconds: 1 } });
    await destination.put('object', BYTES);
    const sftpServer = await sftpServerPid();
    process.kill(sftpServer, 'SIGSTOP');
    onTestFinished(() => {
      process.kill(sftpServer, 'SIGKILL');
    });
    await expect(destination.stat('object')).rejects.toEqual(
      stage.refusal('destination.unreachable', 'answered no request for 1 seconds'),
    );
    await ensureHolds(destination, 'object', BYTES);
  });

  it.each(['a read', 'a put', 'a look', 'a list', 'a removal'])(
    'stalls: an abort ends %s at once',
    async (kind) => {
      const destination = stage.open({ settings: { timeoutSeconds: ENDLESS_SECONDS } });
      await destination.put('object', BYTES);
      const abort = new AbortController();
      const options = { signal: abort.signal };
      const calls: Record<string, () => Promise<unknown>> = {
        'a read': () => readAll(destination, 'object', options),
        'a put': () => destination.put('object', patternBytes(16_000_000, 1), options),
        'a look': () => destination.stat('object', options),
        'a list': () => drain(destination.list('', options)),
        'a removal': () => destination.remove('object', options),
      };
      stage.server.signalSessions('SIGSTOP');
      onTestFinished(() => {
        stage.server.signalSessions('SIGKILL');
      });
      const call = calls[kind]?.();
      setTimeout(() => {
        abort.abort();
      }, 50);
      await expect(call).rejects.toMatchObject({ kind: 'cancelled' });
    },
  );

  it('ends with the destination: what is under way fails, nothing keeps the process', async () => {
    await expect.poll(sockets).toBe(0); // Of the tests before.
    const destination = stage.open();
    const body = new PausedBody(BYTES, BYTES);
    const putting = destination.put('object', body.chunks());
    await body.paused;
    expect(sockets()).toBe(1);
    await destination.close();
    body.goOn();
    await expect(putting).rejects.toMatchObject({
      code: 'destination.unreachable',
      isRetryable: false,
    });
    await expect.poll(sockets).toBe(0);
    await destination.put('object', BYTES); // Opens another one.
    await destination.close();
    await expect.poll(sockets).toBe(0);
    await expect.poll(() => stage.server.sessionPids()).toEqual([]);
  });

  it('closes while it is opened', async () => {
    const destination = stage.open();
    const looking = destination.stat('object');
    await destination.close();
    await expect(looking).rejects.toEqual(stage.refusal('destination.unreachable', 'closed'));
  });

  it('gives every handle on the server back', async () => {
    const destination = stage.open();
    const work = async (): Promise<void> => {
      await destination.put('a/object', inChunks(BYTES, 100_000));
      await destination.put('a/object', BYTES, { ifAbsent: true }).catch(() => undefined);
      for await (const chunk of destination.get('a/object')) if (chunk.length > 0) break;
      await readAll(destination, 'a/object', { range: { offset: 0, length: 9e9 } }).catch(
        () => undefined,
      );
      await listAll(destination, '');
      await destination.probe();
      await destination.stat('a/nothing');
      await destination.remove('a/object');
    };
    await work();
    const sftpServer = await sftpServerPid();
    const openFiles = (): Promise<string[]> => readdir(`/proc/${sftpServer}/fd`);
    const before = (await openFiles()).length;
    for (let round = 0; round < 5; round++) await work();
    await destination.stat('a/nothing');
    expect((await openFiles()).length).toBe(before);
  });
});

function sockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

/** Not 0 for want of one: a signal to 0 reaches the tests themselves. */
async function sftpServerPid(): Promise<number> {
  for (const pid of stage.server.sessionPids()) {
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    if (name.trim() === 'sftp-server') return pid;
  }
  throw new Error('No sftp-server is running.');
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) expect(item).toBeDefined();
}
