/**
 * A run's log: one file of JSON lines in the instance's log directory, only ever appended to. A
 * line's sequence number is its place in the file, from 1, so a reader that knows the last number
 * it saw gets exactly what is new. Lines are the daemon's own sentences and the worker's; they may
 * name hostile paths, and every reader escapes them.
 */
import { mkdir, open, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../platform/clock.js';
import { errnoOf } from '../platform/errors.js';
import type { InstancePaths } from '../platform/instance.js';
import type { Logger } from '../platform/logger.js';
import { CLOCK, INSTANCE_PATHS, LOGGER } from '../platform/platform.module.js';

export type LogLevel = 'info' | 'warn' | 'error';

export interface LogLine {
  /** From 1, without gaps. */
  seq: number;
  at: string;
  level: LogLevel;
  message: string;
  /** The account's name, on lines of a task. */
  account?: string;
  taskId?: number;
}

export type NewLogLine = Omit<LogLine, 'seq' | 'at'>;

/** Where each line starts, and where the next one goes. */
interface LogIndex {
  offsets: number[];
  endOffset: number;
}

const MAX_MESSAGE_LENGTH = 4_000;
/** Indexes kept in memory; an index is read again from its file when it was dropped. */
const KEPT_INDEXES = 64;
const NEWLINE = 0x0a;

@Injectable()
export class RunLog {
  private readonly indexes = new Map<number, Promise<LogIndex>>();
  private readonly tails = new Map<number, Promise<unknown>>();

  constructor(
    @Inject(INSTANCE_PATHS) private readonly paths: Pick<InstancePaths, 'runLogs'>,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  /**
   * Adds lines in the order of the calls; resolves when they are in the file. Never rejects: a disk
   * that takes no log must not keep a task from ending.
   */
  async append(runId: number, lines: readonly NewLogLine[]): Promise<void> {
    if (lines.length === 0) return;
    const at = this.clock.now().toISOString();
    try {
      await this.inOrder(runId, () => this.write(runId, at, lines));
    } catch (error) {
      this.logger.warn(
        { err: error, runId, lines },
        'Lines of a run could not be added to its log',
      );
    }
  }

  /**
   * Lines after sequence number `after`, oldest first; none for a run that never logged. `last`:
   * only so many of the newest.
   */
  async read(
    runId: number,
    options: { after?: number; limit?: number; last?: number } = {},
  ): Promise<LogLine[]> {
    return this.inOrder(runId, async () => {
      const index = await this.indexOf(runId);
      const newest = index.offsets.length - (options.last ?? Infinity);
      const first = Math.max(0, options.after ?? 0, newest);
      const last = Math.min(index.offsets.length, first + (options.limit ?? Infinity));
      if (first >= last) return [];
      const from = index.offsets[first] ?? 0;
      const to = index.offsets[last] ?? index.endOffset;
      const text = await this.readRange(runId, from, to);
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line, at) => parseLine(line, first + at + 1));
    });
  }

  /** Removes the log of a run that is forgotten. */
  async remove(runId: number): Promise<void> {
    await this.inOrder(runId, async () => {
      this.indexes.delete(runId);
      await rm(this.pathOf(runId), { force: true });
    });
  }

  private async write(runId: number, at: string, lines: readonly NewLogLine[]): Promise<void> {
    const index = await this.indexOf(runId);
    const encoded = lines.map((line) => encodeLine(line, at));
    const handle = await open(this.pathOf(runId), 'a', 0o600);
    try {
      await handle.writeFile(Buffer.concat(encoded));
    } catch (error) {
      // Part of a line may be in the file now; the next caller looks again.
      this.indexes.delete(runId);
      throw error;
    } finally {
      await handle.close();
    }
    for (const line of encoded) {
      index.offsets.push(index.endOffset);
      index.endOffset += line.length;
    }
  }

  private async readRange(runId: number, from: number, to: number): Promise<string> {
    const handle = await open(this.pathOf(runId), 'r');
    try {
      const buffer = Buffer.alloc(to - from);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  private async indexOf(runId: number): Promise<LogIndex> {
    const known = this.indexes.get(runId);
    if (known !== undefined) return known;
    const loading = this.load(runId);
    this.indexes.set(runId, loading);
    loading.catch(() => this.indexes.delete(runId));
    for (const oldest of this.indexes.keys()) {
      if (this.indexes.size <= KEPT_INDEXES) break;
      this.indexes.delete(oldest);
    }
    return loading;
  }

  /** Reads where lines start. What a crash left of a last line is cut off. */
  private async load(runId: number): Promise<LogIndex> {
    await mkdir(this.paths.runLogs, { recursive: true, mode: 0o700 });
    const path = this.pathOf(runId);
    const bytes = await readFile(path).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const offsets: number[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      offsets.push(start);
      start = end + 1;
    }
    if (start < bytes.length) await truncate(path, start);
    return { offsets, endOffset: start };
  }

  /** One thing at a time for each run: lines keep their order, a reader sees whole lines. */
  private async inOrder<Value>(runId: number, act: () => Promise<Value>): Promise<Value> {
    const before = this.tails.get(runId) ?? Promise.resolve();
    const own = before.then(act, act);
    this.tails.set(runId, own);
    try {
      return await own;
    } finally {
      if (this.tails.get(runId) === own) this.tails.delete(runId);
    }
  }

  private pathOf(runId: number): string {
    return join(this.paths.runLogs, `${String(runId)}.jsonl`);
  }
}

function encodeLine(line: NewLogLine, at: string): Buffer {
  const message =
    line.message.length > MAX_MESSAGE_LENGTH
      ? `${line.message.slice(0, MAX_MESSAGE_LENGTH)}…`
      : line.message;
  return Buffer.from(`${JSON.stringify({ at, ...line, message })}\n`);
}

function parseLine(text: string, seq: number): LogLine {
  try {
    return { seq, ...(JSON.parse(text) as Omit<LogLine, 'seq'>) };
  } catch {
    // Keeps the numbering when a disk has eaten a line.
    return { seq, at: '', level: 'warn', message: 'This line of the log cannot be read.' };
  }
}
