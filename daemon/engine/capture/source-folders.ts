/** The folders that files are read from: below the home, or below `/` for what lies outside of it. */
import { closeSync, constants, openSync } from 'node:fs';
import type { BytePath } from '../manifest/entry.js';
import type { CaptureThreadData } from './capture-messages.js';
import type { LinkRule } from './file-reading.js';
import { Folders } from './folders.js';

/** Where a file lies that is not in the home. */
export interface OutsideHome {
  /** Whose files may have further names there: who can make names in its folder. */
  linkUid: number;
}

/** Where a regular file lies: `directory` is relative to the home, or to `/` outside of it. */
export interface SourcePlace {
  directory: BytePath;
  outside?: OutsideHome | undefined;
}

export class SourceFolders {
  private readonly home: Folders;
  private rootFd: number | undefined;
  private outside: Folders | undefined;

  constructor(private readonly data: CaptureThreadData) {
    this.home = new Folders(data.homeFd, data.isStayingOnDevice);
  }

  fdOf({ directory, outside }: SourcePlace): number {
    if (outside === undefined) return this.home.fdOf(directory);
    this.rootFd ??= openSync('/', constants.O_RDONLY | constants.O_DIRECTORY);
    this.outside ??= new Folders(this.rootFd, false);
    return this.outside.fdOf(directory);
  }

  linksOf({ outside }: SourcePlace): LinkRule {
    const { links } = this.data;
    return outside === undefined ? links : { ...links, accountUid: outside.linkUid };
  }

  close(): void {
    this.home.close();
    this.outside?.close();
    if (this.rootFd !== undefined) closeSync(this.rootFd);
    this.rootFd = undefined;
    this.outside = undefined;
  }
}
