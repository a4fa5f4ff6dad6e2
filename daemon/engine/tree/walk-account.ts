/** The walk of an account that a tree is made of, wherever that lies. */
import type { CaptureThreadData } from '../capture/capture-messages.js';
import { countEntries } from '../capture/count-entries.js';
import { everything, homeEntry } from '../capture/everything.js';
import { excludeMatcher } from '../capture/excludes.js';
import type { Found, FoundStream, Kept } from '../capture/slab-cutter.js';
import { pathHash } from '../capture/slab-rules.js';
import type { Tally } from '../capture/tally.js';
import { Walk, type WalkedTop } from '../capture/walk.js';
import type { BytePath } from '../manifest/entry.js';
import { CoreExcludes } from '../sites/core-files.js';
import type { Site } from '../sites/site.js';
import type { CaptureContext, CaptureRequest } from '../types.js';

/** Of the files that are linked on, one in so many is read again each day: none goes on unread for
 * longer than a month. */
const CHECK_DAYS = 30;
const DAY_MS = 86_400_000;
const NOTES_SHOWN = 20;

export interface AccountWalk {
  request: CaptureRequest;
  context: CaptureContext;
  home: CaptureThreadData;
  tally: Tally;
  startedAt: Date;
}

/** Takes what has a line in the manifest, in its order, then does `finish`. Resolves, or rejects, when
 * nothing reads the home any more. */
export async function walkAccount(
  { request, context, home: source, tally, startedAt }: AccountWalk,
  take: (found: Kept) => Promise<void> | undefined,
  finish: () => Promise<void>,
  enterTop?: (path: BytePath, top: WalkedTop) => Promise<void>,
): Promise<void> {
  context.onProgress({ phase: 'scanning', files: 0, bytes: 0 });
  const { homeFd, links } = source;
  const excludes = new CoreExcludes(excludeMatcher(request.excludes), homeFd);
  const home = homeEntry(homeFd);
  const { crossMounts } = request;
  const walk = new Walk({ homeFd, home, excludes, crossMounts, ...links });
  const counting = tally.expect((stop) => countEntries(homeFd, excludes, stop));
  try {
    const takeOne = (found: Exclude<Found, FoundStream>): Promise<void> | undefined => {
      context.signal.throwIfAborted();
      if (found.kind === 'lost') tally.addLost(found.path, found.problem);
      if (found.kind === 'lost') return undefined;
      if (found.kind !== 'enter') return take(found);
      return found.top && enterTop?.(found.entry.path, found.top);
    };
    const sites = {
      excludes,
      onSites: (found: Site[]) => {
        tally.sites = found;
      },
    };
    const surroundings = { now: startedAt, walk, context, source, sites };
    for (const found of everything(request, home, surroundings)) {
      const taken = found.kind === 'stream' ? takeStream(found.found, takeOne) : takeOne(found);
      if (taken !== undefined) await taken;
    }
    await finish();
  } finally {
    await counting.stop();
  }
}

async function takeStream(
  stream: AsyncIterable<Found>,
  take: (found: Exclude<Found, FoundStream>) => Promise<void> | undefined,
): Promise<void> {
  for await (const found of stream) {
    if (found.kind === 'stream') await takeStream(found.found, take);
    else await take(found);
  }
}

/** The day decides which part of the linked files is read again. */
export function isDueForCheck(path: BytePath, now: Date): boolean {
  const day = Math.floor(now.getTime() / DAY_MS);
  return pathHash(path) % CHECK_DAYS === day % CHECK_DAYS;
}

/** What a tree does not have as it was matters only to who restores without Holdfast. */
export function logNotes(
  log: CaptureContext['log'],
  notes: readonly string[],
  unlinked: number,
): void {
  for (const note of notes.slice(0, NOTES_SHOWN)) log('info', `In the tree: ${note}.`);
  const more = notes.length - NOTES_SHOWN;
  if (more > 0) log('info', `And ${String(more)} more of this kind.`);
  if (unlinked === 0) return;
  log('info', `${String(unlinked)} unchanged files could not be linked and were copied.`);
}
