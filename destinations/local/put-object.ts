/** Stores one object: a temporary beside its place, written, made durable, then put in its place. */
import { constants } from 'node:fs';
import { link, lstat, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { errnoOf } from '../../daemon/platform/errors.js';
import type { PutOptions } from '../destination.js';
import { destinationError } from '../destination-error.js';
import { splitKey, temporaryNameOf } from '../keys.js';
import { removeEmptyFolders, type LocalRoot, type OpenRoot } from './root.js';
import { writeBody } from './write-body.js';

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** A folder may vanish under a put as often as others remove the last object in it. */
const FOLDER_TRIES = 20;

interface PutRequest {
  key: string;
  body: Uint8Array | AsyncIterable<Uint8Array>;
  options: PutOptions;
  /** For messages: "Storing a/b in /backup". */
  what: string;
}

interface Temporary {
  directory: FileHandle;
  file: FileHandle;
  path: string;
  /** Where it goes. */
  target: string;
}

export async function putObject(
  localRoot: LocalRoot,
  root: OpenRoot,
  { key, body, options, what }: PutRequest,
): Promise<{ sizeBytes: number }> {
  const isIfAbsent = options.ifAbsent === true;
  const temporary = await createTemporary(localRoot, root, key);
  let isPublished = false;
  try {
    if (isIfAbsent) await refuseTaken(temporary.target, what);
    const sizeBytes = await writeBody(temporary.file, body, options.signal, what);
    await publish(temporary, isIfAbsent, what);
    isPublished = true;
    await temporary.directory.sync();
    return { sizeBytes };
  } finally {
    await temporary.file.close();
    if (!isPublished) await unlink(temporary.path).catch(() => undefined);
    await temporary.directory.close();
    if (!isPublished) await removeEmptyFolders(root, splitKey(key).dir).catch(() => undefined);
  }
}

async function createTemporary(
  localRoot: LocalRoot,
  root: OpenRoot,
  key: string,
): Promise<Temporary> {
  for (let tries = 1; tries <= FOLDER_TRIES; tries++) {
    const directory = await localRoot.openDirectory(root, splitKey(key).dir, true);
    const temporary = directory && (await createIn(directory, splitKey(key).name));
    if (temporary !== undefined) return temporary;
  }
  throw destinationError(
    'destination.unreachable',
    `The folder of ${key} in ${root.realPath} vanishes as soon as it is made; check the disk.`,
  );
}

/** Undefined when the directory was removed meanwhile. Closes it unless it succeeds. */
async function createIn(directory: FileHandle, name: string): Promise<Temporary | undefined> {
  const base = `/proc/self/fd/${directory.fd}`;
  const path = `${base}/${temporaryNameOf(name)}`;
  try {
    const file = await open(path, CREATE, 0o600);
    return { directory, file, path, target: `${base}/${name}` };
  } catch (error) {
    await directory.close();
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Spares writing a body that could not be published; `link` decides. */
async function refuseTaken(path: string, what: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined) throw taken(what);
}

async function publish(
  { path, target }: Temporary,
  isIfAbsent: boolean,
  what: string,
): Promise<void> {
  if (!isIfAbsent) {
    await rename(path, target);
    return;
  }
  try {
    await link(path, target);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw taken(what);
    throw error;
  }
  await unlink(path);
}

function taken(what: string): Error {
  return destinationError('destination.exists', `${what} was refused: the name is taken.`);
}
