/**
 * Entries as lines of a manifest page. Reading is strict: pages come from a place that others may
 * write to, and what passes here is trusted to be a plain relative path of sane values.
 * The format is specified in ../FORMAT.md.
 */
import { AppError } from '../../platform/errors.js';
import { nanosecondsOf, type FileStatus, type Instant } from '../../platform/file-status.js';
import { decimalSeconds } from '../archive/tar-header.js';
import { fromBytes, fromText, toBytes, toText } from './byte-path.js';
import type {
  BytePath,
  ContentPlace,
  Entry,
  EntryProblem,
  EntryType,
  ExtendedAttribute,
} from './entry.js';

const TYPES: ReadonlySet<string> = new Set<EntryType>([
  'file', 'directory', 'symlink', 'fifo', 'socket', 'character-device', 'block-device',
]); // prettier-ignore
const PROBLEMS: ReadonlySet<string> = new Set<EntryProblem['code']>([
  'unreadable', 'vanished', 'shrank', 'grew', 'changed', 'replaced',
]); // prettier-ignore
const MAX_ID = 0xffffffff;
/** What JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

type Json = Record<string, unknown>;

/** A byte string under `key` when it is UTF-8, else base64 under `keyBase64`. */
function putBytes(json: Json, key: string, value: BytePath): void {
  const text = toText(value);
  if (text === undefined) json[`${key}Base64`] = toBytes(value).toString('base64');
  else json[key] = text;
}

/** The line of an entry without `data` and without its closing brace: the one who knows where the
 * content lies adds it with `closeLine`. Every file of every backup passes here: its beginning, which is
 * all that most have, is put together by hand, in a fifth of the time of JSON.stringify. */
export function openLine(entry: Entry): string {
  const [mtime, ctime] = [decimalSeconds(entry.mtimeNs), decimalSeconds(entry.ctimeNs)];
  const head = headOf(entry, mtime, ctime);
  const rest = JSON.stringify(optionalFields(entry));
  return rest === '{}' ? head : `${head},${rest.slice(1, -1)}`;
}

/** What the line of a regular file begins with, as far as it is known without opening it. */
export function openFileLine(status: FileStatus, path: BytePath, sizeBytes: number): string {
  const { mode, uid, gid, inode, mtime, ctime } = status;
  const file = { path, type: 'file', mode, uid, gid, sizeBytes, inode } as const;
  return headOf(file, instantText(mtime), instantText(ctime));
}

type Head = Pick<Entry, 'path' | 'type' | 'mode' | 'uid' | 'gid' | 'sizeBytes'> & {
  inode: number | bigint;
};

function headOf(entry: Head, mtime: string, ctime: string): string {
  const { path, type, mode, uid, gid, inode } = entry;
  const size = type === 'file' ? `,"size":${entry.sizeBytes}` : '';
  return `{${pathField(path)},"type":"${type}","mode":${mode},"uid":${uid},"gid":${gid}${size},"mtime":"${mtime}","ctime":"${ctime}","inode":"${inode}"`;
}

function instantText(instant: Instant): string {
  const { seconds, nanoseconds } = instant;
  if (seconds < 0) return decimalSeconds(nanosecondsOf(instant));
  return `${seconds}.${nanoseconds.toString().padStart(9, '0')}`;
}

function pathField(path: BytePath): string {
  if (PLAIN.test(path)) return `"path":"${path}"`;
  const json: Json = {};
  putBytes(json, 'path', path);
  return JSON.stringify(json).slice(1, -1);
}

function optionalFields(entry: Entry): Json {
  const json: Json = {};
  if (entry.hardLink !== undefined) putBytes(json, 'hardLink', entry.hardLink);
  if (entry.target !== undefined) putBytes(json, 'target', entry.target);
  if (entry.device !== undefined) json['device'] = [entry.device.major, entry.device.minor];
  if (entry.xattrs !== undefined) {
    json['xattrs'] = entry.xattrs.map(({ name, value }) => {
      const attribute: Json = {};
      putBytes(attribute, 'name', name);
      attribute['value'] = Buffer.from(value).toString('base64');
      return attribute;
    });
  }
  if (entry.sparse !== undefined) json['sparse'] = entry.sparse;
  if (entry.sha256 !== undefined) json['sha256'] = entry.sha256;
  if (entry.excludedBy !== undefined) json['excludedBy'] = entry.excludedBy;
  if (entry.problem !== undefined) json['problem'] = entry.problem;
  return json;
}

export function closeLine(
  openedLine: string,
  content: ContentPlace | undefined,
  archive: string,
): string {
  if (content === undefined) return `${openedLine}}\n`;
  const { offset, length, skip } = content;
  return `${openedLine},"data":{"archive":"${archive}","offset":${offset},"length":${length},"skip":${skip}}}\n`;
}

export function entryToLine(entry: Entry): string {
  return closeLine(openLine(entry), entry.data, entry.data?.archive ?? '');
}

function malformed(what: string): AppError {
  return new AppError('integrity', 'manifest.malformed', `The manifest is damaged: ${what}.`);
}

function getBytes(json: Json, key: string): BytePath | undefined {
  const text = json[key];
  if (typeof text === 'string') return fromText(text);
  const encoded = json[`${key}Base64`];
  if (typeof encoded === 'string') return fromBytes(Buffer.from(encoded, 'base64'));
  return undefined;
}

/** A plain relative path: no empty, `.` or `..` component, no NUL, no leading slash. */
export function isPlainPath(path: BytePath): boolean {
  return (
    path !== '' &&
    !path.includes('\0') &&
    path.split('/').every((name) => name !== '' && name !== '.' && name !== '..')
  );
}

function getPath(json: Json, key: string): BytePath | undefined {
  const path = getBytes(json, key);
  if (path !== undefined && !isPlainPath(path)) {
    throw malformed('a path is not a plain relative path');
  }
  return path;
}

function integer(value: unknown, max: number, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) {
    throw malformed(`${what} is not a number from 0 to ${max}`);
  }
  return value;
}

function nanoseconds(value: unknown): bigint {
  const match = typeof value === 'string' ? /^(-?)(\d{1,19})\.(\d{9})$/.exec(value) : null;
  if (match === null) throw malformed('a time is not seconds with nine decimals');
  const absolute = BigInt(match[2] ?? '0') * 1_000_000_000n + BigInt(match[3] ?? '0');
  return match[1] === '-' ? -absolute : absolute;
}

/** Throws `manifest.malformed` for anything FORMAT.md does not allow. */
export function parseLine(line: string): Entry {
  let json: Json;
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) throw new Error('no object');
    json = parsed as Json;
  } catch (error) {
    throw new AppError('integrity', 'manifest.malformed', 'The manifest is damaged: a line is no JSON object.', { cause: error }); // prettier-ignore
  }
  const path = getPath(json, 'path');
  const type = json['type'];
  if (path === undefined) throw malformed('an entry has no path');
  if (typeof type !== 'string' || !TYPES.has(type)) throw malformed('an entry has no known type');
  const entry: Entry = {
    path,
    type: type as EntryType,
    mode: integer(json['mode'], 0o7777, 'a mode'),
    uid: integer(json['uid'], MAX_ID, 'a uid'),
    gid: integer(json['gid'], MAX_ID, 'a gid'),
    sizeBytes: integer(json['size'] ?? 0, Number.MAX_SAFE_INTEGER, 'a size'),
    mtimeNs: nanoseconds(json['mtime']),
    ctimeNs: nanoseconds(json['ctime']),
    inode: parseInode(json['inode']),
  };
  addContent(entry, json);
  addOptional(entry, json);
  return entry;
}

function parseInode(value: unknown): bigint {
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) {
    throw malformed('an inode is no number');
  }
  return BigInt(value);
}

function addContent(entry: Entry, json: Json): void {
  const sha256 = json['sha256'];
  if (sha256 !== undefined) {
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
      throw malformed('a SHA-256 is not 64 hex digits');
    }
    entry.sha256 = sha256;
  }
  if (json['sparse'] !== undefined) entry.sparse = parseSparse(json['sparse'], entry.sizeBytes);
  const data = json['data'];
  if (data === undefined) return;
  if (typeof data !== 'object' || data === null) throw malformed('a data location is no object');
  const { archive, offset, length, skip } = data as Json;
  if (typeof archive !== 'string' || !/^[A-Za-z0-9-]{1,80}\.tar(\.gz)?$/.test(archive)) {
    throw malformed('an archive has no plain name');
  }
  const max = Number.MAX_SAFE_INTEGER;
  entry.data = {
    archive,
    offset: integer(offset, max, 'an offset'),
    length: integer(length, max, 'a length'),
    skip: integer(skip, max, 'a skip'),
  };
}

function parseSparse(value: unknown, sizeBytes: number): [number, number][] {
  if (!Array.isArray(value)) throw malformed('a sparse map is no list');
  let end = 0;
  return value.map((pair: unknown) => {
    const [offset, length] = Array.isArray(pair) ? (pair as unknown[]) : [];
    const extent: [number, number] = [
      integer(offset, sizeBytes, 'an extent'),
      integer(length, sizeBytes, 'an extent'),
    ];
    if (extent[0] < end || extent[0] + extent[1] > sizeBytes) {
      throw malformed('the extents of a sparse file overlap or lie outside');
    }
    end = extent[0] + extent[1];
    return extent;
  });
}

function addOptional(entry: Entry, json: Json): void {
  const hardLink = getPath(json, 'hardLink');
  if (hardLink !== undefined) entry.hardLink = hardLink;
  if (json['device'] !== undefined) {
    const [major, minor] = Array.isArray(json['device']) ? (json['device'] as unknown[]) : [];
    entry.device = {
      major: integer(major, MAX_ID, 'a device number'),
      minor: integer(minor, MAX_ID, 'a device number'),
    };
  }
  if (json['xattrs'] !== undefined) entry.xattrs = parseXattrs(json['xattrs']);
  if (typeof json['excludedBy'] === 'string') entry.excludedBy = json['excludedBy'];
  addProblem(entry, json['problem']);
  addTarget(entry, json);
}

function addProblem(entry: Entry, problem: unknown): void {
  if (typeof problem === 'object' && problem !== null) {
    const { code, message } = problem as Json;
    if (typeof code !== 'string' || !PROBLEMS.has(code) || typeof message !== 'string') {
      throw malformed('a problem is not one of the known ones');
    }
    entry.problem = { code: code as EntryProblem['code'], message };
  }
}

/** A symlink that was left out, or could not be read, has none. */
function addTarget(entry: Entry, json: Json): void {
  const target = getBytes(json, 'target');
  if (target === '' || target?.includes('\0') === true) throw malformed('a link target is no path');
  if (target !== undefined) entry.target = target;
  const mayLack = entry.excludedBy !== undefined || entry.problem !== undefined;
  if (entry.type === 'symlink' && target === undefined && !mayLack) {
    throw malformed('a symlink has no target');
  }
}

function parseXattrs(value: unknown): ExtendedAttribute[] {
  if (!Array.isArray(value)) throw malformed('xattrs are no list');
  return value.map((item: unknown) => {
    const json = (typeof item === 'object' && item !== null ? item : {}) as Json;
    const name = getBytes(json, 'name');
    if (
      name === undefined ||
      name === '' ||
      name.includes('\0') ||
      typeof json['value'] !== 'string'
    ) {
      throw malformed('an xattr has no name or value');
    }
    return { name, value: Buffer.from(json['value'], 'base64') };
  });
}
