/** What a folder on the server holds, several pages under way at once. */
import type { FileEntryWithStats, Stats } from 'ssh2';
import { isKeySegment, isTemporaryName } from '../keys.js';
import { lstatIfThere } from './remote-place.js';
import { hasStatus, STATUS } from './sftp-errors.js';
import type { SftpSession } from './sftp-session.js';

/** OpenSSH sends 100 names a page: one at a time would take for ever over a long line. */
const PAGES_IN_FLIGHT = 8;

export interface RemoteEntry {
  name: string;
  kind: 'file' | 'folder' | 'temporary';
  sizeBytes: number;
  modifiedAt: Date;
}

/** Files, folders and temporaries, in no order; whatever else lies there is passed over. Undefined
 * when the folder is gone. */
export async function listFolder(
  session: SftpSession,
  path: string,
): Promise<RemoteEntry[] | undefined> {
  let handle: Buffer;
  try {
    handle = await session.opendir(path);
  } catch (error) {
    if (hasStatus(error, STATUS.noSuchFile)) return undefined;
    throw error;
  }
  try {
    const raw = await readPages(session, handle);
    const entries = await Promise.all(raw.map((entry) => entryOf(session, path, entry)));
    return entries.filter((entry) => entry !== undefined);
  } finally {
    session.close(handle).catch(() => undefined);
  }
}

/** All names in a folder; none when there is no such folder. */
export async function listNames(session: SftpSession, path: string): Promise<string[]> {
  let handle: Buffer;
  try {
    handle = await session.opendir(path);
  } catch (error) {
    if (hasStatus(error, STATUS.noSuchFile)) return [];
    throw error;
  }
  try {
    const names = (await readPages(session, handle)).map(({ filename }) => filename);
    return names.filter((name) => name !== '.' && name !== '..');
  } finally {
    session.close(handle).catch(() => undefined);
  }
}

async function readPages(session: SftpSession, handle: Buffer): Promise<FileEntryWithStats[]> {
  const entries: FileEntryWithStats[] = [];
  // Two are enough for a folder of one page: the page and the end.
  for (let width = 2; ; width = PAGES_IN_FLIGHT) {
    const asked = Array.from({ length: width }, () => nextPage(session, handle));
    const pages = await Promise.all(asked);
    for (const page of pages) if (page !== undefined) entries.push(...page);
    if (pages.includes(undefined)) return entries;
  }
}

/** Undefined at the end. */
async function nextPage(
  session: SftpSession,
  handle: Buffer,
): Promise<FileEntryWithStats[] | undefined> {
  try {
    return await session.readdir(handle);
  } catch (error) {
    if (hasStatus(error, STATUS.endOfFile)) return undefined;
    throw error;
  }
}

async function entryOf(
  session: SftpSession,
  path: string,
  { filename: name, attrs }: FileEntryWithStats,
): Promise<RemoteEntry | undefined> {
  const isTemporary = isTemporaryName(name);
  if (!isTemporary && !isKeySegment(name)) return undefined;
  // Servers may leave out what was not asked for.
  const isTold = (attrs.mode as number | undefined) !== undefined;
  const found = isTold ? attrs : await lstatIfThere(session, `${path}/${name}`);
  if (found === undefined) return undefined;
  if (found.isFile()) {
    return { name, kind: isTemporary ? 'temporary' : 'file', ...sizeAndTime(found) };
  }
  if (isTemporary || !found.isDirectory()) return undefined;
  return { name, kind: 'folder', ...sizeAndTime(found) };
}

export function sizeAndTime({ size, mtime }: Stats): { sizeBytes: number; modifiedAt: Date } {
  return { sizeBytes: size, modifiedAt: new Date(mtime * 1000) };
}
