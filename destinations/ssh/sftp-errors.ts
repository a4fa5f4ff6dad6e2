/** The one place where answers of SFTP servers become destination errors. */
import { AppError } from '../../daemon/platform/errors.js';
import type { DestinationErrorCode } from '../destination.js';
import { destinationError } from '../destination-error.js';
import { SessionLost } from './sftp-session.js';

/** Version 3, which is what servers speak; some send codes of later versions, too. */
export const STATUS = {
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  noConnection: 6,
  connectionLost: 7,
  unsupported: 8,
  alreadyExists: 11,
  writeProtected: 12,
  noSpace: 14,
  quotaExceeded: 15,
} as const;

interface Meaning {
  code: DestinationErrorCode;
  mend: string;
  isRetryable?: boolean;
}

const FULL: Meaning = {
  code: 'destination.full',
  mend: 'the server has no room left; free some space or raise the quota of the account',
};
const LOST: Meaning = {
  code: 'destination.unreachable',
  mend: 'the server lost its connection; try again',
  isRetryable: true,
};
const FAILED: Meaning = {
  code: 'destination.unreachable',
  mend: 'the server gave no reason; check its disk and its log',
  isRetryable: true,
};

const MEANINGS: Record<number, Meaning> = {
  [STATUS.noSuchFile]: {
    code: 'destination.unreachable',
    mend: 'a directory is missing on the server; check that its disk is mounted',
  },
  [STATUS.permissionDenied]: {
    code: 'destination.denied',
    mend: 'the account may not do that; check the owner and the mode of the directory there',
  },
  [STATUS.writeProtected]: {
    code: 'destination.denied',
    mend: 'the file system of the server is read-only; mount it for writing',
  },
  [STATUS.badMessage]: {
    code: 'destination.misconfigured',
    mend: 'the server does not take the name; choose a shorter path',
  },
  [STATUS.unsupported]: {
    code: 'destination.misconfigured',
    mend: 'the server does not know this operation; choose another server',
  },
  [STATUS.noConnection]: LOST,
  [STATUS.connectionLost]: LOST,
  [STATUS.noSpace]: FULL,
  [STATUS.quotaExceeded]: FULL,
};

/** The status of an answer; undefined for any other error. */
export function statusOf(error: unknown): number | undefined {
  const isAnswer = error instanceof Error && !(error instanceof AppError) && 'code' in error;
  if (!isAnswer) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}

export function hasStatus(error: unknown, ...statuses: number[]): boolean {
  const status = statusOf(error);
  return status !== undefined && statuses.includes(status);
}

/**
 * `attempt` starts the sentence: "Storing a/b in me@host:22/backup". Errors that are neither answers
 * nor lost connections come back unchanged.
 */
export function fromSftp(error: unknown, attempt: string): unknown {
  if (error instanceof SessionLost) {
    return destinationError('destination.unreachable', `${attempt} failed: ${error.reason}.`, {
      cause: error,
      isRetryable: !error.isOnPurpose,
    });
  }
  const status = statusOf(error);
  if (status === undefined) return error;
  const { message } = error as Error;
  const isFull = /no space|disk full|quota/i.test(message);
  const meaning = isFull ? FULL : (MEANINGS[status] ?? FAILED);
  return destinationError(meaning.code, `${attempt} failed: ${meaning.mend}.`, {
    cause: error,
    details: { status, answer: message.slice(0, 200) },
    isRetryable: meaning.isRetryable ?? false,
  });
}
