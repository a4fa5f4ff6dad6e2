import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { openServerKeys } from './server-keys.js';

async function freshPaths() {
  const state = await tempDir();
  const keys = join(state, 'keys');
  await mkdir(keys, { mode: 0o700 });
  return { keys, serverId: join(state, 'server-id') };
}

describe('openServerKeys', () => {
  it('makes a pair that signs and verifies, and an id', async () => {
    const paths = await freshPaths();
    const { serverId, signingKeyPem, publicKeyPem } = await openServerKeys(paths);
    const signature = sign(null, Buffer.from('snapshot'), signingKeyPem);
    expect(createPublicKey(publicKeyPem).asymmetricKeyType).toBe('ed25519');
    expect(verify(null, Buffer.from('snapshot'), publicKeyPem, signature)).toBe(true);
    expect(verify(null, Buffer.from('forged'), publicKeyPem, signature)).toBe(false);
    expect(serverId).toMatch(/^[0-9a-f]{12}$/);
    expect((await stat(join(paths.keys, 'server.key.pem'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(paths.keys, 'server.pub.pem'), 'utf8')).toBe(publicKeyPem);
  });

  it('finds the same ones again, also when many open at once', async () => {
    const paths = await freshPaths();
    const opened = await Promise.all(Array.from({ length: 8 }, () => openServerKeys(paths)));
    const again = await openServerKeys(paths);
    for (const keys of opened) expect(keys).toEqual(again);
  });

  it('writes the public key anew when it is gone', async () => {
    const paths = await freshPaths();
    const { publicKeyPem } = await openServerKeys(paths);
    await rm(join(paths.keys, 'server.pub.pem'));
    await openServerKeys(paths);
    expect(await readFile(join(paths.keys, 'server.pub.pem'), 'utf8')).toBe(publicKeyPem);
  });

  it('refuses a private key that others can read', async () => {
    const paths = await freshPaths();
    await openServerKeys(paths);
    await chmod(join(paths.keys, 'server.key.pem'), 0o644);
    await expect(openServerKeys(paths)).rejects.toMatchObject({ code: 'key.exposed' });
  });

  it('refuses a damaged key rather than making another', async () => {
    const paths = await freshPaths();
    await writeFile(join(paths.keys, 'server.key.pem'), 'not a key', { mode: 0o600 });
    await expect(openServerKeys(paths)).rejects.toMatchObject({ code: 'server-key.damaged' });
    expect(await readFile(join(paths.keys, 'server.key.pem'), 'utf8')).toBe('not a key');
  });

  it('refuses a key of another kind', async () => {
    const paths = await freshPaths();
    const pem = generateKeyPairSync('x25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
    await writeFile(join(paths.keys, 'server.key.pem'), pem, { mode: 0o600 });
    await expect(openServerKeys(paths)).rejects.toMatchObject({ code: 'server-key.wrong-kind' });
  });

  it.each(['', '../../etc', '3f9c2a'])('refuses %j as the server id', async (id) => {
    const paths = await freshPaths();
    await writeFile(paths.serverId, id);
    await expect(openServerKeys(paths)).rejects.toMatchObject({ code: 'server-id.damaged' });
  });
});
