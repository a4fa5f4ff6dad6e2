/**
 * Walks a hostile home in manifest order. Every directory is opened beneath the home without
 * following a link; names are looked at through its descriptor; nothing is opened here but
 * directories. Regular files are handed on by name, for the threads to open.
 */
import { closeSync, constants, readdirSync, readlinkSync } from 'node:fs';
import { openBeneath } from '../../platform/beneath.js';
import { errnoOf } from '../../platform/errors.js';
import { getAttributes, getAttributesOfPath } from '../../platform/extended-attributes.js';
import { statusAt, statusOf, type FileStatus } from '../../platform/file-status.js';
import { nameOf } from '../manifest/byte-path.js';
import { isEntered, type BytePath, type Entry, type EntryProblem } from '../manifest/entry.js';
import type { SourcePlace } from './source-folders.js';
import { isTemporaryName } from '../restore/leftovers.js';
import { MARKER_NAMES, type ExcludeMatcher } from './excludes.js';
import { describe, isForbiddenLink, openProblem, sizeOf, type LinkRule } from './file-reading.js';

const DIRECTORY_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

const MOUNT_POINT = 'mount point';
/** Every entry repeats its path: a tree that is deep without end would make a manifest without end. */
export const MAX_PATH_BYTES = 32 * 1024;
const TOO_DEEP: EntryProblem = {
  code: 'unreadable',
  message: `lies too deep: what is below a path of more than ${MAX_PATH_BYTES} bytes is not stored`,
};

export interface WalkOptions extends LinkRule {
  homeFd: number;
  /** The home's own entry; its path is the home's place in the snapshot. */
  home: Entry;
  excludes: ExcludeMatcher;
  crossMounts: boolean;
  /** Only these, whatever markers say: paths relative to the home. What a chosen directory holds is
   * asked for name by name. */
  select?: ((path: BytePath, isDirectory: boolean) => boolean) | undefined;
  /** What is walked is not a home, but lies there. */
  place?: Required<SourcePlace> | undefined;
  /** Files above it are not stored. */
  maxFileBytes?: number | undefined;
}

/** A regular file, for others to open. */
export interface WalkedFile extends SourcePlace {
  kind: 'file';
  name: BytePath;
  /** In the snapshot. */
  path: BytePath;
  sizeBytes: number;
  status: FileStatus;
}

/** A directory outside of the home that is walked by itself. */
export interface WalkedTop {
  path: string;
  /** Open until all that is in it was told. */
  fd: number;
}

/** What the walk found next. */
export type Walked =
  | WalkedFile
  | { kind: 'entry'; entry: Entry }
  /** What follows lies in this directory, whose entry was given before. */
  | { kind: 'enter'; entry: Entry; top?: WalkedTop }
  /** A directory whose entry was already given turned out not to be readable. */
  | { kind: 'lost'; path: BytePath; problem: EntryProblem };

interface Place {
  fd: number;
  /** Relative to the home. */
  directory: BytePath;
}

/** `/proc/self/fd/N/name`: the kernel looks the name up in that very directory. */
function through(fd: number, name: BytePath): string | Buffer {
  const path = `/proc/self/fd/${fd}/${name}`;
  // eslint-disable-next-line no-control-regex -- all of ASCII is meant
  return /^[\x00-\x7f]*$/.test(name) ? path : Buffer.from(path, 'latin1');
}

export class Walk {
  private readonly firstNames = new Map<string, BytePath>();
  private homeDevice = 0;

  constructor(private readonly options: WalkOptions) {}

  *run(): Generator<Walked> {
    const { homeFd } = this.options;
    this.homeDevice = statusOf(homeFd).device;
    const waiting: Entry[] = [this.options.home];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { path } = this.options.home;
      // A top without a place of its own has no header.
      if (next.path !== '') yield { kind: 'enter', entry: next, ...(next === this.options.home && this.top()) }; // prettier-ignore
      const below: Entry[] = [];
      yield* this.visit(path === '' ? next.path : next.path.slice(path.length + 1), below);
      for (let i = below.length - 1; i >= 0; i -= 1) waiting.push(below[i] as Entry);
    }
  }

  private top(): { top: WalkedTop } | undefined {
    const { place, homeFd } = this.options;
    if (place === undefined) return undefined;
    const path = `/${Buffer.from(place.directory, 'latin1').toString('utf8')}`;
    return { top: { path, fd: homeFd } };
  }

  private *visit(directory: BytePath, below: Entry[]): Generator<Walked> {
    let fd: number;
    try {
      const isStayingOnDevice = !this.options.crossMounts;
      fd = openBeneath(this.options.homeFd, directory, DIRECTORY_FLAGS, { isStayingOnDevice });
    } catch (error) {
      yield {
        kind: 'lost',
        path: this.inSnapshot(directory),
        problem: openProblem(errnoOf(error)),
      };
      return;
    }
    try {
      // Through the directory: one that may be listed, but not entered, is lost as a whole.
      statusAt(fd, '.');
      const listed = readdirSync(`/proc/self/fd/${fd}`, { encoding: 'latin1' }).sort();
      // A name that is removed and made again meanwhile may be listed twice.
      const names = listed.filter((name, index) => name !== listed[index - 1]);
      const isMarkerHeeded = this.options.select === undefined;
      const marker = isMarkerHeeded ? names.find((name) => MARKER_NAMES.has(name)) : undefined;
      for (const name of names) {
        const found = this.look({ fd, directory }, name, marker);
        if (found === undefined) continue;
        if (found.kind === 'entry' && isEntered(found.entry)) below.push(found.entry);
        yield found;
      }
    } catch (error) {
      const code = errnoOf(error) ?? 'unknown';
      yield {
        kind: 'lost',
        path: this.inSnapshot(directory),
        problem: { code: 'unreadable', message: `could not be listed (${code})` },
      };
    } finally {
      closeSync(fd);
    }
  }

  private inSnapshot(relative: BytePath): BytePath {
    const { path } = this.options.home;
    if (path === '') return relative;
    return relative === '' ? path : `${path}/${relative}`;
  }

  private look(place: Place, name: BytePath, marker: BytePath | undefined): Walked | undefined {
    const relative = join(place.directory, name);
    const path = this.inSnapshot(relative);
    let status: FileStatus;
    try {
      status = statusAt(place.fd, name);
    } catch (error) {
      // Gone between listing and looking: as if it had gone a moment earlier.
      if (errnoOf(error) === 'ENOENT') return undefined;
      return { kind: 'lost', path, problem: openProblem(errnoOf(error)) };
    }
    const { format } = status;
    if (this.options.select?.(relative, format === 'directory') === false) return undefined;
    const excludedBy = marker ?? this.exclusion(relative, status);
    if (excludedBy !== undefined) {
      return { kind: 'entry', entry: { ...describe(status, path), excludedBy } };
    }
    const earlier = format === 'directory' ? undefined : this.earlierName(status, path);
    if (earlier === undefined && format === 'file') return this.file(place, name, path, status);
    const entry = this.complete(place, name, describe(status, path));
    if (earlier !== undefined) entry.hardLink = earlier;
    return { kind: 'entry', entry };
  }

  private file(place: Place, name: BytePath, path: BytePath, status: FileStatus): Walked {
    const sizeBytes = sizeOf(status);
    const { place: outside, maxFileBytes = Infinity } = this.options;
    if (sizeBytes > maxFileBytes) {
      return { kind: 'entry', entry: { ...describe(status, path), problem: tooLarge(sizeBytes, maxFileBytes) } }; // prettier-ignore
    }
    const { directory } = place;
    const found = { kind: 'file', directory, name, path, sizeBytes, status } as const;
    if (outside === undefined) return found;
    const below = directory === '' ? '' : `/${directory}`;
    return { ...found, directory: `${outside.directory}${below}`, outside: outside.outside };
  }

  private exclusion(relative: BytePath, status: FileStatus): string | undefined {
    const isDirectory = status.format === 'directory';
    if (isDirectory && !this.options.crossMounts && status.device !== this.homeDevice) {
      return MOUNT_POINT;
    }
    if (status.format === 'file' && isForbiddenLink(status, this.options)) {
      return "hard link to someone else's file";
    }
    if (isTemporaryName(nameOf(relative))) return 'left by an interrupted restore';
    return this.options.excludes.match(relative, isDirectory);
  }

  private earlierName(status: FileStatus, path: BytePath): BytePath | undefined {
    if (status.names <= 1) return undefined;
    const key = `${status.device}:${status.inode}`;
    const first = this.firstNames.get(key);
    if (first === undefined) this.firstNames.set(key, path);
    return first;
  }

  /** What stat does not tell: attributes, link target, device number, whether it can be listed. */
  private complete(place: Place, name: BytePath, entry: Entry): Entry {
    try {
      if (entry.type === 'directory') {
        if (entry.path.length > MAX_PATH_BYTES) return { ...entry, problem: TOO_DEEP };
        const isStayingOnDevice = !this.options.crossMounts;
        const fd = openBeneath(place.fd, name, DIRECTORY_FLAGS, { isStayingOnDevice });
        try {
          addAttributes(entry, getAttributes(fd));
        } finally {
          closeSync(fd);
        }
        return entry;
      }
      addAttributes(entry, getAttributesOfPath(`/proc/self/fd/${place.fd}/${name}`));
      if (entry.type === 'symlink') {
        entry.target = readlinkSync(through(place.fd, name), { encoding: 'latin1' });
      }
    } catch (error) {
      // A directory of the same disk mounted here has the home's device number: only the kernel knows.
      if (errnoOf(error) === 'EXDEV') entry.excludedBy = MOUNT_POINT;
      else entry.problem = openProblem(errnoOf(error));
    }
    return entry;
  }
}

export function tooLarge(sizeBytes: number, maxBytes: number): EntryProblem {
  const message = `has ${String(sizeBytes)} bytes, more than the ${String(maxBytes)} that such a file may have`;
  return { code: 'unreadable', message };
}

function addAttributes(entry: Entry, attributes: Entry['xattrs'] & object): void {
  if (attributes.length > 0) entry.xattrs = attributes;
}

function join(directory: BytePath, name: BytePath): BytePath {
  return directory === '' ? name : `${directory}/${name}`;
}
