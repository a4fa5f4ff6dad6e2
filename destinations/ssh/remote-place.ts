/**
 * The base directory on the server, and what lies below it under a key. Looks at every folder on the
 * way, all in one round trip, so that nothing is reached through a symbolic link and nothing is
 * written when the disk of the server is not mounted.
 */
import type { Stats } from 'ssh2';
import { destinationError } from '../destination-error.js';
import { splitKey } from '../keys.js';
import { MARKER_KEY, MAX_MARKER_BYTES, parseMarker } from '../marker.js';
import { OPEN_READ, type SftpSession } from './sftp-session.js';
import { hasStatus, STATUS } from './sftp-errors.js';

export interface RemotePlace {
  /** `user@host:port/path`, for messages. */
  name: string;
  /** As the server knows it. */
  path: string;
  /** What paths of objects start with: '' when the base is the root. */
  base: string;
  /** The id the marker must carry; undefined until the destination was initialised. */
  expectedId: string | undefined;
}

export interface LookedUp {
  /** What lies under the key; undefined when nothing does, or nothing can. */
  found: Stats | undefined;
  /** A folder on the way does not exist. */
  isFolderMissing: boolean;
  /** What lies where a folder of the key would have to be; '' when nothing does. */
  blockedBy: string;
}

/** Throws when the base is not what it must be, or a folder on the way is a symbolic link. A key of
 * '' is the base itself. */
export async function lookUp(
  session: SftpSession,
  place: RemotePlace,
  key: string,
): Promise<LookedUp> {
  const keys = pathsTo(key);
  const [, , ...stats] = await Promise.all([
    checkBase(session, place),
    place.expectedId === undefined ? undefined : checkMarked(session, place),
    ...keys.map((at) => lstatIfThere(session, `${place.base}/${at}`)),
  ]);
  for (const [at, folder] of stats.slice(0, -1).entries()) {
    if (folder === undefined) return { found: undefined, isFolderMissing: true, blockedBy: '' };
    const folderKey = keys[at] ?? '';
    if (folder.isSymbolicLink()) throw linked(place, folderKey);
    if (!folder.isDirectory()) {
      return { found: undefined, isFolderMissing: false, blockedBy: folderKey };
    }
  }
  return { found: stats.at(-1), isFolderMissing: false, blockedBy: '' };
}

/** Throws unless the base is a directory. It may be reached through a link: that is the server's. */
async function checkBase(session: SftpSession, { name, path }: RemotePlace): Promise<void> {
  let found: Stats;
  try {
    found = await session.stat(path);
  } catch (error) {
    if (!hasStatus(error, STATUS.noSuchFile)) throw error;
    throw destinationError(
      'destination.unreachable',
      `The backup directory of ${name} does not exist on the server; create it or mount its disk.`,
    );
  }
  if (found.isDirectory()) return;
  throw destinationError(
    'destination.misconfigured',
    `The path of ${name} is not a directory on the server; give another path.`,
  );
}

async function checkMarked(session: SftpSession, place: RemotePlace): Promise<void> {
  const marker = await lstatIfThere(session, `${place.base}/${MARKER_KEY}`);
  if (marker?.isFile() !== true) throw unmarked(place);
}

/** With an expected id, throws unless the base carries it. For each new connection. */
export async function checkMarker(session: SftpSession, place: RemotePlace): Promise<void> {
  await checkBase(session, place);
  if (place.expectedId === undefined) return;
  const bytes = await readMarker(session, place);
  if (bytes === undefined) throw unmarked(place);
  if (parseMarker(bytes, place.name).id === place.expectedId) return;
  throw destinationError(
    'destination.misconfigured',
    `${place.name} holds another destination than expected; mount the right disk there, ` +
      'or add this one as a new destination.',
  );
}

async function readMarker(
  session: SftpSession,
  place: RemotePlace,
): Promise<Uint8Array | undefined> {
  await checkMarked(session, place);
  const handle = await session.open(`${place.base}/${MARKER_KEY}`, OPEN_READ);
  try {
    const buffer = Buffer.alloc(MAX_MARKER_BYTES);
    return buffer.subarray(0, await session.read(handle, buffer, 0));
  } finally {
    session.close(handle).catch(() => undefined);
  }
}

export async function lstatIfThere(session: SftpSession, path: string): Promise<Stats | undefined> {
  try {
    return await session.lstat(path);
  } catch (error) {
    if (hasStatus(error, STATUS.noSuchFile)) return undefined;
    throw error;
  }
}

/** Removes `dir` and the folders above it as long as they are empty; never the base. */
export async function removeEmptyFolders(
  session: SftpSession,
  place: RemotePlace,
  dir: string,
): Promise<void> {
  for (let at = dir; at !== ''; at = splitKey(at).dir) {
    try {
      await session.rmdir(`${place.base}/${at}`);
    } catch (error) {
      if (hasStatus(error, STATUS.noSuchFile)) continue;
      // Not empty, which has no code of its own; all the same why: it stays.
      return;
    }
  }
}

/** The path of a folder, to which `/` and a name can be added; '' stands for the root itself. */
export function pathOf(place: RemotePlace, dir: string): string {
  return dir === '' ? place.base : `${place.base}/${dir}`;
}

/** `a`, `a/b` and `a/b/c` for `a/b/c`; none for ''. */
function pathsTo(key: string): string[] {
  if (key === '') return [];
  const segments = key.split('/');
  return segments.map((_, at) => segments.slice(0, at + 1).join('/'));
}

function linked(place: RemotePlace, dir: string): Error {
  return destinationError(
    'destination.corrupt',
    `${dir} in ${place.name} is a symbolic link; replace it by what it points at.`,
  );
}

function unmarked({ name }: RemotePlace): Error {
  return destinationError(
    'destination.unreachable',
    `${MARKER_KEY} is missing in ${name}, so the disk of the server is probably not mounted; ` +
      'mount it.',
  );
}
