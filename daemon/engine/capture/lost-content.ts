/** First names of hard links whose content could not be stored: their other names lead nowhere. */
import type { BytePath, Entry, EntryProblem } from '../manifest/entry.js';

const FIRST_NAME_FAILED: EntryProblem = {
  code: 'unreadable',
  message: 'its content was stored under another name, which failed',
};

export class LostContent {
  private readonly paths = new Set<BytePath>();

  /** What became of an entry; to be told in manifest order. */
  note(path: BytePath, problem: EntryProblem | undefined, storedBytes: number): void {
    if (problem !== undefined && storedBytes === 0) this.paths.add(path);
  }

  /** Why a hard link has no content; undefined of anything else. */
  problemOf(entry: Entry | undefined): EntryProblem | undefined {
    const isLost = entry?.hardLink !== undefined && this.paths.has(entry.hardLink);
    return isLost ? FIRST_NAME_FAILED : undefined;
  }
}
