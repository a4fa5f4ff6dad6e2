/**
 * Takes apart what `mariadb-dump` writes of given tables: the text that makes each, and its rows one
 * by one, so that they can be counted and put together anew. Rows may be of any length; what is not
 * rows is taken line by line. mariadb-dump escapes line feeds within strings of rows.
 */
import { AppError } from '../../platform/errors.js';
import { quoteName } from './sql-names.js';

/** What is told, in the order of the dump. */
export interface DumpListener {
  onTable(table: string): void;
  /** Lines, line feeds included. */
  onText(bytes: Buffer): void;
  /** Rows follow: `INSERT INTO … VALUES`. */
  onInsert(opening: Buffer): void;
  /** Part of a row `(…)`, the whole of it mostly. */
  onRow(bytes: Buffer, isEnd: boolean): void;
}

const QUOTE = 0x27;
const BACKSLASH = 0x5c;
const OPEN = 0x28;
const CLOSE = 0x29;
const SEMICOLON = 0x3b;
const LINE_FEED = 0x0a;
const INSERT = Buffer.from('INSERT INTO `');
/** Nothing but rows is longer. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
/** Most statements name no columns; rows that follow at once need not be looked at. */
const USUAL_OPENING_BYTES = 8 * 1024;

/** `INSERT INTO` a quoted name, perhaps columns, `VALUES`. */
const OPENING = /^INSERT INTO `(?:[^`]|``)*`(?: \((?:`(?:[^`]|``)*`(?:, ?)?)*\))? VALUES\s*/;
const FOOTER = Buffer.from('/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n');

export class MariadbDumpParser {
  private rest: Buffer = Buffer.alloc(0);
  private state: 'header' | 'text' | 'rows' | 'footer' = 'header';
  private nextTable = 0;
  private readonly beginnings: Buffer[];
  private depth = 0;
  private isQuoted = false;
  private isEscaped = false;

  /** `tables` in the order in which they were asked for. */
  constructor(
    private readonly tables: readonly string[],
    private readonly listener: DumpListener,
  ) {
    this.beginnings = tables.map((table) =>
      Buffer.from(`DROP TABLE IF EXISTS ${quoteName(table)};\n`),
    );
  }

  write(chunk: Buffer): void {
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (let taken = -1; taken !== 0 && bytes.length > 0;) {
      taken = this.state === 'rows' ? this.takeRows(bytes) : this.takeLine(bytes);
      bytes = bytes.subarray(taken);
    }
    if (bytes.length > MAX_LINE_BYTES) throw unreadable('a line has no end');
    this.rest = Buffer.from(bytes);
  }

  /** Throws when something is missing. */
  end(): void {
    const missing = this.tables[this.nextTable];
    if (missing !== undefined) throw unreadable(`the table "${missing}" is missing`);
    if (this.state !== 'footer') throw unreadable('it ends early');
  }

  /** How many bytes were dealt with; 0: the line goes on in the next chunk. */
  private takeLine(bytes: Buffer): number {
    if (this.state === 'text' && bytes.subarray(0, INSERT.length).equals(INSERT)) {
      return this.takeOpening(bytes);
    }
    const end = bytes.indexOf(LINE_FEED) + 1;
    if (end === 0) return 0;
    const line = bytes.subarray(0, end);
    const beginning = this.beginnings[this.nextTable];
    if (beginning?.equals(line) === true) {
      this.state = 'text';
      this.listener.onTable(this.tables[this.nextTable] ?? '');
      this.nextTable += 1;
    } else if (beginning === undefined && line.equals(FOOTER)) {
      this.state = 'footer';
    }
    if (this.state === 'text' && line.length > 1) this.listener.onText(line);
    return end;
  }

  private takeOpening(bytes: Buffer): number {
    const found = openingOf(bytes, USUAL_OPENING_BYTES) ?? openingOf(bytes, MAX_LINE_BYTES);
    if (found === undefined || found[0].length === bytes.length) return 0;
    const opening = bytes.subarray(0, found[0].trimEnd().length);
    this.listener.onInsert(Buffer.from(opening));
    this.state = 'rows';
    return found[0].length;
  }

  private takeRows(bytes: Buffer): number {
    let from = 0;
    let at = 0;
    let { depth, isQuoted, isEscaped } = this;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (isEscaped) isEscaped = false;
      else if (isQuoted) {
        if (byte === QUOTE) isQuoted = false;
        else if (byte === BACKSLASH) isEscaped = true;
      } else if (byte === QUOTE) isQuoted = true;
      else if (byte === OPEN) {
        if (depth === 0) from = at;
        depth += 1;
      } else if (byte === CLOSE) {
        depth -= 1;
        if (depth === 0) this.listener.onRow(bytes.subarray(from, at + 1), true);
      } else if (byte === SEMICOLON && depth === 0) {
        Object.assign(this, { depth: 0, isQuoted: false, isEscaped: false, state: 'text' });
        return at + 1;
      }
    }
    if (depth > 0) this.listener.onRow(bytes.subarray(from), false);
    Object.assign(this, { depth, isQuoted, isEscaped });
    return bytes.length;
  }
}

function openingOf(bytes: Buffer, atMost: number): RegExpExecArray | undefined {
  return OPENING.exec(bytes.subarray(0, atMost).toString('latin1')) ?? undefined;
}

function unreadable(why: string): AppError {
  return new AppError('source', 'database.dump', `What mariadb-dump wrote is not whole: ${why}.`);
}
