/** What a put failed for, when the server says no more than "Failure". */
import { destinationError } from '../destination-error.js';
import { splitKey } from '../keys.js';
import { lookUp, pathOf, type RemotePlace } from './remote-place.js';
import type { FileSystemStats, SftpSession } from './sftp-session.js';

/** Less room than this is none: what one put has under way. */
const NO_ROOM_BYTES = 2 * 1024 * 1024;

interface FailedPut {
  error: unknown;
  key: string;
  what: string;
  /** It failed while bytes were written, not before or after. */
  isWriting: boolean;
}

/** The error with its reason, as far as the server lets it be found out. */
export async function explainFailedPut(
  session: SftpSession,
  place: RemotePlace,
  { error, key, what, isWriting }: FailedPut,
): Promise<unknown> {
  const looked = await lookUp(session, place, key).catch(() => undefined);
  if (looked?.found?.isDirectory() === true) return blocked(what, key);
  const isFolderThere = looked?.isFolderMissing === false;
  const room = await roomOf(session, pathOf(place, isFolderThere ? splitKey(key).dir : '') || '/');
  if (room?.isReadOnly === true) {
    return destinationError(
      'destination.denied',
      `${what} failed: the file system of the server is read-only; mount it for writing.`,
      { cause: error },
    );
  }
  const isFull = room !== undefined && (room.freeBytes < NO_ROOM_BYTES || room.freeFiles === 0);
  if (!isFull && !isWriting) return error;
  const why = isFull
    ? 'the disk of the server is full; free some space'
    : 'the server takes no more bytes, most likely because the quota of the account is used up; ' +
      'free some space or raise it';
  return destinationError('destination.full', `${what} failed: ${why}.`, { cause: error });
}

export function blocked(what: string, key: string): Error {
  return destinationError(
    'destination.misconfigured',
    `${what} failed: something that is not of Holdfast lies in the way at ${key}; ` +
      'move it elsewhere.',
  );
}

async function roomOf(session: SftpSession, path: string): Promise<FileSystemStats | undefined> {
  if (!session.has('statvfs@openssh.com')) return undefined;
  return session.statvfs(path).catch(() => undefined);
}
