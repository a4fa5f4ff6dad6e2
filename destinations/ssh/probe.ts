/** Whether the base directory on the server may keep backups. Leaves nothing behind. */
import { destinationError } from '../destination-error.js';
import { temporaryNameOf } from '../keys.js';
import { lookUp, type RemotePlace } from './remote-place.js';
import { hasStatus, STATUS } from './sftp-errors.js';
import { OPEN_NEW, type SftpSession } from './sftp-session.js';

export async function checkRemotePlace(
  session: SftpSession,
  place: RemotePlace,
  diskLimitPercent: number,
): Promise<void> {
  await lookUp(session, place, '');
  if (session.has('statvfs@openssh.com')) await checkRoom(session, place, diskLimitPercent);
  await checkWritable(session, place);
}

async function checkRoom(
  session: SftpSession,
  place: RemotePlace,
  limitPercent: number,
): Promise<void> {
  const { isReadOnly, usedPercent } = await session.statvfs(place.path);
  if (isReadOnly) {
    throw destinationError(
      'destination.denied',
      `The file system of ${place.name} is read-only; mount it for writing on the server.`,
    );
  }
  if (usedPercent <= limitPercent) return;
  throw destinationError(
    'destination.full',
    `The file system of ${place.name} is ${usedPercent.toFixed(1)} % full, over the disk limit of ` +
      `${limitPercent} %; remove old snapshots or raise the limit.`,
    { details: { usedPercent, limitPercent } },
  );
}

/** SFTP tells neither who we are nor what that user may do: there is no other way than to try, with
 * an empty temporary that a sweep would find. */
async function checkWritable(session: SftpSession, place: RemotePlace): Promise<void> {
  const path = `${place.base}/${temporaryNameOf('probe')}`;
  try {
    const handle = await session.open(path, OPEN_NEW);
    await Promise.all([session.close(handle), session.unlink(path)]);
  } catch (error) {
    if (!hasStatus(error, STATUS.permissionDenied, STATUS.failure, STATUS.writeProtected)) {
      throw error;
    }
    throw destinationError(
      'destination.denied',
      `The account cannot write in ${place.name}; make the directory its own on the server.`,
      { cause: error },
    );
  }
}
