/**
 * Keeps the readers of the snapshots somebody browses open: opening one means reading and checking
 * its snapshot file. The least recently used is closed first, and each after a while, since an open
 * one holds its destination. A reader that is in use is never closed.
 */

export interface Opened<Reader> {
  reader: Reader;
  close: () => Promise<void>;
}

interface Kept<Reader> {
  opening: Promise<Opened<Reader>>;
  users: number;
  lastUsedMs: number;
}

export class ReaderCache<Reader> {
  private readonly kept = new Map<string, Kept<Reader>>();

  constructor(private readonly limits: { readers: number; idleMs: number; nowMs: () => number }) {}

  /** Runs `work` with the reader of this id; the reader is valid until it settles. */
  async use<Result>(
    id: string,
    open: () => Promise<Opened<Reader>>,
    work: (reader: Reader) => Promise<Result>,
  ): Promise<Result> {
    const kept = this.kept.get(id) ?? { opening: open(), users: 0, lastUsedMs: 0 };
    // Moves it to the end: the first of the map is always the least recently used.
    this.kept.delete(id);
    this.kept.set(id, kept);
    kept.users += 1;
    kept.lastUsedMs = this.limits.nowMs();
    try {
      const { reader } = await kept.opening;
      return await work(reader);
    } catch (error) {
      // What could not be opened or read is opened anew next time.
      if (this.kept.get(id) === kept) this.kept.delete(id);
      throw error;
    } finally {
      kept.users -= 1;
      if (this.kept.get(id) !== kept) await closeUnused(kept);
      await this.closeIdle();
    }
  }

  /** Closes the readers nobody used for a while, and the oldest beyond the limit. */
  async closeIdle(): Promise<void> {
    const before = this.limits.nowMs() - this.limits.idleMs;
    for (const [id, kept] of this.kept) {
      const isSurplus = this.kept.size > this.limits.readers;
      if (kept.users > 0 || (!isSurplus && kept.lastUsedMs > before)) continue;
      await this.forget(id);
    }
  }

  /** The snapshot is gone, or the daemon stops: closes its reader once nobody uses it. */
  async forget(id: string): Promise<void> {
    const kept = this.kept.get(id);
    if (kept === undefined) return;
    this.kept.delete(id);
    await closeUnused(kept);
  }

  async closeAll(): Promise<void> {
    for (const id of [...this.kept.keys()]) await this.forget(id);
  }
}

async function closeUnused<Reader>(kept: Kept<Reader>): Promise<void> {
  if (kept.users > 0) return;
  const opened = await kept.opening.catch(() => undefined);
  await opened?.close();
}
