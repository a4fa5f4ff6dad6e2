/**
 * Whether two trees are the same in everything a backup promises to keep. The looking is done by
 * tree_snapshot.py, which shares nothing with the engine; here the answers are put into words.
 *
 * Not compared: inode numbers, access and change times, sizes of directories.
 */
import { runPython } from './run-python.js';

export interface TreeEntry {
  /** One character for each byte; '' is the top itself. */
  path: string;
  type: 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'character-device' | 'block-device';
  mode: number;
  uid: number;
  gid: number;
  /** Nanoseconds since 1970. */
  mtime: string;
  /** Name to value in hex; ACLs and capabilities among them. */
  xattrs: Record<string, string>;
  size?: number;
  /** Digest of what is not zero and where; the same however holes are kept. */
  content?: string;
  /** [start, end] of every run of data: what is between them is holes. */
  extents?: [number, number][];
  target?: string;
  device?: string;
  /** The first path that is the same inode. */
  group?: string;
}

export type TreeSnapshot = Map<string, TreeEntry>;

export type Attribute = Exclude<keyof TreeEntry, 'path'>;

export interface CompareOptions {
  /** What may differ. */
  ignore?: Attribute[];
  /** Entries that are not looked at, on either side; nor is what is below them. */
  skip?: (entry: TreeEntry) => boolean;
}

const ATTRIBUTES: Attribute[] = [
  'type',
  'mode',
  'uid',
  'gid',
  'mtime',
  'size',
  'content',
  'extents',
  'target',
  'device',
  'group',
  'xattrs',
];

export async function snapshotOfTree(directory: string): Promise<TreeSnapshot> {
  const entries = JSON.parse(await runPython('tree_snapshot.py', [directory])) as TreeEntry[];
  return new Map(entries.map((entry) => [entry.path, entry]));
}

/** Every difference between the trees at `before` and `after`, in words; none when they are equal. */
export async function compareTrees(
  before: string,
  after: string,
  options: CompareOptions = {},
): Promise<string[]> {
  return compareSnapshots(await snapshotOfTree(before), await snapshotOfTree(after), options);
}

export function compareSnapshots(
  before: TreeSnapshot,
  after: TreeSnapshot,
  options: CompareOptions = {},
): string[] {
  const left = withoutSkipped(before, options);
  const right = withoutSkipped(after, options);
  const attributes = ATTRIBUTES.filter((attribute) => !options.ignore?.includes(attribute));
  const differences: string[] = [];
  for (const [path, entry] of left) {
    const other = right.get(path);
    if (other === undefined) differences.push(`${show(path)}: missing (${entry.type})`);
    else differences.push(...entryDifferences(entry, other, attributes));
  }
  for (const [path, entry] of right) {
    if (!left.has(path)) differences.push(`${show(path)}: should not be there (${entry.type})`);
  }
  return differences;
}

/** Without what is skipped, and with hard-link groups named after a member that remains. */
function withoutSkipped(snapshot: TreeSnapshot, options: CompareOptions): TreeSnapshot {
  const { skip } = options;
  if (skip === undefined) return snapshot;
  const kept: TreeSnapshot = new Map();
  const skippedDirectories: string[] = [];
  const groupNames = new Map<string, string>();
  for (const [path, entry] of snapshot) {
    if (skippedDirectories.some((directory) => path.startsWith(directory))) continue;
    if (skip(entry)) {
      if (path !== '' && entry.type === 'directory') skippedDirectories.push(`${path}/`);
      continue;
    }
    if (entry.group === undefined) {
      kept.set(path, entry);
      continue;
    }
    if (!groupNames.has(entry.group)) groupNames.set(entry.group, path);
    kept.set(path, { ...entry, group: groupNames.get(entry.group) ?? path });
  }
  return kept;
}

function entryDifferences(entry: TreeEntry, other: TreeEntry, attributes: Attribute[]): string[] {
  if (entry.type !== other.type && attributes.includes('type')) {
    return [`${show(entry.path)}: type is ${other.type}, was ${entry.type}`];
  }
  const differences: string[] = [];
  for (const attribute of attributes) {
    const [is, was] = [inWords(other, attribute), inWords(entry, attribute)];
    if (is !== was) differences.push(`${show(entry.path)}: ${attribute} is ${is}, was ${was}`);
  }
  return differences;
}

function inWords(entry: TreeEntry, attribute: Attribute): string {
  if (attribute === 'mode') return entry.mode.toString(8).padStart(4, '0');
  const value = entry[attribute];
  if (value === undefined) return 'none';
  return typeof value === 'object' ? JSON.stringify(value) : show(String(value));
}

/** Harmless on a terminal, and short. */
function show(path: string): string {
  if (path === '') return '(top)';
  const safe = path.replace(/[^ -~]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return safe.length <= 160 ? safe : `${safe.slice(0, 80)}…${safe.slice(-80)}`;
}
