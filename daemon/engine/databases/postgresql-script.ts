/**
 * The scripts of a PostgreSQL database in a snapshot, in pieces: those that `pg_dump` writes, and those
 * made of rows, which tell in their last line how many there are. Without its last line none is whole.
 */
import { AppError } from '../../platform/errors.js';
import { PieceCutter, type Piece } from './piece-cutter.js';
import { qualified, quoteLiteral } from './postgresql-names.js';
import { columnList, type PostgresqlTable } from './postgresql-objects.js';

export const PRE_DATA = 'pre-data';
export const POST_DATA = 'post-data';
export const SEQUENCES = 'sequences';
export const LARGE_OBJECTS = 'large-objects';

export const DUMP_END = '-- PostgreSQL database dump complete';
export const END_OF_ROWS = '\\.\n';
export const COLUMNS = '-- Columns: ';
export const ROWS = '-- Rows: ';

const LINE_FEED = 0x0a;
/** No line that is looked for is longer. */
const MAX_LOOKED_AT_BYTES = 256;

/** Makes a table's script stand by itself, whatever the session or the database was set to. */
const SETTINGS = `SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET search_path = '';
SET row_security = off;
SET DateStyle = ISO;
SET IntervalStyle = postgres;
SET lc_monetary = 'C';
`;

/** What comes before the rows; the columns are told for those who make the table anew. */
export function tableOpening(table: PostgresqlTable, encoding: string): string {
  const { columns, key } = table;
  const told = JSON.stringify({ columns, key });
  return `${COLUMNS}${told}\n${SETTINGS}${tableCopy(table, encoding)}\n`;
}

/** The statement that rows follow. */
export function tableCopy(
  table: Pick<PostgresqlTable, 'schema' | 'name' | 'columns'>,
  encoding: string,
): string {
  const how = `FROM stdin WITH (ENCODING ${quoteLiteral(encoding)})`;
  return `COPY ${qualified(table)}${columnList(table)} ${how};`;
}

/** Calls back for each line or part of one: a chunk may end within. */
function eachLine(chunk: Buffer, onPart: (part: Buffer, isEnd: boolean) => void): void {
  for (let from = 0; from < chunk.length;) {
    const end = chunk.indexOf(LINE_FEED, from) + 1;
    onPart(chunk.subarray(from, end === 0 ? chunk.length : end), end !== 0);
    from = end === 0 ? chunk.length : end;
  }
}

/** A script that consists of rows: each a line. */
export class RowsScript {
  private readonly cutter = new PieceCutter();
  private rows = 0;
  private rowBytes = 0;

  constructor(
    name: string,
    private readonly closing: string,
  ) {
    this.cutter.begin(name);
  }

  take(): Piece[] {
    return this.cutter.take();
  }

  open(text: string): void {
    this.cutter.append(Buffer.from(text));
  }

  write(chunk: Buffer): void {
    eachLine(chunk, (part, isEnd) => {
      this.cutter.append(part);
      this.rowBytes += part.length;
      if (!isEnd) return;
      this.rows += 1;
      if (this.cutter.suggestsEnd(this.rowBytes)) this.cutter.cut(false);
      this.rowBytes = 0;
    });
  }

  end(): void {
    this.cutter.append(Buffer.from(`${this.closing}${ROWS}${String(this.rows)}\n`));
    this.cutter.cut(true);
  }
}

/**
 * What `pg_dump` writes, but for the line that forbids `psql` the commands of its own until a random
 * word comes: it would make every dump another. A download says it anew.
 */
export class DumpScript {
  private readonly cutter = new PieceCutter();
  private line = Buffer.alloc(0);
  private lineBytes = 0;
  private word: string | undefined;
  private isWhole = false;

  constructor(name: string) {
    this.cutter.begin(name);
  }

  take(): Piece[] {
    return this.cutter.take();
  }

  write(chunk: Buffer): void {
    eachLine(chunk, (part, isEnd) => {
      // Short lines are kept until they are whole.
      if (this.lineBytes === 0 && this.line.length + part.length <= MAX_LOOKED_AT_BYTES) {
        this.line = Buffer.concat([this.line, part]);
      } else {
        this.cutter.append(this.line);
        this.cutter.append(part);
        this.lineBytes += this.line.length + part.length;
        this.line = Buffer.alloc(0);
      }
      if (isEnd) this.endLine();
    });
  }

  /** Throws when something is missing. */
  end(): void {
    this.cutter.append(this.line);
    if (!this.isWhole) {
      throw new AppError('source', 'database.dump', 'What pg_dump wrote is not whole: it ends early.'); // prettier-ignore
    }
    this.cutter.cut(true);
  }

  private endLine(): void {
    const text = this.line.toString('latin1').trimEnd();
    const bytes = this.line.length + this.lineBytes;
    if (!this.isRestriction(text)) this.cutter.append(this.line);
    if (text === DUMP_END) this.isWhole = true;
    if (this.cutter.suggestsEnd(bytes)) this.cutter.cut(false);
    this.line = Buffer.alloc(0);
    this.lineBytes = 0;
  }

  private isRestriction(line: string): boolean {
    const [, word] = /^\\restrict ([0-9A-Za-z]+)$/.exec(line) ?? [];
    if (word !== undefined && this.word === undefined) {
      this.word = word;
      return true;
    }
    return this.word !== undefined && line === `\\unrestrict ${this.word}`;
  }
}
