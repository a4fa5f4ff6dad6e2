/** What an errno met while writing a tree means for the restore, in words. */
import { AppError, errnoOf } from '../../platform/errors.js';

/** Errors after which going on makes no sense: the same would meet every file. */
const FATAL = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EIO', 'the disk reports errors'],
]);

/** Why one entry could not be written, in words. */
export function reasonOf(error: unknown): string {
  if (error instanceof AppError) return error.message;
  const code = errnoOf(error);
  switch (code) {
    case 'ELOOP':
    case 'ENOTDIR':
    case 'EXDEV':
      return 'a folder on its way is now a symbolic link or a file; restore that folder too, or restore beside';
    case 'EACCES':
    case 'EPERM':
      return 'the account may not write there';
    case 'ENOENT':
      return 'the folder it belongs in is missing';
    default:
      return code ?? String(error);
  }
}

/** Turns what stops a whole restore into an error; anything else is the caller's problem to list. */
export function throwIfFatal(error: unknown): void {
  const reason = FATAL.get(errnoOf(error) ?? '');
  if (reason === undefined) return;
  throw new AppError('source', 'restore.target', `The restore stopped because ${reason} where it writes; make room and run it again: what was restored stays.`, { cause: error }); // prettier-ignore
}
