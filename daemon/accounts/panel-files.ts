/**
 * Reading the files in which hosting panels keep their accounts. They are data: nothing here runs or
 * sources one. Some lie where customers can write, in homes or in folders of the mail system, so a
 * symlink is followed only where nobody but root can have made it.
 */
import { closeSync, constants, read, readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { AppError } from '../platform/errors.js';
import { statusOf, type FileStatus } from '../platform/file-status.js';
import { O_PATH } from '../platform/syscalls.js';
import { openTrusted, UntrustedPath } from '../platform/trusted-path.js';

const MAX_FILE_BYTES = 4 * 1024 * 1024;
const readBytes = promisify(read);

/**
 * The text of a file below `root`; undefined when it is missing. Anything but a regular file of at
 * most 4 MiB is an error of kind `source`, and so is a symlink as the last component, or one that
 * someone other than root can have made.
 */
export async function readPanelFile(root: string, path: string): Promise<string | undefined> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  const fd = openBelow(root, path, flags);
  if (fd === undefined) return undefined;
  try {
    const { format, sizeBytes } = statusOf(fd);
    if (format !== 'file') throw unusable(path, 'it is no regular file');
    if (sizeBytes > MAX_FILE_BYTES) throw unusable(path, 'it is larger than 4 MiB');
    return (await readAll(fd, path)).toString('utf8');
  } finally {
    closeSync(fd);
  }
}

/**
 * The names in a folder below `root`, sorted; undefined when it is missing. Errors as above, only
 * that root may have moved the folder elsewhere and left a symlink.
 */
export function listPanelFolder(root: string, path: string): string[] | undefined {
  const fd = openBelow(root, path, constants.O_RDONLY | constants.O_DIRECTORY);
  if (fd === undefined) return undefined;
  try {
    return readdirSync(`/proc/self/fd/${fd}`).sort();
  } finally {
    closeSync(fd);
  }
}

/** What there is below `root`, itself when it is a symlink; undefined when it is missing. */
export function findPanelFile(root: string, path: string): FileStatus['format'] | undefined {
  const fd = openBelow(root, path, O_PATH);
  if (fd === undefined) return undefined;
  try {
    return statusOf(fd).format;
  } finally {
    closeSync(fd);
  }
}

/**
 * `KEY=VALUE` and `KEY='VALUE'` lines. Lines of another form are left out, and of several lines with
 * one key the last counts, as for the shells and programs that read such files.
 */
export function parseKeyValue(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, key, value] = /^\s*([A-Za-z_][\w.-]*)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    values.set(key, /^'.*'$/.test(value) ? value.slice(1, -1) : value);
  }
  return values;
}

/** Why a panel's file is not used. */
export function unusable(path: string, reason: string, cause?: unknown): AppError {
  const message = `${JSON.stringify(path)} was not used: ${reason}.`;
  return new AppError('source', 'accounts.panel-file', message, { cause });
}

/** Thrown by parsers of a file's text: why the whole of it is not used. */
export class Malformed extends Error {}

async function readAll(fd: number, path: string): Promise<Buffer> {
  // One byte more than may be read tells whether the file has grown meanwhile.
  const buffer = Buffer.alloc(Math.min(statusOf(fd).sizeBytes, MAX_FILE_BYTES) + 1);
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await readBytes(fd, buffer, filled, buffer.length - filled, null);
    if (bytesRead === 0) return buffer.subarray(0, filled);
    filled += bytesRead;
  }
  throw unusable(path, 'it grew while it was read');
}

/** undefined when there is no such thing. */
function openBelow(root: string, path: string, flags: number): number | undefined {
  try {
    return openTrusted(root, path, flags)?.fd;
  } catch (error) {
    if (error instanceof UntrustedPath) throw unusable(path, error.message, error.cause);
    throw error;
  }
}
