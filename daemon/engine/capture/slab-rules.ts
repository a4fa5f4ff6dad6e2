/**
 * Where an archive is cut into slabs (gzip members when compressed). Boundaries depend on paths, so
 * that a file more or less does not move all that follow.
 */
import type { BytePath } from '../manifest/entry.js';

export const SLAB_MIN_BYTES = 256 * 1024;
export const SLAB_TARGET_BYTES = 1536 * 1024;
export const SLAB_MAX_BYTES = 2 * 1024 * 1024;
/** One path in so many ends a slab that is large enough. */
const BOUNDARY_ODDS = 48;
/** Smaller files are not worth a member of their own class. */
const CLASS_MIN_BYTES = 32 * 1024;

const INCOMPRESSIBLE = new Set(
  (
    '7z aac apk avi avif br bz2 docx epub flac flv gif gz heic jar jpeg jpg lz4 lzma m4a m4v mkv mov mp3 mp4 ' +
    'mpeg mpg odt ogg opus png pptx rar tbz2 tgz txz wav webm webp wma wmv woff woff2 xlsx xz zip zst'
  ).split(' '),
);

/** Of an incremental snapshot. */
const MIN_ARCHIVE_BYTES = 16 * 1024 * 1024;

/**
 * How large the next archive of an incremental snapshot gets. An archive is given up as a whole, so
 * none is much more than an eighth of what was stored: few, and no single one is worth much.
 */
export function incrementalArchiveBytes(storedBefore: number): number {
  return Math.max(MIN_ARCHIVE_BYTES, Math.floor(storedBefore / 8));
}

/** FNV-1a over the path's bytes. */
export function pathHash(path: BytePath): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < path.length; i += 1) {
    value = Math.imul(value ^ path.charCodeAt(i), 0x01000193);
  }
  return value >>> 0;
}

export function isBoundary(path: BytePath): boolean {
  return pathHash(path) % BOUNDARY_ODDS === 0;
}

/** By its name; a trial on the content has the last word. */
export function isLikelyIncompressible(name: BytePath, sizeBytes: number): boolean {
  if (sizeBytes < CLASS_MIN_BYTES) return false;
  const dot = name.lastIndexOf('.');
  return dot > 0 && INCOMPRESSIBLE.has(name.slice(dot + 1).toLowerCase());
}
