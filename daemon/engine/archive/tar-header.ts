/**
 * The tar bytes in front of an entry's content: a ustar header, preceded by a pax extended header
 * for what ustar cannot say (POSIX.1-2001; xattrs and ACLs as star and GNU tar write them; holes in
 * GNU's sparse format 1.0). A pure function of the manifest entry, so that verification can compute
 * what must stand in an archive.
 *
 * User and group names are left empty: numbers are what a hosting server means.
 */
import { nameOf, toText } from '../manifest/byte-path.js';
import type { BytePath, Entry, ExtendedAttribute } from '../manifest/entry.js';
import { aclToText } from './posix-acl.js';

export const BLOCK = 512;
export const END_OF_ARCHIVE = Buffer.alloc(2 * BLOCK);

const MAX_OCTAL_7 = 0o7777777;
const MAX_OCTAL_11 = 0o77777777777;
const NAME_BYTES = 100;
const SECOND = 1_000_000_000n;

const TYPE_FLAGS: Record<Entry['type'], string | undefined> = {
  file: '0',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
  socket: undefined, // tar has no sockets: they stand in the manifest only
};

/** Whether the entry stands in an archive at all. */
export function isInTar(entry: Entry): boolean {
  return (
    entry.excludedBy === undefined && TYPE_FLAGS[entry.type] !== undefined && !isMissing(entry)
  );
}

/** Whether nothing of the entry was stored. Directories and hard links need no reading: their
 * headers always are. */
function isMissing(entry: Entry): boolean {
  if (entry.type === 'directory' || entry.hardLink !== undefined) return false;
  const code = entry.problem?.code;
  return code === 'unreadable' || code === 'vanished' || code === 'replaced';
}

/** How many content bytes follow the header: the extents of a sparse file, else the size. */
export function storedContentBytes(entry: Entry): number {
  if (entry.type !== 'file' || entry.hardLink !== undefined) return 0;
  if (entry.sparse === undefined) return entry.sizeBytes;
  return entry.sparse.reduce((sum, [, length]) => sum + length, 0);
}

export function paddingFor(bytes: number): number {
  return (BLOCK - (bytes % BLOCK)) % BLOCK;
}

/** Everything in front of the content, the sparse map included. */
export function tarHeader(entry: Entry): Buffer {
  const map = entry.sparse === undefined ? undefined : sparseMap(entry.sparse, entry.sizeBytes);
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const size = entry.type === 'file' ? storedContentBytes(entry) + (map?.length ?? 0) : 0;
  const records = paxRecords(entry, path, size);
  const ustar = ustarHeader({
    name: map === undefined ? path : `GNUSparseFile.0/${nameOf(entry.path)}`,
    flag: entry.hardLink === undefined ? (TYPE_FLAGS[entry.type] ?? '0') : '1',
    link: entry.hardLink ?? entry.target ?? '',
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size,
    mtime: entry.mtimeNs < 0n ? 0 : Number(entry.mtimeNs / SECOND),
    device: entry.device,
  });
  const parts = records === '' ? [ustar] : [...paxBlocks(records, entry), ustar];
  if (map !== undefined) parts.push(map);
  return parts.length === 1 ? ustar : Buffer.concat(parts);
}

function paxBlocks(records: string, entry: Entry): Buffer[] {
  const body = Buffer.alloc(records.length + paddingFor(records.length));
  body.write(records, 'latin1');
  const header = ustarHeader({
    name: `PaxHeaders/${nameOf(entry.path)}`,
    flag: 'x',
    link: '',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: records.length,
    mtime: 0,
    device: undefined,
  });
  return [header, body];
}

function paxRecords(entry: Entry, path: BytePath, size: number): string {
  let records = nameRecords(entry, path);
  if (size > MAX_OCTAL_11) records += paxRecord('size', String(size));
  if (entry.uid > MAX_OCTAL_7) records += paxRecord('uid', String(entry.uid));
  if (entry.gid > MAX_OCTAL_7) records += paxRecord('gid', String(entry.gid));
  const hasPlainTime = entry.mtimeNs >= 0n && entry.mtimeNs % SECOND === 0n;
  if (!hasPlainTime || entry.mtimeNs / SECOND > BigInt(MAX_OCTAL_11)) {
    records += paxRecord('mtime', decimalSeconds(entry.mtimeNs));
  }
  for (const attribute of entry.xattrs ?? []) records += attributeRecord(attribute);
  return records;
}

/** Names that are too long for ustar, and the size of a sparse file. */
function nameRecords(entry: Entry, path: BytePath): string {
  const link = entry.hardLink ?? entry.target ?? '';
  const isSparse = entry.sparse !== undefined;
  const longPath = isSparse || path.length > NAME_BYTES ? path : '';
  const longLink = link.length > NAME_BYTES ? link : '';
  const isBinary = toText(longPath) === undefined || toText(longLink) === undefined;
  let records = isBinary ? paxRecord('hdrcharset', 'BINARY') : '';
  if (isSparse) {
    records += paxRecord('GNU.sparse.major', '1') + paxRecord('GNU.sparse.minor', '0');
    records += paxRecord('GNU.sparse.name', path);
    records += paxRecord('GNU.sparse.realsize', String(entry.sizeBytes));
  } else if (longPath !== '') {
    records += paxRecord('path', path);
  }
  return longLink === '' ? records : records + paxRecord('linkpath', longLink);
}

function attributeRecord({ name, value }: ExtendedAttribute): string {
  if (name === 'system.posix_acl_access') return paxRecord('SCHILY.acl.access', aclToText(value));
  if (name === 'system.posix_acl_default') return paxRecord('SCHILY.acl.default', aclToText(value));
  // GNU tar's escapes: a record's key ends at its first '='.
  const keyword = name.replaceAll('%', '%25').replaceAll('=', '%3D');
  return paxRecord(`SCHILY.xattr.${keyword}`, value.toString('latin1'));
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/** Nanoseconds as `[-]seconds.fraction`. */
export function decimalSeconds(ns: bigint): string {
  const digits = (ns < 0n ? -ns : ns).toString().padStart(10, '0');
  return `${ns < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** GNU sparse 1.0: the extents as decimal lines, closed by an empty one at the file's end. */
function sparseMap(extents: [number, number][], sizeBytes: number): Buffer {
  const closed: [number, number][] = [...extents];
  const last = extents.at(-1);
  if (last === undefined || last[0] + last[1] < sizeBytes) closed.push([sizeBytes, 0]);
  const text = [closed.length, ...closed.flat()].join('\n') + '\n';
  const map = Buffer.alloc(text.length + paddingFor(text.length));
  map.write(text, 'latin1');
  return map;
}

interface UstarFields {
  name: BytePath;
  flag: string;
  link: BytePath;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtime: number;
  device: { major: number; minor: number } | undefined;
}

function ustarHeader(fields: UstarFields): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(fields.name.slice(0, NAME_BYTES), 0, 'latin1');
  octal(header, 100, 7, fields.mode);
  octal(header, 108, 7, fields.uid > MAX_OCTAL_7 ? 0 : fields.uid);
  octal(header, 116, 7, fields.gid > MAX_OCTAL_7 ? 0 : fields.gid);
  octal(header, 124, 11, fields.size > MAX_OCTAL_11 ? 0 : fields.size);
  octal(header, 136, 11, fields.mtime > MAX_OCTAL_11 ? 0 : fields.mtime);
  header.write(fields.flag, 156, 'latin1');
  header.write(fields.link.slice(0, NAME_BYTES), 157, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  if (fields.device !== undefined) {
    octal(header, 329, 7, fields.device.major);
    octal(header, 337, 7, fields.device.minor);
  }
  header.fill(0x20, 148, 156);
  let sum = 0;
  for (let i = 0; i < BLOCK; i += 1) sum += header[i] as number;
  octal(header, 148, 6, sum);
  header[154] = 0;
  return header;
}

function octal(header: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i -= 1) {
    header[i] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}
