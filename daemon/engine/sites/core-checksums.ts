/**
 * Checksums of WordPress releases that an admin keeps: one file for each, `VERSION-LOCALE.json`, as
 * api.wordpress.org/core/checksums/1.0 answers. Nobody but root and the daemon's user may be able to
 * change them, for what they name is not stored.
 */
import { lstat, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { AppError, errnoOf } from '../../platform/errors.js';

const MAX_BYTES = 4 * 1024 * 1024;
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;
const VERSION = /^\d[0-9A-Za-z.-]{0,30}$/;
const LOCALE = /^[A-Za-z]{2,3}(?:_[A-Za-z0-9]{2,12}){0,2}$/;

const release = z.object({ checksums: z.record(z.string(), z.string().regex(/^[0-9a-f]{32}$/)) });
/** Of the release itself: what a site adds or changes lies in `wp-content` and `wp-config.php`. */
const CORE_FILE = /^(?:(?:wp-admin|wp-includes)\/.+|[^/]+)$/;

/** MD5, hex, of each core file by its path in the site. Undefined: there is no file for the release. */
export async function readCoreChecksums(
  directory: string,
  version: string,
  locale: string,
): Promise<Map<string, string> | undefined> {
  if (!VERSION.test(version) || !LOCALE.test(locale)) return undefined;
  const path = join(directory, `${version}-${locale}.json`);
  let text: string;
  try {
    await requireTrusted(path);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const { checksums } = release.parse(JSON.parse(text));
  return new Map(Object.entries(checksums).filter(([name]) => isCoreFile(name)));
}

function isCoreFile(name: string): boolean {
  const parts = name.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return false;
  return name !== 'wp-config.php' && CORE_FILE.test(name);
}

/** The file and every folder above it. A folder like /tmp lets nobody change what is root's. */
async function requireTrusted(path: string): Promise<void> {
  for (let at = path; ; at = dirname(at)) {
    const { uid, mode, size, ...stats } = await lstat(at).then((found) => ({
      ...{ uid: found.uid, mode: found.mode, size: found.size },
      ...{ isFile: found.isFile(), isFolder: found.isDirectory() },
    }));
    const isKind = at === path ? stats.isFile && size <= MAX_BYTES : stats.isFolder;
    const isSticky = stats.isFolder && uid === 0 && (mode & STICKY) !== 0;
    const isOurs = uid === 0 || uid === process.geteuid?.();
    if (!isKind || !isOurs || ((mode & WRITABLE_BY_OTHERS) !== 0 && !isSticky)) {
      const message = `${at} is not used: it must be a plain file or folder of root's that nobody else can change.`;
      throw new AppError('source', 'checksums.untrusted', message);
    }
    if (at === '/') return;
  }
}
