/** Compares a file as two snapshots hold it. Reads at most a megabyte of each, in the daemon. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/actor.js';
import { displayPath, parsePathReference } from '../engine/manifest/byte-path.js';
import type { BytePath, Entry } from '../engine/manifest/entry.js';
import type { SnapshotReader } from '../engine/manifest/snapshot-reader.js';
import { readContents, sourceOf } from '../engine/restore/content-reader.js';
import type { Placed } from '../engine/restore/restore-messages.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { parseInput } from '../platform/parse-input.js';
import { ItemPermissions } from '../runs/item-permissions.js';
import { pathRef } from '../runs/restore-input.js';
import { requireReadable } from '../runs/restore-rules.js';
import { SnapshotsStore } from '../runs/snapshots.store.js';
import { SnapshotReaders } from '../snapshots/snapshot-readers.js';
import { textDiff, type TextDiff } from './text-diff.js';

/** A text, or why there is none to compare. */
export type SideText = { text: string } | { why: 'binary' | 'too-large' | 'no-file' };

export interface VersionDiff {
  /** In the order asked for. */
  sizes: [number | null, number | null];
  isSame: boolean;
  /** Undefined: see `why`. */
  diff?: TextDiff | undefined;
  why?: 'binary' | 'too-large' | 'no-file' | 'too-different' | undefined;
}

const MOST_BYTES = 1_000_000;
const TIMEOUT_MS = 20_000;
const MOST_AT_ONCE = 2;

interface Side {
  sizeBytes: number;
  sha256: string | undefined;
  content: SideText;
}

@Injectable()
export class VersionDiffs {
  private atWork = 0;

  constructor(
    private readonly snapshots: SnapshotsStore,
    private readonly readers: SnapshotReaders,
    private readonly items: ItemPermissions,
  ) {}

  async compare(
    actor: Actor,
    ids: { before: string; after: string },
    reference: string,
  ): Promise<VersionDiff> {
    const path = parsePathReference(parseInput(pathRef, reference, 'path'));
    const [older, newer] = [
      await this.snapshots.getVisible(actor, ids.before),
      await this.snapshots.getVisible(actor, ids.after),
    ];
    if (older.accountId !== newer.accountId) throw notFound('snapshot', ids.after);
    for (const one of [older, newer]) {
      requireReadable(one);
      // What is shown is as good as downloaded.
      await this.items.narrow(actor, 'download', { paths: [reference], items: [] }, one);
    }
    if (this.atWork >= MOST_AT_ONCE) throw busy();
    this.atWork += 1;
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const sides: Side[] = [];
      for (const snapshot of [older, newer]) {
        sides.push(await this.readers.use(snapshot, (reader) => sideOf(reader, path, signal)));
      }
      return compareSides(sides as [Side, Side]);
    } finally {
      this.atWork -= 1;
    }
  }
}

function compareSides([before, after]: [Side, Side]): VersionDiff {
  const sizes: VersionDiff['sizes'] = [before.sizeBytes, after.sizeBytes];
  const isSame = before.sha256 !== undefined && before.sha256 === after.sha256;
  for (const { content } of [before, after]) {
    if ('why' in content) return { sizes, isSame, why: content.why };
  }
  const [one, other] = [before.content, after.content] as { text: string }[];
  const diff = textDiff(one?.text ?? '', other?.text ?? '');
  if (diff === undefined) return { sizes, isSame, why: 'too-different' };
  return { sizes, isSame: one?.text === other?.text, diff };
}

async function sideOf(reader: SnapshotReader, path: BytePath, signal: AbortSignal): Promise<Side> {
  const named = await reader.find(path);
  if (named === undefined || named.excludedBy !== undefined) {
    const message = t('The snapshot {id} holds nothing at "{path}".', {
      id: reader.summary.id,
      path: displayPath(path),
    });
    throw new AppError('not-found', 'path.not-found', message);
  }
  const entry = named.hardLink === undefined ? named : await reader.find(named.hardLink);
  const { sizeBytes, sha256 } = entry ?? named;
  return { sizeBytes, sha256, content: await textOf(reader, entry, signal) };
}

async function textOf(
  reader: SnapshotReader,
  entry: Entry | undefined,
  signal: AbortSignal,
): Promise<SideText> {
  if (entry?.type !== 'file' || entry.sparse !== undefined) return { why: 'no-file' };
  if (entry.sizeBytes > MOST_BYTES) return { why: 'too-large' };
  if (entry.sizeBytes === 0) return { text: '' };
  if (!reader.hasContent(entry)) return { why: 'no-file' };
  const bytes: Buffer[] = [];
  const source = sourceOf(reader, { destination: reader.destination, signal });
  for await (const { pieces } of readContents(source, only(entry))) {
    // A piece is the reader's until the next one: it is copied.
    for await (const piece of pieces) bytes.push(Buffer.from(piece));
  }
  const content = Buffer.concat(bytes);
  if (content.includes(0)) return { why: 'binary' };
  return { text: decode(content) };
}

// eslint-disable-next-line @typescript-eslint/require-await -- what reads content takes a stream
async function* only(entry: Entry): AsyncGenerator<Placed> {
  yield { entry, path: entry.path };
}

/** Old sites are not in UTF-8: every byte is a letter then. */
function decode(content: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return content.toString('latin1');
  }
}

function busy(): AppError {
  const message = t('Other files are being compared already; try again in a moment.');
  return new AppError('conflict', 'diff.busy', message, { isRetryable: true });
}
