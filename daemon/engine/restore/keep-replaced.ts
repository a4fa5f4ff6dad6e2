/**
 * Before a restore writes anything: finds out what stands where it will write, makes a safety
 * snapshot of that, and writes the ledger that an undo goes by. When this has returned, a power cut
 * at any moment leaves the restore undoable; when it throws, nothing was written to the target.
 */
import { setImmediate } from 'node:timers/promises';
import { DEFAULT_RETRY, retried } from '../../../destinations/wrappers/outage.js';
import { removeSnapshot } from '../manifest/garbage.js';
import { snapshotKey, accountPrefix } from '../layout.js';
import { AppError, toAppError } from '../../platform/errors.js';
import { captureChosen } from '../capture/safety-snapshot.js';
import { homeEntry } from '../capture/everything.js';
import { describe } from '../capture/file-reading.js';
import { Walk, type Walked, type WalkOptions } from '../capture/walk.js';
import { INCOMPLETE_PROBLEMS, type BytePath, type Entry } from '../manifest/entry.js';
import type { ChosenParts } from '../parts/chosen-parts.js';
import type { EngineContext, Keeping, RestoreReport, SnapshotSummary } from '../types.js';
import { lookAt } from './look.js';
import { ReplacedPaths } from './replaced-paths.js';
import type { Placed } from './restore-messages.js';
import type { RestorePlan } from './restore-plan.js';
import type { OpenedTarget } from './target.js';
import { LedgerWriter } from './undo-ledger.js';

type Safety = Exclude<Keeping['request']['safety'], { obstacle: string }>;

/** Entries looked at before other work of this process has its turn. */
const ENTRIES_A_TURN = 500;
const MADE_FOLDER = {
  type: 'directory', mode: 0o700, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 0n, ctimeNs: 0n, inode: 0n,
} as const; // prettier-ignore

export interface Replacing {
  plan: RestorePlan;
  /** What is restored or removed besides. */
  parts: ChosenParts;
  target: OpenedTarget;
  isMirror: boolean;
  /** What will be removed besides, by its place. */
  removals: () => AsyncIterable<BytePath>;
  /** Directories among that, if nothing else is in them. */
  emptied: ReadonlySet<BytePath>;
}

/** Answers what was kept; undefined: there was nothing to keep. */
export async function keepReplaced(
  replacing: Replacing,
  keeping: Keeping,
  context: EngineContext,
): Promise<RestoreReport['kept']> {
  const ledger = new LedgerWriter(keeping.request.ledgerPath);
  try {
    const { parts } = replacing;
    for (const standing of parts.standing) ledger.addPart(standing);
    const keeper = new Keeper(replacing, ledger, context);
    await keeper.scan();
    await keeper.addFurtherNames();
    const isAnything = !keeper.paths.isEmpty || parts.replacesAny;
    const summary = isAnything ? await keeper.capture(keeping) : undefined;
    ledger.finish();
    if (summary === undefined) return undefined;
    return { snapshotId: summary.id, entries: summary.entries, bytes: summary.contentBytes };
  } finally {
    ledger.close();
  }
}

class Keeper {
  readonly paths = new ReplacedPaths();
  private hasSeveralNames = false;
  private looked = 0;

  constructor(
    private readonly replacing: Replacing,
    private readonly ledger: LedgerWriter,
    private readonly context: EngineContext,
  ) {}

  async scan(): Promise<void> {
    const { plan, target, isMirror, removals } = this.replacing;
    if (target.newFolder !== undefined) this.look({ entry: { ...MADE_FOLDER, path: '' }, path: target.newFolder }); // prettier-ignore
    for (const ancestor of plan.missingAncestors) this.look(ancestor);
    for await (const placed of plan.all()) {
      this.look(placed);
      await this.giveWay();
    }
    for await (const path of removals()) {
      this.paths.add(path);
      await this.giveWay();
    }
    if (!isMirror) return;
    for await (const { path, keep } of plan.keptNames()) this.paths.addMirrored(path, keep);
  }

  private look({ entry, path }: Placed): void {
    const { rootFd, keptPathOf } = this.replacing.target;
    const there = lookAt(rootFd, path);
    if (there === undefined) {
      this.ledger.add(undefined, written(entry, keptPathOf(path)));
      return;
    }
    const { emptied, isMirror } = this.replacing;
    const isOver = there.format === 'directory' && entry.type !== 'directory';
    const isInTheWay = isOver && !emptied.has(path);
    // Only a mirror takes a directory away; else what is chosen there fails.
    if (isInTheWay && !isMirror) return;
    this.ledger.add(there, written(entry, keptPathOf(path)));
    if (isInTheWay) this.paths.addWhole(path);
    else this.paths.add(path);
    this.hasSeveralNames ||= there.format === 'file' && there.names > 1;
  }

  /**
   * A file of several names, of which only some are replaced or deleted: the others are kept, too, so
   * that an undo makes them one file again.
   */
  async addFurtherNames(): Promise<void> {
    if (!this.hasSeveralNames && !this.replacing.isMirror) return;
    const missing = new Map<bigint, number>();
    await this.walk(
      (path, isDirectory) => this.paths.takes(path, isDirectory),
      (found) => {
        const { inode, names } = linkOf(found);
        if (names > 1) missing.set(inode, (missing.get(inode) ?? names) - 1);
      },
    );
    for (const [inode, count] of missing) if (count <= 0) missing.delete(inode);
    if (missing.size === 0) return;
    await this.walk(
      () => true,
      (found) => {
        const { inode, place, entry } = linkOf(found);
        if (entry === undefined || !missing.has(inode)) return;
        if (this.paths.takes(place, false)) return;
        const { rootFd, keptPathOf } = this.replacing.target;
        this.ledger.add(lookAt(rootFd, place), written(entry, keptPathOf(place)));
        this.paths.add(place);
      },
    );
  }

  private async walk(select: WalkOptions['select'], visit: (found: Walked) => void): Promise<void> {
    const { rootFd } = this.replacing.target;
    const home = { ...homeEntry(rootFd), path: '' };
    const links = { isForeignLinkAllowed: true, accountUid: 0 };
    const excludes = { match: () => undefined };
    const walk = new Walk({ homeFd: rootFd, home, excludes, select, crossMounts: false, ...links });
    for (const found of walk.run()) {
      visit(found);
      await this.giveWay();
    }
  }

  async capture({ request, open, onKept }: Keeping): Promise<SnapshotSummary> {
    const { safety } = request;
    if ('obstacle' in safety) throw new AppError('conflict', 'restore.no-safety', safety.obstacle);
    const summary = await this.publish(safety, open);
    await onKept(summary);
    const text = `What is replaced or deleted is kept in the safety snapshot ${summary.id} (${String(summary.entries)} entries).`;
    this.context.log('info', text);
    return summary;
  }

  /** A line that breaks meanwhile costs time, not the restore: nothing was written yet. */
  private async publish(safety: Safety, open: Keeping['open']): Promise<SnapshotSummary> {
    const { signal, log } = this.context;
    const onRetry = ({ message }: AppError): void => {
      log('warn', `What would be replaced is kept in another attempt: ${message}`);
    };
    const how = { retry: { ...DEFAULT_RETRY, onRetry }, signal, what: 'Keeping what is replaced' };
    try {
      return await retried(() => this.publishOnce(safety, open), how);
    } catch (error) {
      throw notKept(error, signal);
    }
  }

  private async publishOnce(
    { snapshotId, capture }: Safety,
    open: Keeping['open'],
  ): Promise<SnapshotSummary> {
    const { rootFd, keptPathOf } = this.replacing.target;
    const select = this.paths.takes.bind(this.paths);
    const chosen = { rootFd, rootPath: keptPathOf(''), select };
    const destination = await open();
    try {
      const request = this.replacing.parts.narrow(capture);
      const snapshot = { id: snapshotId, request, destination };
      const summary = await captureChosen(chosen, snapshot, this.context);
      const lost = summary.leftOut.find(({ code }) => code !== 'excluded' && INCOMPLETE_PROBLEMS.has(code)); // prettier-ignore
      if (lost === undefined && summary.state === 'complete') return summary;
      const key = snapshotKey({ prefix: accountPrefix(capture.server.id, capture.account), snapshotId }); // prettier-ignore
      await removeSnapshot({ snapshotKey: key }, { ...this.context, destination });
      throw new AppError('source', 'restore.not-kept', `${lost?.path ?? 'something'} ${lost?.message ?? 'could not be read'}.`); // prettier-ignore
    } finally {
      await destination.close();
    }
  }

  private async giveWay(): Promise<void> {
    this.looked += 1;
    if (this.looked % ENTRIES_A_TURN !== 0) return;
    await setImmediate();
    this.context.signal.throwIfAborted();
  }
}

/** What an undo compares with. */
function written(entry: Entry, path: BytePath): Entry {
  const { type, mode, uid, gid, sizeBytes, mtimeNs, ctimeNs, inode, target, sparse, sha256 } =
    entry;
  return {
    ...{ path, type, mode, uid, gid, sizeBytes, mtimeNs, ctimeNs, inode },
    ...(target === undefined ? {} : { target }),
    ...(sparse === undefined ? {} : { sparse }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

/** Of a regular file; 0 names of anything else. */
function linkOf(found: Walked): {
  inode: bigint;
  names: number;
  place: BytePath;
  entry: Entry | undefined;
} {
  if (found.kind === 'file') {
    const { status, path } = found;
    return { inode: BigInt(status.inode), names: status.names, place: path, entry: describe(status, path) }; // prettier-ignore
  }
  if (found.kind !== 'entry' || found.entry.hardLink === undefined) {
    return { inode: 0n, names: 0, place: '', entry: undefined };
  }
  const { entry } = found;
  // Its first name was met before and told how many there are.
  return { inode: entry.inode, names: 2, place: entry.path, entry };
}

function notKept(error: unknown, signal: AbortSignal): AppError {
  const { kind, code, message } = toAppError(error);
  if (signal.aborted || kind === 'cancelled') {
    return new AppError('cancelled', 'run.cancelled', 'The restore was cancelled; nothing was written.'); // prettier-ignore
  }
  const text = `Nothing was restored, because what it would replace could not be kept first: ${message} Mend that, or have an admin ask for the restore without a safety snapshot.`;
  return new AppError(kind, code, text, { cause: error });
}
