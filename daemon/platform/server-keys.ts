/**
 * This server's identity: its id, which names its folder at every destination, and the Ed25519 key
 * that signs its snapshots. Both are made once; losing the private key only ends signing with it,
 * since old snapshots verify with the public key.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, errnoOf } from './errors.js';
import { writeFileAtomic } from './files.js';
import { isId, newId } from './ids.js';
import type { InstancePaths } from './instance.js';
import { readPrivateFile } from './private-file.js';

export interface ServerKeys {
  serverId: string;
  /** PKCS8 PEM; hand it to a worker over IPC, never in argv or the environment. */
  signingKeyPem: string;
  /** SPKI PEM. */
  publicKeyPem: string;
}

/** Loads the keys and the id, making what is missing. */
export async function openServerKeys(
  paths: Pick<InstancePaths, 'keys' | 'serverId'>,
): Promise<ServerKeys> {
  const signingKeyPem = await loadOrCreateSigningKey(join(paths.keys, 'server.key.pem'));
  const publicKeyPem = publicKeyOf(signingKeyPem);
  await writeFileAtomic(join(paths.keys, 'server.pub.pem'), publicKeyPem, { mode: 0o644 });
  return { serverId: await loadOrCreateServerId(paths.serverId), signingKeyPem, publicKeyPem };
}

async function loadOrCreateSigningKey(path: string): Promise<string> {
  const existing = await readPrivateFile(path);
  if (existing !== undefined) return existing.toString('utf8');
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
  const isOurs = await writeFileAtomic(path, pem, { ifAbsent: true });
  return isOurs ? pem.toString() : loadOrCreateSigningKey(path);
}

function publicKeyOf(signingKeyPem: string): string {
  const key = parseSigningKey(signingKeyPem);
  return createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString();
}

function parseSigningKey(pem: string) {
  const restore = 'put back the copy it was saved to, or move it aside to have a new key made.';
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (error) {
    throw new AppError(
      'integrity',
      'server-key.damaged',
      `The signing key server.key.pem does not read; ${restore}`,
      { cause: error },
    );
  }
  throw new AppError(
    'integrity',
    'server-key.wrong-kind',
    `The signing key server.key.pem is not an Ed25519 key; ${restore}`,
  );
}

async function loadOrCreateServerId(path: string): Promise<string> {
  const existing = await readTextIfThere(path);
  if (existing === undefined) {
    await writeFileAtomic(path, `${newId()}\n`, { ifAbsent: true });
    return loadOrCreateServerId(path);
  }
  const id = existing.trim();
  if (isId(id)) return id;
  throw new AppError(
    'integrity',
    'server-id.damaged',
    `${path} must hold this server's id, 12 hexadecimal digits; put back what it held (the server's folder at its destinations has that name).`,
  );
}

async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
