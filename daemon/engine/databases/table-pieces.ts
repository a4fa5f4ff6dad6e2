/**
 * Puts the rows of tables together anew, in pieces of at most 2 MiB which, joined in order, are the
 * table's SQL script. Where a piece ends depends on its rows, so that after a change only the pieces
 * around it are others. The last line tells how many rows there are: without it, a table is not whole.
 */
import { crc32 } from 'node:zlib';
import type { DumpListener } from './mariadb-dump-parser.js';

/** Larger ones would be read in pieces of an archive (engine/capture/slab-cutter.ts). */
const MAX_PIECE_BYTES = 2 * 1024 * 1024;
const MIN_PIECE_BYTES = 256 * 1024;
/** Between two ends that rows suggest, on average. */
const USUAL_PIECE_BYTES = 1024 * 1024;
/** Servers refuse statements beyond max_allowed_packet, 16 MiB by default. */
const MAX_STATEMENT_BYTES = 1024 * 1024;
/** How much of a row's end decides. */
const JUDGED_BYTES = 64;

/** Makes every script stand by itself: mariadb-dump's own beginning tells versions and dates. */
const PREAMBLE = Buffer.from(`SET NAMES utf8mb4;
SET TIME_ZONE='+00:00';
SET UNIQUE_CHECKS=0, FOREIGN_KEY_CHECKS=0, SQL_NOTES=0;
SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO';
`);
const BETWEEN_ROWS = Buffer.from(',\n');
const LINE_END = Buffer.from('\n');
const STATEMENT_END = Buffer.from(';\n');

export interface TablePiece {
  table: string;
  /** From 1. */
  number: number;
  content: Buffer;
  isLast: boolean;
}

export class TablePieces implements DumpListener {
  private ready: TablePiece[] = [];
  private readonly piece = Buffer.allocUnsafe(MAX_PIECE_BYTES);
  private length = 0;
  private table: string | undefined;
  private number = 1;
  private rows = 0;
  private opening: Buffer = Buffer.alloc(0);
  private isInStatement = false;
  private isInRow = false;
  private statementBytes = 0;
  private rowBytes = 0;

  /** What is done by now. */
  take(): TablePiece[] {
    const { ready } = this;
    this.ready = [];
    return ready;
  }

  onTable(table: string): void {
    this.endTable();
    this.table = table;
    this.append(PREAMBLE);
  }

  onText(bytes: Buffer): void {
    this.endStatement();
    this.append(bytes);
  }

  onInsert(opening: Buffer): void {
    if (!opening.equals(this.opening)) this.endStatement();
    this.opening = opening;
  }

  onRow(bytes: Buffer, isEnd: boolean): void {
    if (!this.isInRow) this.beginRow();
    this.append(bytes);
    this.rowBytes += bytes.length;
    this.isInRow = !isEnd;
    if (isEnd) this.endRow();
  }

  /** What there is of the last table; `take` has it then. */
  endTable(): void {
    if (this.table === undefined) return;
    this.endStatement();
    this.append(Buffer.from(`-- Rows: ${String(this.rows)}\n`));
    this.cut(true);
    this.table = undefined;
    this.number = 1;
    this.rows = 0;
  }

  private beginRow(): void {
    if (this.isInStatement) {
      this.append(BETWEEN_ROWS);
    } else {
      this.append(this.opening);
      this.append(LINE_END);
      this.statementBytes = 0;
    }
    this.isInStatement = true;
    this.rowBytes = 0;
  }

  private endRow(): void {
    this.rows += 1;
    this.statementBytes += this.rowBytes;
    const isEnd = this.length >= MIN_PIECE_BYTES && this.suggestsEnd();
    if (isEnd || this.statementBytes >= MAX_STATEMENT_BYTES) this.endStatement();
    if (isEnd) this.cut(false);
  }

  /** Likelier after longer rows, so that it happens every so many bytes. */
  private suggestsEnd(): boolean {
    const judged = this.piece.subarray(Math.max(0, this.length - JUDGED_BYTES), this.length);
    return crc32(judged) / 2 ** 32 < this.rowBytes / USUAL_PIECE_BYTES;
  }

  private endStatement(): void {
    if (this.isInStatement) this.append(STATEMENT_END);
    this.isInStatement = false;
  }

  private append(bytes: Buffer): void {
    for (let from = 0; from < bytes.length;) {
      const part = bytes.subarray(from, from + MAX_PIECE_BYTES - this.length);
      this.piece.set(part, this.length);
      this.length += part.length;
      from += part.length;
      if (this.length === MAX_PIECE_BYTES) this.cut(false);
    }
  }

  private cut(isLast: boolean): void {
    const content = Buffer.from(this.piece.subarray(0, this.length));
    this.ready.push({ table: this.table ?? '', number: this.number, content, isLast });
    this.number += 1;
    this.length = 0;
  }
}
