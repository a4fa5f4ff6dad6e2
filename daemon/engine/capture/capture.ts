/**
 * The reading half of a backup: one walk and one archive stream, whoever stores them. With a single
 * target its put reads the stream itself; with several, a tee stands between.
 */
import type { ThreadPool } from '../thread-pool.js';
import type { CaptureContext, CaptureRequest } from '../types.js';
import type { AlreadyStored } from './already-stored.js';
import { ArchiveStream, type ArchiveBytes, type ArchiveStreamOptions } from './archive-stream.js';
import type { CaptureThreadData, SlabRequest, SlabResponse } from './capture-messages.js';
import { countEntries } from './count-entries.js';
import { CoreExcludes } from '../sites/core-files.js';
import { everything, homeEntry } from './everything.js';
import { excludeMatcher } from './excludes.js';
import type { Found } from './slab-cutter.js';
import { incrementalArchiveBytes } from './slab-rules.js';
import type { SnapshotTarget } from './snapshot-target.js';
import { Tally } from './tally.js';
import { Tee } from './tee.js';
import { Walk } from './walk.js';

/**
 * How far a destination may lag behind the fastest before that one waits: not at all, beyond the chunk
 * in hand. Every put has blocks of its own, which even out what stalls for a moment; over a whole
 * archive the slowest sets the pace anyway. Measured with 30,000 files to two local destinations:
 * 170 MiB; with a lead of 2 MiB 189, of 4 MiB 224, of 8 MiB 232, and none of them faster.
 */
const MAX_LEAD_BYTES = 0;

export interface CaptureParts {
  home: CaptureThreadData;
  pool: ThreadPool<SlabRequest, SlabResponse>;
  /** At least one. */
  targets: readonly SnapshotTarget[];
  /** Of an incremental backup, which has one target. */
  already?: AlreadyStored | undefined;
  /** What is stored instead of the whole account, in manifest order. */
  found?: Iterable<Found> | undefined;
}

export class Capture {
  readonly startedAt: Date;
  readonly tally: Tally;
  private readonly counting: { stop: () => Promise<void> };
  private readonly archives: AsyncGenerator<ArchiveBytes>;
  private readonly tee: Tee | undefined;
  private readonly targets: readonly SnapshotTarget[];

  constructor(request: CaptureRequest, context: CaptureContext, parts: CaptureParts) {
    const { home, pool, targets, already, found } = parts;
    this.targets = targets;
    this.startedAt = context.now();
    this.tally = new Tally(context, request);
    context.onProgress({ phase: 'scanning', files: 0, bytes: 0 });
    const excludes = excludeMatcher(request.excludes);
    const isShared = targets.length > 1;
    const stream = new ArchiveStream({
      pool,
      home,
      level: request.structure === 'archived' ? undefined : request.compressionLevel,
      already,
      ...(already === undefined ? {} : { archiveBytes: incrementalArchiveBytes }),
      signal: context.signal,
      isGivenBack: isShared,
      ...this.listeners(),
    });
    this.archives = stream.archives(found ?? this.account(request, context, home));
    if (isShared) {
      this.tee = new Tee(onlyOne(this.archives), {
        readers: targets.length,
        maxLeadBytes: MAX_LEAD_BYTES,
        giveBack: (chunk) => {
          stream.giveBack(chunk);
        },
      });
    }
    this.counting =
      found === undefined
        ? this.tally.expect((stop) => countEntries(home.homeFd, excludes, stop))
        : { stop: () => Promise.resolve() };
  }

  private account(
    request: CaptureRequest,
    context: CaptureContext,
    source: CaptureThreadData,
  ): Iterable<Found> {
    const { homeFd, links } = source;
    const home = homeEntry(homeFd);
    const excludes = new CoreExcludes(excludeMatcher(request.excludes), homeFd);
    const { crossMounts } = request;
    const walk = new Walk({ homeFd, home, excludes, crossMounts, ...links });
    const { tally } = this;
    return everything(request, home, {
      ...{ now: this.startedAt, walk, context, source },
      sites: {
        excludes,
        onSites: (sites) => {
          tally.sites = sites;
        },
      },
    });
  }

  /** The archives, for their puts. */
  async *archivesFor(
    target: SnapshotTarget,
  ): AsyncGenerator<{ number: number; bytes: AsyncIterable<Uint8Array> }> {
    if (this.tee === undefined) yield* this.archives;
    else yield { number: 1, bytes: this.tee.reader(this.targets.indexOf(target)) };
  }

  /** The others go on without this target. */
  drop(target: SnapshotTarget, error: unknown): void {
    target.fail(error);
    this.tee?.leave(this.targets.indexOf(target), error);
  }

  /** The count reads the home: it must have ended before the home is closed. */
  stopCounting(): Promise<void> {
    return this.counting.stop();
  }

  /** Resolves when nothing reads the home any more. */
  async close(): Promise<void> {
    await this.tee?.close();
    await this.archives.return(undefined);
    await this.stopCounting();
  }

  /** Every entry is counted and goes to the manifest of each target. */
  private listeners(): Pick<ArchiveStreamOptions, 'onEntry' | 'onPiece' | 'onLost'> {
    const { tally, targets } = this;
    const [first] = targets;
    const isAlone = targets.length === 1;
    return {
      onEntry: (entry) => {
        tally.add(entry);
        return isAlone ? first?.add(entry) : this.tellAll((target) => target.add(entry));
      },
      onPiece: (path, length) => {
        tally.addPiece(path, length);
      },
      onLost: (path, problem) => {
        tally.addLost(path, problem);
      },
    };
  }

  /** A target whose page fails is dropped; without any left there is nothing to read on for. */
  private tellAll(tell: (target: SnapshotTarget) => Promise<void> | undefined) {
    const told: Promise<void>[] = [];
    const left = this.targets.filter((target) => !target.hasFailed);
    if (left.length === 0) throw new Error('No destination is left.');
    for (const target of left) {
      const done = tell(target)?.catch((error: unknown) => {
        this.drop(target, error);
      });
      if (done !== undefined) told.push(done);
    }
    return told.length === 0 ? undefined : Promise.all(told).then(() => undefined);
  }
}

/** The bytes of an archive that is the only one. */
async function* onlyOne(archives: AsyncIterable<ArchiveBytes>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of archives) yield* bytes;
}
