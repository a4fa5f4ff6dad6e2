/** The one place where the system's error codes become destination errors. */
import { AppError, errnoOf } from '../../daemon/platform/errors.js';
import type { DestinationErrorCode } from '../destination.js';
import { destinationError } from '../destination-error.js';

interface Meaning {
  code: DestinationErrorCode;
  mend: string;
  isRetryable?: boolean;
}

const FULL: Meaning = { code: 'destination.full', mend: 'free some space or raise the quota' };
const DENIED: Meaning = {
  code: 'destination.denied',
  mend: 'check the owner, the mode and the mount options of the directory',
};
const GONE: Meaning = {
  code: 'destination.unreachable',
  mend: 'check that the disk is mounted',
};
const BROKEN: Meaning = {
  code: 'destination.unreachable',
  mend: 'check the disk and the kernel log',
  isRetryable: true,
};
const BUSY: Meaning = {
  code: 'destination.unreachable',
  mend: 'the system is short of something; try again later',
  isRetryable: true,
};
const BLOCKED: Meaning = {
  code: 'destination.misconfigured',
  mend: 'something that is not of Holdfast lies in the way; move it elsewhere',
};

const MEANINGS: Record<string, Meaning> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: FULL,
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: DENIED,
  ENOENT: GONE,
  ENODEV: GONE,
  ENXIO: GONE,
  EIO: BROKEN,
  ESTALE: BROKEN,
  ENOTCONN: BROKEN,
  EHOSTDOWN: BROKEN,
  EHOSTUNREACH: BROKEN,
  ETIMEDOUT: BROKEN,
  EAGAIN: BUSY,
  EBUSY: BUSY,
  EINTR: BUSY,
  EMFILE: BUSY,
  ENFILE: BUSY,
  ENOMEM: BUSY,
  EISDIR: BLOCKED,
  ENOTDIR: BLOCKED,
  ENOTEMPTY: BLOCKED,
  ELOOP: BLOCKED,
  ENAMETOOLONG: { code: 'destination.misconfigured', mend: 'the path is too long for this disk' },
};

/**
 * `attempt` starts the sentence: "Storing a/b in /backup". Errors that are no system errors come
 * back unchanged.
 */
export function fromErrno(error: unknown, attempt: string): unknown {
  if (error instanceof AppError) return error;
  const errno = errnoOf(error);
  if (errno === undefined || !isSystemError(error)) return error;
  const meaning = MEANINGS[errno] ?? GONE;
  return destinationError(meaning.code, `${attempt} failed (${errno}): ${meaning.mend}.`, {
    cause: error,
    details: { errno },
    isRetryable: meaning.isRetryable ?? false,
  });
}

/** Node's own argument errors have a `code`, too, but no `syscall`. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
