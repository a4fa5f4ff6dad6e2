/**
 * Puts the rows of MariaDB's tables together anew, in pieces (piece-cutter.ts) of the table's SQL
 * script. The last line tells how many rows there are: without it, a table is not whole.
 */
import type { DumpListener } from './mariadb-dump-parser.js';
import { PieceCutter, type Piece } from './piece-cutter.js';

/** Servers refuse statements beyond max_allowed_packet, 16 MiB by default. */
const MAX_STATEMENT_BYTES = 1024 * 1024;

/** Makes every script stand by itself: mariadb-dump's own beginning tells versions and dates. */
const PREAMBLE = Buffer.from(`SET NAMES utf8mb4;
SET TIME_ZONE='+00:00';
SET UNIQUE_CHECKS=0, FOREIGN_KEY_CHECKS=0, SQL_NOTES=0;
SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO';
`);
const BETWEEN_ROWS = Buffer.from(',\n');
const LINE_END = Buffer.from('\n');
const STATEMENT_END = Buffer.from(';\n');

export class TablePieces implements DumpListener {
  private readonly cutter = new PieceCutter();
  private isInTable = false;
  private rows = 0;
  private opening: Buffer = Buffer.alloc(0);
  private isInStatement = false;
  private isInRow = false;
  private statementBytes = 0;
  private rowBytes = 0;

  /** What is done by now, named by table. */
  take(): Piece[] {
    return this.cutter.take();
  }

  onTable(table: string): void {
    this.endTable();
    this.isInTable = true;
    this.cutter.begin(table);
    this.cutter.append(PREAMBLE);
  }

  onText(bytes: Buffer): void {
    this.endStatement();
    this.cutter.append(bytes);
  }

  onInsert(opening: Buffer): void {
    if (!opening.equals(this.opening)) this.endStatement();
    this.opening = opening;
  }

  onRow(bytes: Buffer, isEnd: boolean): void {
    if (!this.isInRow) this.beginRow();
    this.cutter.append(bytes);
    this.rowBytes += bytes.length;
    this.isInRow = !isEnd;
    if (isEnd) this.endRow();
  }

  /** What there is of the last table; `take` has it then. */
  endTable(): void {
    if (!this.isInTable) return;
    this.endStatement();
    this.cutter.append(Buffer.from(`-- Rows: ${String(this.rows)}\n`));
    this.cutter.cut(true);
    this.isInTable = false;
    this.rows = 0;
  }

  private beginRow(): void {
    if (this.isInStatement) {
      this.cutter.append(BETWEEN_ROWS);
    } else {
      this.cutter.append(this.opening);
      this.cutter.append(LINE_END);
      this.statementBytes = 0;
    }
    this.isInStatement = true;
    this.rowBytes = 0;
  }

  private endRow(): void {
    this.rows += 1;
    this.statementBytes += this.rowBytes;
    const isEnd = this.cutter.suggestsEnd(this.rowBytes);
    if (isEnd || this.statementBytes >= MAX_STATEMENT_BYTES) this.endStatement();
    if (isEnd) this.cutter.cut(false);
  }

  private endStatement(): void {
    if (this.isInStatement) this.cutter.append(STATEMENT_END);
    this.isInStatement = false;
  }
}
