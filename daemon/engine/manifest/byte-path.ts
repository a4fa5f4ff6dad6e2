/**
 * Paths as bytes. A `BytePath` holds one byte per character (latin1), so that names which are not
 * UTF-8 survive unchanged; conversions to and from text live here and nowhere else.
 */
import type { BytePath } from './entry.js';

// eslint-disable-next-line no-control-regex -- all of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/;
const REFERENCE_PREFIX = 'base64:';
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function toBytes(path: BytePath): Buffer {
  return Buffer.from(path, 'latin1');
}

export function fromBytes(bytes: Uint8Array): BytePath {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** UTF-8 text to the bytes it stands for. */
export function fromText(text: string): BytePath {
  return ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The text, or undefined when the bytes are not UTF-8. */
export function toText(path: BytePath): string | undefined {
  if (ASCII.test(path)) return path;
  try {
    return decoder.decode(toBytes(path));
  } catch {
    return undefined;
  }
}

/**
 * For people: the text with control characters and bytes that are not UTF-8 written as `\xHH`.
 * Not reversible; `pathReference` is.
 */
export function displayPath(path: BytePath): string {
  const text = toText(path);
  const escapeByte = (char: string): string =>
    '\\x' + char.charCodeAt(0).toString(16).padStart(2, '0');
  if (text === undefined) {
    // eslint-disable-next-line no-control-regex -- exactly these are dangerous on a terminal
    return path.replace(/[\x00-\x1f\x7f-\xff]/g, escapeByte);
  }
  return (
    text
      // eslint-disable-next-line no-control-regex -- exactly these are dangerous on a terminal
      .replace(/[\x00-\x1f\x7f-\x9f]/g, escapeByte)
      .replace(
        /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
        (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
  );
}

/** How the API, the command line and links name a path: its text, or `base64:…` of its bytes. */
export function pathReference(path: BytePath): string {
  return toText(path) ?? REFERENCE_PREFIX + toBytes(path).toString('base64');
}

/** The inverse of `pathReference`, without leading and trailing slashes. */
export function parsePathReference(reference: string): BytePath {
  const path = reference.startsWith(REFERENCE_PREFIX)
    ? fromBytes(Buffer.from(reference.slice(REFERENCE_PREFIX.length), 'base64'))
    : fromText(reference);
  return path.replace(/^\/+|\/+$/g, '');
}

/** Directory part; '' for a top-level name. */
export function parentOf(path: BytePath): BytePath {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

export function nameOf(path: BytePath): BytePath {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether `path` is `ancestor` or below it; '' is above everything. */
export function isAtOrBelow(path: BytePath, ancestor: BytePath): boolean {
  return ancestor === '' || path === ancestor || path.startsWith(ancestor + '/');
}

/** Directories in the order in which a walk visits them: component by component, parents first. */
export function compareDirectories(a: BytePath, b: BytePath): number {
  // U+0000 sorts below every byte a name can hold.
  const [left, right] = [a.replaceAll('/', '\0'), b.replaceAll('/', '\0')];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Nearly always, of two entries that follow each other. */
function haveSameParent(a: BytePath, b: BytePath): boolean {
  const slash = a.lastIndexOf('/');
  return b.lastIndexOf('/') === slash && (slash === -1 || b.startsWith(a.slice(0, slash)));
}

/**
 * Manifest order: by directory, then by name. A directory's entries lie together, and a directory
 * comes before what it holds. `dir/` (an empty name) stands for the place where the entries of
 * `dir` begin. Negative when a comes first.
 */
export function comparePaths(a: BytePath, b: BytePath): number {
  if (haveSameParent(a, b)) return a === b ? 0 : a < b ? -1 : 1;
  const order = compareDirectories(parentOf(a), parentOf(b));
  if (order !== 0) return order;
  const [left, right] = [nameOf(a), nameOf(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
