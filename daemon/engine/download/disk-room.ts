/**
 * Writes to files of ours and watches the disk they lie on: whoever prepares a download must not fill
 * it for everybody else. What was written so far is the caller's to take away.
 */
import { statfs, type FileHandle } from 'node:fs/promises';
import { AppError, errnoOf } from '../../platform/errors.js';
import { humanSize } from '../../platform/human-size.js';

/** How much is written between two looks at the disk. */
const LOOK_BYTES = 8 * 1024 * 1024;
const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);

/** Undefined: the file system does not tell. */
export async function freeBytesAt(folder: string): Promise<number | undefined> {
  const { bsize, blocks, bavail } = await statfs(folder);
  return blocks === 0 ? undefined : bsize * bavail;
}

export class DiskRoom {
  private unseen = 0;

  /** `minFreeBytes`: of the disk that `folder` lies on, for others. */
  constructor(
    private readonly folder: string,
    private readonly minFreeBytes: number,
  ) {}

  /** Throws when so many bytes more would leave too little. */
  async require(bytes: number): Promise<void> {
    const free = await freeBytesAt(this.folder);
    if (free === undefined || free - bytes >= this.minFreeBytes) return;
    throw diskFull(`it may need ${humanSize(bytes)} of the ${humanSize(free)} that are free`, this.minFreeBytes); // prettier-ignore
  }

  /** All of it. `position`: where in the file; undefined: where the last write ended. */
  async write(handle: FileHandle, bytes: Uint8Array, position?: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) {
        const at = position === undefined ? null : position + done;
        done += (await handle.write(bytes, done, bytes.length - done, at)).bytesWritten;
      }
    } catch (error) {
      throw this.translated(error);
    }
    this.unseen += bytes.length;
    if (this.unseen < LOOK_BYTES) return;
    this.unseen = 0;
    const free = await freeBytesAt(this.folder);
    if (free !== undefined && free < this.minFreeBytes) throw this.becameFull();
  }

  /** Some disks say only now that they are full. */
  async sync(handle: FileHandle): Promise<void> {
    try {
      await handle.sync();
    } catch (error) {
      throw this.translated(error);
    }
  }

  private translated(error: unknown): unknown {
    return FULL.has(errnoOf(error)) ? this.becameFull(error) : error;
  }

  private becameFull(cause?: unknown): AppError {
    return diskFull('the disk became full meanwhile', this.minFreeBytes, cause);
  }
}

/** Also said before a download is begun. */
export function diskFull(why: string, minFreeBytes: number, cause?: unknown): AppError {
  const reserve = minFreeBytes > 0 ? `, and ${humanSize(minFreeBytes)} must stay free` : '';
  const message = `There is no room for this download where downloads are prepared: ${why}${reserve}. Choose less, delete downloads that are no longer needed, or ask your host to make room.`;
  return new AppError('conflict', 'download.disk-full', message, { cause });
}
