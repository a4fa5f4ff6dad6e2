/**
 * What a restore would do, without doing it: every chosen entry is compared with what stands in its
 * place, by size and time, looked at beneath the target without following a link.
 */
import {
  closeSync,
  constants,
  fstatSync,
  readdirSync,
  statfsSync,
  type BigIntStats,
} from 'node:fs';
import { openBeneath } from '../../platform/beneath.js';
import { O_PATH } from '../../platform/syscalls.js';
import { storedContentBytes } from '../archive/tar-header.js';
import { displayPath } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { EngineContext, RestoreAction, RestorePreview, RestoreRequest } from '../types.js';
import { chooseParts } from '../parts/chosen-parts.js';
import { RestorePlan } from './restore-plan.js';
import { EVERYTHING, NOTHING } from './selection.js';
import { checkAccount, openTarget, type OpenedTarget } from './target.js';

const CHANGES_SHOWN = 1000;
const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY;

export async function previewRestore(
  request: RestoreRequest,
  context: EngineContext,
): Promise<RestorePreview> {
  const { destination, signal } = context;
  const reader = await SnapshotReader.open(
    destination,
    request.snapshotKey,
    request.trustedKeysPem,
    signal,
  );
  checkAccount(reader, request);
  const { files, parts } = await chooseParts(reader, request);
  const target = openTarget(request, reader.summary.id, { isPreview: true });
  try {
    const selection = files ?? EVERYTHING;
    const plan = await RestorePlan.make(files === undefined ? NOTHING : reader, {
      selection,
      target,
    });
    const preview = new Preview(target);
    parts.preview(preview);
    for await (const { entry, path } of plan.all()) {
      signal.throwIfAborted();
      preview.compare(entry, path);
    }
    if (request.target.place !== 'beside' && request.target.mode === 'mirror') {
      for await (const { path, keep } of plan.keptNames()) preview.findDeleted(path, new Set(keep));
    }
    return preview.result(plan.skipped, warningsOf(reader));
  } finally {
    closeSync(target.rootFd);
  }
}

function warningsOf(reader: SnapshotReader): string[] {
  if (reader.summary.state === 'complete') return [];
  const names = reader.summary.leftOut
    .filter(({ code }) => code !== 'excluded')
    .map(({ path }) => path);
  return [`The snapshot is incomplete: ${reader.summary.problems} entries had problems, among them ${names.slice(0, 5).join(', ')}.`]; // prettier-ignore
}

export class Preview {
  private readonly counts: RestorePreview['counts'] = {
    created: 0,
    replaced: 0,
    deleted: 0,
    unchanged: 0,
    skipped: 0,
  };
  private readonly changes: RestorePreview['changes'] = [];
  private bytes = 0;
  private changeCount = 0;

  constructor(private readonly target: OpenedTarget) {}

  compare(entry: Entry, path: BytePath): void {
    const there = this.look(path);
    const action: RestoreAction =
      there === undefined ? 'created' : isSame(entry, there) ? 'unchanged' : 'replaced';
    this.counts[action] += 1;
    if (entry.hardLink === undefined) this.bytes += storedContentBytes(entry);
    if (action !== 'unchanged') this.note(path, action, entry.sizeBytes);
  }

  /** Everything a mirror would take away; a folder is listed once and counted with its content. */
  findDeleted(path: BytePath, keep: ReadonlySet<BytePath>): void {
    for (const name of this.names(path)) {
      if (keep.has(name)) continue;
      const doomed = path === '' ? name : `${path}/${name}`;
      this.counts.deleted += this.countBelow(doomed);
      this.note(doomed, 'deleted', 0);
    }
  }

  addDeleted(path: BytePath, sizeBytes: number): void {
    this.counts.deleted += 1;
    this.note(path, 'deleted', sizeBytes);
  }

  /** What is no file; `reason` says what it is, or why it is left alone. */
  addPart(path: BytePath, action: RestoreAction, reason: string): void {
    this.counts[action] += 1;
    this.note(path, action, 0, reason);
  }

  /** What an undo leaves alone. */
  addConflict(path: BytePath, reason: string): void {
    this.note(path, 'skipped', 0, reason);
  }

  result(skipped: number, warnings: string[]): RestorePreview {
    this.counts.skipped += skipped;
    return {
      counts: this.counts,
      bytes: this.bytes,
      freeBytes: freeBytesAt(this.target.rootFd),
      targetPath: this.target.displayPath,
      changes: this.changes,
      isTruncated: this.changeCount > this.changes.length,
      warnings,
    };
  }

  private note(path: BytePath, action: RestoreAction, sizeBytes: number, reason?: string): void {
    this.changeCount += 1;
    if (this.changes.length < CHANGES_SHOWN) {
      const why = reason === undefined ? {} : { reason };
      this.changes.push({ path: displayPath(path), action, sizeBytes, ...why });
    }
  }

  private look(path: BytePath): BigIntStats | undefined {
    try {
      const fd = openBeneath(this.target.rootFd, path, O_PATH);
      try {
        return fstatSync(fd, { bigint: true });
      } finally {
        closeSync(fd);
      }
    } catch {
      return undefined;
    }
  }

  private names(path: BytePath): BytePath[] {
    try {
      const fd = openBeneath(this.target.rootFd, path, FLAGS);
      try {
        return readdirSync(`/proc/self/fd/${fd}`, { encoding: 'latin1' });
      } finally {
        closeSync(fd);
      }
    } catch {
      return [];
    }
  }

  private countBelow(path: BytePath): number {
    let count = 0;
    const waiting = [path];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      count += 1;
      for (const name of this.names(next)) waiting.push(`${next}/${name}`);
    }
    return count;
  }
}

function isSame(entry: Entry, there: BigIntStats): boolean {
  if (entry.type === 'directory') return there.isDirectory();
  if (entry.type === 'symlink') return there.isSymbolicLink() && there.mtimeNs === entry.mtimeNs;
  if (entry.type !== 'file') {
    return !there.isFile() && !there.isDirectory() && there.mtimeNs === entry.mtimeNs;
  }
  return (
    there.isFile() && there.size === BigInt(entry.sizeBytes) && there.mtimeNs === entry.mtimeNs
  );
}

function freeBytesAt(fd: number): number | undefined {
  try {
    const stats = statfsSync(`/proc/self/fd/${fd}/.`);
    return stats.bavail * stats.bsize;
  } catch {
    return undefined;
  }
}
