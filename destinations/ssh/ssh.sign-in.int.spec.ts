/** Which server is spoken to, and as whom. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../../daemon/testing/temp-dir.js';
import { refusalBy } from '../../daemon/testing/refusals.js';
import { SshStage } from '../../daemon/testing/servers/ssh-stage.js';
import { canRunSshd, freePort } from '../../daemon/testing/servers/sshd-server.js';
import { ensureHolds, patternBytes } from '../conformance/check-tools.js';
import { readHostKey } from './host-key.js';
import { generateKeyPair } from './key-pair.js';
import { SshDestination } from './ssh.destination.js';

const BYTES = patternBytes(100_000, 1);
const run = promisify(execFile);
const stage = new SshStage();

/** A server that is none: says `greeting` to whoever connects, and nothing more. */
async function listen(greeting: string): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write(greeting);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe.skipIf(!canRunSshd())('signing in to an ssh destination', () => {
  stage.serve('chroot');

  it.each([
    ['a key', () => ({ privateKey: stage.server.privateKey })],
    [
      'a key with a passphrase',
      () => ({ privateKey: stage.server.lockedKey, passphrase: stage.server.passphrase }),
    ],
    ['a password', () => ({ password: stage.server.password })],
  ])('works with %s', async (_name, secrets) => {
    const destination = stage.open({ secrets: secrets() });
    await destination.put('object', BYTES);
    await ensureHolds(destination, 'object', BYTES);
  });

  it.each([
    ['another key', () => ({ privateKey: generateKeyPair('other').privateKey })],
    ['another password', () => ({ password: 'not-the-password' })],
  ])('is denied with %s, and not tried again', async (_name, secrets) => {
    await expect(stage.open({ secrets: secrets() }).stat('a')).rejects.toEqual(
      stage.refusal('destination.denied', stage.server.path, 'name of the account'),
    );
    await expect(stage.open({ secrets: secrets() }).probe()).rejects.toMatchObject({
      isRetryable: false,
    });
  });

  it('is denied to another account', async () => {
    await expect(stage.open({ settings: { user: 'nobody' } }).stat('a')).rejects.toEqual(
      stage.refusal('destination.denied', 'nobody@'),
    );
  });

  it.each([
    ['missing', undefined, 'which is missing; give it'],
    ['another one', 'wrong', 'does not open the private key'],
  ])('needs the passphrase of the key: it is %s', async (_name, passphrase, part) => {
    const secrets = { privateKey: stage.server.lockedKey, ...(passphrase && { passphrase }) };
    await expect(stage.open({ secrets }).stat('a')).rejects.toEqual(
      stage.refusal('destination.misconfigured', part),
    );
  });

  it('names the secret in no message', async () => {
    for (const secrets of [{ password: 'not-the-password' }, { privateKey: 'not-a-key' }]) {
      const error: unknown = await stage
        .open({ secrets })
        .stat('a')
        .catch((caught: unknown) => caught);
      expect(JSON.stringify([String(error), error])).not.toMatch(/not-the-password|not-a-key/);
    }
  });
});

describe.skipIf(!canRunSshd())('a key pair made for an ssh destination', () => {
  stage.serve('shell');

  it('lets in for SFTP, and for nothing else', async () => {
    const { privateKey, authorizedKeysLine } = generateKeyPair('holdfast@test');
    stage.server.allowKey(authorizedKeysLine);
    const destination = stage.open({ secrets: { privateKey } });
    await destination.put('object', BYTES);
    await ensureHolds(destination, 'object', BYTES);

    const file = join(await tempDir(), 'key');
    await writeFile(file, privateKey, { mode: 0o600 });
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes'];
    const args = [
      '-i',
      file,
      '-p',
      String(stage.server.port),
      ...options.flatMap((o) => ['-o', o]),
    ];
    const shell = run('ssh', [...args, `${stage.server.user}@127.0.0.1`, 'echo', 'let', 'in']);
    await expect(shell).rejects.toMatchObject({
      stdout: expect.stringMatching(/^This service allows sftp connections only\.\s*$/) as unknown,
    });
  });
});

describe.skipIf(!canRunSshd())('the host key of an ssh destination', () => {
  stage.serve('chroot');

  it('must be pinned before anything is done', async () => {
    const { hostKey: _, ...settings } = stage.settings();
    const destination = new SshDestination(settings, { password: stage.server.password });
    const refused = stage.refusal('destination.misconfigured', 'host key', 'validate it first');
    await expect(destination.probe()).rejects.toEqual(refused);
    await expect(destination.put('a', BYTES)).rejects.toEqual(refused);
    expect(stage.server.sessionPids()).toEqual([]);
    const { fingerprint, type } = await readHostKey(settings);
    expect([fingerprint, type]).toEqual([stage.server.hostKey, 'ssh-ed25519']);
    await stage.open({ settings: { hostKey: fingerprint } }).probe();
  });

  it('may be of any kind the server has', async () => {
    const { ecdsaHostKey } = stage.server;
    expect(ecdsaHostKey).not.toBe(stage.server.hostKey);
    const destination = stage.open({ settings: { hostKey: ecdsaHostKey } });
    await destination.put('object', BYTES);
    await ensureHolds(destination, 'object', BYTES);
    const secrets = { password: 'not-the-password' };
    const denied = stage.open({ settings: { hostKey: ecdsaHostKey }, secrets });
    await expect(denied.probe()).rejects.toEqual(stage.refusal('destination.denied', 'account'));
  });

  it('has changed: nobody signs in there until it is validated again', async () => {
    const destination = stage.open({ secrets: { password: stage.server.password } });
    await destination.put('object', BYTES);
    const before = stage.server.hostKey;
    await stage.server.changeHostKey();
    const now = stage.server.hostKey;
    expect(now).not.toBe(before);
    const settings = stage.settings({ hostKey: before });
    const changed = new SshDestination(settings, { password: stage.server.password });
    for (const call of [changed.probe(), changed.put('object', BYTES)]) {
      await expect(call).rejects.toEqual(
        stage.refusal('destination.denied', 'has changed', `expected ${before}`, `seen ${now}`),
      );
    }
    await expect(destination.stat('object')).rejects.toMatchObject({ code: 'destination.denied' });
    expect(stage.server.signIns()).toBe(0);
    const { fingerprint } = await readHostKey(settings);
    await ensureHolds(stage.open({ settings: { hostKey: fingerprint } }), 'object', BYTES);
  });

  it('is not read for ever: an abort ends it', async () => {
    const port = await listen('');
    const abort = new AbortController();
    const reading = readHostKey(stage.settings({ port, timeoutSeconds: 3600 }), abort.signal);
    setTimeout(() => {
      abort.abort();
    }, 20);
    await expect(reading).rejects.toMatchObject({ kind: 'cancelled' });
  });
});

describe.skipIf(!canRunSshd())('the address of an ssh destination', () => {
  stage.serve('chroot');

  it('has a name that nobody knows', async () => {
    const settings = { host: 'no-such-host.invalid' };
    await expect(stage.open({ settings }).stat('a')).rejects.toEqual(
      refusalBy('no-such-host.invalid', 'destination.unreachable', stage.server.path, 'name'),
    );
  });

  it('has a port where nothing listens', async () => {
    const destination = stage.open({ settings: { port: 1 } });
    const refused = refusalBy('127.0.0.1:1/', 'destination.unreachable', 'nothing listens');
    await expect(destination.stat('a')).rejects.toEqual(refused);
    await expect(destination.probe()).rejects.toMatchObject({ isRetryable: true });
    await expect(readHostKey(stage.settings({ port: 1 }))).rejects.toEqual(refused);
  });

  it('has a port where something else answers', async () => {
    const port = await listen('220 mail.example.com ESMTP\r\n'.repeat(2000));
    await expect(stage.open({ settings: { port } }).stat('a')).rejects.toEqual(
      refusalBy(`127.0.0.1:${port}`, 'destination.misconfigured', 'no SSH server'),
    );
  });

  it('has a port where nobody says anything', async () => {
    const port = await listen('');
    const settings = { port, timeoutSeconds: 1 };
    const silent = refusalBy(`127.0.0.1:${port}`, 'destination.unreachable', 'no answer in time');
    await expect(stage.open({ settings }).stat('a')).rejects.toEqual(silent);
    await expect(readHostKey(stage.settings(settings))).rejects.toEqual(silent);
  });

  it('is answered again after a while: connecting is tried more than once', async () => {
    const port = await freePort();
    const destination = stage.open({ settings: { port } });
    const looking = destination.stat('a');
    const server = createServer((socket) => {
      const far = connect(stage.server.port, '127.0.0.1');
      socket
        .on('error', () => undefined)
        .pipe(far.on('error', () => undefined))
        .pipe(socket);
    });
    onTestFinished(() => {
      server.close();
    });
    setTimeout(() => server.listen(port, '127.0.0.1'), 100);
    expect(await looking).toBeUndefined();
  });
});
