/**
 * The list of what a restore does, on disk before it does anything: what an undo goes by. A line for
 * every entry: what stood in its place, and the entry as it is written there. Paths are those that
 * a safety snapshot of the same place has. What a mirror deletes is in the safety snapshot alone. Parts
 * that are no files come first, each with what stood there.
 *
 * The file gets its name when it is whole and durable. Nothing in it is kept in memory.
 */
import { closeSync, createReadStream, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { AppError } from '../../platform/errors.js';
import type { FileFormat, FileStatus } from '../../platform/file-status.js';
import { nanosecondsOf } from '../../platform/file-status.js';
import { openLine, parseLine } from '../manifest/entry-json.js';
import type { Entry } from '../manifest/entry.js';
import type { StandingPart } from '../parts/part.js';

const HEAD = '{"format":"holdfast-undo","version":1}\n';
/** Begins the line of a part. */
const PART = '{"part":';
const BUFFER_CHARACTERS = 256 * 1024;

/** What stood in the place of an entry before the restore. */
export interface Before {
  type: FileFormat;
  mode: number;
  sizeBytes: number;
  mtimeNs: bigint;
}

export interface LedgerLine {
  /** Undefined: nothing; the restore creates it. */
  before: Before | undefined;
  entry: Entry;
}

export class LedgerWriter {
  private readonly fd: number;
  private buffer = HEAD;

  /** A run writes one: restores are not tried again within their run. */
  constructor(private readonly path: string) {
    this.fd = openSync(`${path}.part`, 'w', 0o600);
  }

  add(before: FileStatus | undefined, entry: Entry): void {
    this.buffer += `{"before":${beforeJson(before)},"entry":${openLine(entry)}}}\n`;
    if (this.buffer.length >= BUFFER_CHARACTERS) this.flush();
  }

  /** Before all entries. */
  addPart(standing: StandingPart): void {
    this.buffer += `${PART}${JSON.stringify(standing)}}\n`;
  }

  /** From now on the restore can be undone. */
  finish(): void {
    this.flush();
    fsyncSync(this.fd);
    renameSync(`${this.path}.part`, this.path);
    const directory = openSync(dirname(this.path), 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  }

  close(): void {
    closeSync(this.fd);
  }

  private flush(): void {
    const bytes = Buffer.from(this.buffer);
    for (let done = 0; done < bytes.length;) done += writeSync(this.fd, bytes, done);
    this.buffer = '';
  }
}

function beforeJson(before: FileStatus | undefined): string {
  if (before === undefined) return 'null';
  const { format, mode, sizeBytes, mtime } = before;
  return `["${format}",${String(mode)},${String(sizeBytes)},"${String(nanosecondsOf(mtime))}"]`;
}

/** Its lines about entries, in the order in which they were written. */
export async function* readLedger(path: string): AsyncGenerator<LedgerLine> {
  for await (const line of linesOf(path)) if (!line.startsWith(PART)) yield parse(line, path);
}

/** Its lines about parts, which come first. */
export async function readParts(path: string): Promise<StandingPart[]> {
  const parts: StandingPart[] = [];
  for await (const line of linesOf(path)) {
    if (!line.startsWith(PART)) break;
    parts.push((JSON.parse(line) as { part: StandingPart }).part);
  }
  return parts;
}

/** Without the head. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  let isHead = true;
  for await (const line of lines) {
    if (isHead && `${line}\n` !== HEAD) throw unreadable(path);
    if (!isHead) yield line;
    isHead = false;
  }
  if (isHead) throw unreadable(path);
}

function parse(line: string, path: string): LedgerLine {
  const parts = /^\{"before":(null|\["([a-z-]+)",(\d+),(\d+),"(-?\d+)"\]),"entry":(.*)\}$/.exec(
    line,
  );
  if (parts === null) throw unreadable(path);
  const [, , type, mode, sizeBytes, mtimeNs, entry = ''] = parts;
  if (type === undefined) return { before: undefined, entry: parseLine(entry) };
  const before = {
    type: type as FileFormat,
    mode: Number(mode),
    sizeBytes: Number(sizeBytes),
    mtimeNs: BigInt(mtimeNs ?? 0),
  };
  return { before, entry: parseLine(entry) };
}

function unreadable(path: string): AppError {
  const message = `The list of what the restore did, ${path}, is damaged; nothing was undone.`;
  return new AppError('integrity', 'undo.ledger', message);
}
