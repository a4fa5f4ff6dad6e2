/**
 * Leaves out core files of WordPress that are, byte by byte, those of the release (MD5 as it publishes
 * them). A file is left out only while it is still the one that was read: same inode, size and times.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { openBeneath } from '../../platform/beneath.js';
import { toAppError } from '../../platform/errors.js';
import { nanosecondsOf, statusAt, statusOf, type FileStatus } from '../../platform/file-status.js';
import { O_PATH } from '../../platform/syscalls.js';
import type { ExcludeMatcher } from '../capture/excludes.js';
import { openRegularFile, type LinkRule } from '../capture/file-reading.js';
import { HOME } from '../capture/item-totals.js';
import { fromText, nameOf, parentOf, parsePathReference } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import { readCoreChecksums } from './core-checksums.js';
import type { Site } from './site.js';

const FOLDER = constants.O_DIRECTORY | O_PATH;
/** No core file is larger. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;

interface Matched {
  status: FileStatus;
  rule: string;
}

/** Excludes to which core files are added once they have been compared. */
export class CoreExcludes implements ExcludeMatcher {
  private readonly matched = new Map<BytePath, Matched>();

  constructor(
    private readonly others: ExcludeMatcher,
    private readonly homeFd: number,
  ) {}

  match(path: BytePath, isDirectory: boolean): string | undefined {
    return this.others.match(path, isDirectory) ?? this.coreRule(path);
  }

  add(path: BytePath, matched: Matched): void {
    this.matched.set(path, matched);
  }

  private coreRule(path: BytePath): string | undefined {
    const matched = this.matched.get(path);
    if (matched === undefined) return undefined;
    try {
      const folder = openBeneath(this.homeFd, parentOf(path), FOLDER);
      try {
        const isSame = isSameFile(statusAt(folder, nameOf(path)), matched.status);
        return isSame ? matched.rule : undefined;
      } finally {
        closeSync(folder);
      }
    } catch {
      return undefined;
    }
  }
}

function isSameFile(a: FileStatus, b: FileStatus): boolean {
  const isSameInode = a.format === b.format && a.inode === b.inode && a.device === b.device;
  return (
    isSameInode &&
    a.sizeBytes === b.sizeBytes &&
    nanosecondsOf(a.mtime) === nanosecondsOf(b.mtime) &&
    nanosecondsOf(a.ctime) === nanosecondsOf(b.ctime)
  );
}

export interface CoreLook {
  homeFd: number;
  links: LinkRule;
  excludes: CoreExcludes;
  /** Of the admin's: see core-checksums.ts. */
  directory: string;
  signal: AbortSignal;
  onProblem: (message: string) => void;
}

/** Answers the sites with how many of their files are left out. */
export async function leaveOutCore(sites: readonly Site[], look: CoreLook): Promise<Site[]> {
  const told: Site[] = [];
  for (const site of sites) {
    let coreLeftOut = 0;
    try {
      coreLeftOut = await compare(site, look);
    } catch (error) {
      look.signal.throwIfAborted();
      look.onProblem(
        `The core files of the site ${site.path} are stored: ${toAppError(error).message}`,
      );
    }
    told.push(coreLeftOut === 0 ? site : { ...site, coreLeftOut });
  }
  return told;
}

async function compare({ path, version, locale = 'en_US' }: Site, look: CoreLook): Promise<number> {
  if (version === undefined) return 0;
  const checksums = await readCoreChecksums(look.directory, version, locale);
  const top = parsePathReference(path).slice(`${HOME}/`.length);
  const rule = `a core file of WordPress ${version} (${locale})`;
  let count = 0;
  for (const [name, md5] of checksums ?? []) {
    look.signal.throwIfAborted();
    if (count % 50 === 0) await setImmediate();
    const file = top === '' ? fromText(name) : `${top}/${fromText(name)}`;
    const status = matchingStatus(file, md5, look);
    if (status === undefined) continue;
    look.excludes.add(file, { status, rule });
    count += 1;
  }
  return count;
}

/** Of the file when its content has this checksum, whatever happened while it was read. */
function matchingStatus(
  path: BytePath,
  md5: string,
  { homeFd, links }: CoreLook,
): FileStatus | undefined {
  let folder: number;
  try {
    folder = openBeneath(homeFd, parentOf(path), FOLDER, { isStayingOnDevice: true });
  } catch {
    return undefined;
  }
  try {
    const opened = openRegularFile(folder, nameOf(path), path, links);
    if ('code' in opened) return undefined;
    try {
      const before = statusOf(opened.fd);
      if (before.sizeBytes > MAX_FILE_BYTES) return undefined;
      const content = Buffer.alloc(before.sizeBytes);
      const length = readSync(opened.fd, content, 0, content.length, 0);
      const isOfRelease =
        createHash('md5').update(content.subarray(0, length)).digest('hex') === md5;
      return isOfRelease && isSameFile(statusOf(opened.fd), before) ? before : undefined;
    } finally {
      closeSync(opened.fd);
    }
  } catch {
    return undefined;
  } finally {
    closeSync(folder);
  }
}
