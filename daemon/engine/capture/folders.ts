/** Folders below one that is open, reached without following a link. */
import { closeSync, constants } from 'node:fs';
import { openBeneath } from '../../platform/beneath.js';
import type { BytePath } from '../manifest/entry.js';

const { O_RDONLY, O_DIRECTORY } = constants;

/** Files come folder by folder: the last one is kept open. */
export class Folders {
  private open: { path: BytePath; fd: number } | undefined;

  constructor(
    private readonly rootFd: number,
    private readonly isStayingOnDevice: boolean,
  ) {}

  fdOf(path: BytePath): number {
    if (this.open?.path === path) return this.open.fd;
    this.close();
    const { isStayingOnDevice } = this;
    const fd = openBeneath(this.rootFd, path, O_RDONLY | O_DIRECTORY, { isStayingOnDevice });
    this.open = { path, fd };
    return fd;
  }

  close(): void {
    if (this.open !== undefined) closeSync(this.open.fd);
    this.open = undefined;
  }
}
