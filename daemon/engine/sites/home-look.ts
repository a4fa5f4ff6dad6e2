/**
 * A bounded look into a hostile home: folders are listed and the beginnings of regular files are read
 * beneath it, no link is followed, and what is asked beyond the limits is answered as if it were not
 * there. `isCut` tells that this happened.
 */
import { closeSync, constants, opendirSync, readSync } from 'node:fs';
import { openBeneath } from '../../platform/beneath.js';
import type { LinkRule } from '../capture/file-reading.js';
import { openRegularFile } from '../capture/file-reading.js';
import { nameOf, parentOf } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY;

export interface LookLimits {
  folders: number;
  /** Names read of one folder. */
  names: number;
  files: number;
  bytes: number;
}

export interface ListedName {
  name: BytePath;
  isFolder: boolean;
  isFile: boolean;
}

export class HomeLook {
  isCut = false;
  private folders = 0;
  private files = 0;
  private bytes = 0;

  constructor(
    private readonly homeFd: number,
    private readonly links: LinkRule,
    private readonly limits: LookLimits,
  ) {}

  /** Names of a folder (relative to the home), sorted; none of what is not there or no folder. */
  list(folder: BytePath): ListedName[] {
    this.folders += 1;
    if (this.folders > this.limits.folders) {
      this.isCut = true;
      return [];
    }
    const found: ListedName[] = [];
    this.through(folder, (fd) => {
      const names = opendirSync(`/proc/self/fd/${String(fd)}`, { encoding: 'latin1' as 'utf8' });
      try {
        for (let next = names.readSync(); next !== null; next = names.readSync()) {
          if (found.length >= this.limits.names) {
            this.isCut = true;
            break;
          }
          found.push({ name: next.name, isFolder: next.isDirectory(), isFile: next.isFile() });
        }
      } finally {
        names.closeSync();
      }
    });
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The first bytes of a regular file; undefined: it is not there, or nothing we may read. */
  read(path: BytePath, maxBytes: number): Buffer | undefined {
    this.files += 1;
    if (this.files > this.limits.files || this.bytes + maxBytes > this.limits.bytes) {
      this.isCut = true;
      return undefined;
    }
    return this.through(parentOf(path), (folder) => {
      const opened = openRegularFile(folder, nameOf(path), path, this.links);
      if ('code' in opened) return undefined;
      try {
        const buffer = Buffer.alloc(maxBytes);
        const length = readSync(opened.fd, buffer, 0, maxBytes, 0);
        this.bytes += length;
        return buffer.subarray(0, length);
      } finally {
        closeSync(opened.fd);
      }
    });
  }

  private through<Answer>(folder: BytePath, use: (fd: number) => Answer): Answer | undefined {
    try {
      const fd = openBeneath(this.homeFd, folder, FOLDER, { isStayingOnDevice: true });
      try {
        return use(fd);
      } finally {
        closeSync(fd);
      }
    } catch {
      // It changed while we looked, or is none of ours to read.
      return undefined;
    }
  }
}
