/**
 * Groups what is to be read: files whose bytes lie together become one part, parts that follow each
 * other become one run, and a run is one ranged read. Pure.
 */
import { storedContentBytes } from '../archive/tar-header.js';
import type { Placed } from './restore-messages.js';

/** Files above this are streamed in pieces and are a part of their own. */
export const LARGE_FILE_BYTES = 2 * 1024 * 1024;
const GROUP_BYTES = 1024 * 1024;
/** A gap up to this is read and thrown away: cheaper than another request. */
const MAX_GAP_BYTES = 256 * 1024;
const MAX_RUN_BYTES = 16 * 1024 * 1024;
/** Tiny files compress well: bytes alone would let a run hold a million entries. */
const MAX_RUN_FILES = 4000;

/** Stored bytes `offset`…`offset + length` of an archive and the files in them. */
export interface Part {
  offset: number;
  length: number;
  isLarge: boolean;
  files: (Placed & { at: number })[];
}

export interface Run {
  archive: string;
  offset: number;
  length: number;
  isCompressed: boolean;
  parts: Part[];
  fileCount: number;
}

/** Files whose content is spread over archives are put in order of their places so many at a time. */
const WINDOW_FILES = 8000;

/**
 * Files must have `data`. In manifest order an only archive is read from front to back; `isSpread`:
 * there are several.
 */
export async function* planRuns(
  files: AsyncIterable<Placed>,
  isSpread: boolean,
): AsyncGenerator<Run> {
  let run: Run | undefined;
  for await (const file of isSpread ? byPlace(files) : files) {
    const { data } = file.entry;
    if (data === undefined) continue;
    const isCompressed = data.archive.endsWith('.gz');
    const part = partOf(file, isCompressed);
    if (run !== undefined && joins(run, data.archive, part)) {
      extend(run, part);
      continue;
    }
    if (run !== undefined) yield run;
    run = {
      archive: data.archive,
      offset: part.offset,
      length: part.length,
      isCompressed,
      parts: [part],
      fileCount: 1,
    };
  }
  if (run !== undefined) yield run;
}

async function* byPlace(files: AsyncIterable<Placed>): AsyncGenerator<Placed> {
  let window: Placed[] = [];
  for await (const file of files) {
    window.push(file);
    if (window.length < WINDOW_FILES) continue;
    yield* window.sort(comparePlaces);
    window = [];
  }
  yield* window.sort(comparePlaces);
}

function comparePlaces({ entry: a }: Placed, { entry: b }: Placed): number {
  if (a.data === undefined || b.data === undefined) return 0;
  if (a.data.archive !== b.data.archive) return a.data.archive < b.data.archive ? -1 : 1;
  return a.data.offset - b.data.offset || a.data.skip - b.data.skip;
}

function partOf(file: Placed, isCompressed: boolean): Part {
  const { offset, length, skip } = file.entry.data ?? { offset: 0, length: 0, skip: 0 };
  return {
    offset,
    length,
    isLarge: storedContentBytes(file.entry) > LARGE_FILE_BYTES,
    files: [{ ...file, at: isCompressed ? skip : 0 }],
  };
}

function joins(run: Run, archive: string, part: Part): boolean {
  const last = run.parts.at(-1) as Part;
  if (run.archive !== archive) return false;
  if (isSameMember(run, last, part)) return true;
  if (last.isLarge || part.isLarge || run.fileCount >= MAX_RUN_FILES) return false;
  const gap = part.offset - (run.offset + run.length);
  return gap >= 0 && gap <= MAX_GAP_BYTES && run.length + gap + part.length <= MAX_RUN_BYTES;
}

function isSameMember(run: Run, last: Part, part: Part): boolean {
  return (
    run.isCompressed && last.offset === part.offset && last.length === part.length && !part.isLarge
  );
}

function extend(run: Run, part: Part): void {
  run.fileCount += 1;
  const last = run.parts.at(-1) as Part;
  if (isSameMember(run, last, part)) {
    last.files.push(...part.files);
    return;
  }
  const end = part.offset + part.length;
  run.length = end - run.offset;
  if (!run.isCompressed && !last.isLarge && end - last.offset <= GROUP_BYTES) {
    last.files.push(...part.files.map((file) => ({ ...file, at: part.offset - last.offset })));
    last.length = end - last.offset;
    return;
  }
  run.parts.push(part);
}
