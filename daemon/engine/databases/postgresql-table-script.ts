/** The rows of a table in a snapshot: what is told of them before, the rows, and how many there were. */
import type { EngineContext } from '../types.js';
import type { PostgresqlColumn } from './postgresql-objects.js';
import { COLUMNS, tableCopy } from './postgresql-script.js';
import type { StoredPostgresql, TableName } from './stored-postgresql.js';

/** `\\.` and the line that tells how many rows there were. */
const TAIL_BYTES = 64;
const MAX_HEAD_BYTES = 16 * 1024 * 1024;

interface Head {
  columns: PostgresqlColumn[];
  key: string[] | null;
}

/** The script of a table, from whose head its columns are known. */
export class TableScript {
  /** Known once all rows were read. */
  told: number | undefined;

  private constructor(
    private readonly source: { stored: StoredPostgresql; table: TableName },
    private readonly head: Head,
    /** What follows of the rows' beginning. */
    private readonly first: Buffer,
    private readonly rest: AsyncGenerator<Uint8Array>,
  ) {}

  get columns(): PostgresqlColumn[] {
    return this.head.columns;
  }

  /** Of the primary key. */
  get key(): string[] | null {
    return this.head.key;
  }

  static async open(
    stored: StoredPostgresql,
    table: TableName,
    encoding: string,
    context: EngineContext,
  ): Promise<TableScript> {
    const content = stored.table(table, context);
    let head = Buffer.alloc(0);
    for (;;) {
      const next = await content.next();
      if (next.done === true || head.length > MAX_HEAD_BYTES) {
        await content.return(undefined);
        throw stored.broken(`the beginning of "${table.name}" is missing`);
      }
      head = Buffer.concat([head, next.value]);
      const told = toldColumns(head);
      if (told === undefined) continue;
      const copy = Buffer.from(`\n${tableCopy({ ...table, columns: told.columns }, encoding)}\n`);
      const at = head.indexOf(copy);
      if (at < 0) continue;
      return new TableScript({ stored, table }, told, head.subarray(at + copy.length), content);
    }
  }

  /** Of one whose rows were not read. */
  async close(): Promise<void> {
    await this.rest.return(undefined);
  }

  /** As COPY takes them. */
  async *rows(): AsyncGenerator<Buffer> {
    let kept = this.first;
    for await (const chunk of this.rest) {
      kept = Buffer.concat([kept, chunk]);
      if (kept.length <= TAIL_BYTES) continue;
      yield kept.subarray(0, kept.length - TAIL_BYTES);
      kept = Buffer.from(kept.subarray(kept.length - TAIL_BYTES));
    }
    const [tail, count] = /(?<=^|\n)\\\.\n-- Rows: (\d+)\n$/.exec(kept.toString('latin1')) ?? [];
    const { stored, table } = this.source;
    if (tail === undefined) throw stored.broken(`the end of "${table.name}" is missing`);
    this.told = Number(count);
    yield kept.subarray(0, kept.length - tail.length);
  }
}

function toldColumns(head: Buffer): Head | undefined {
  const end = head.indexOf('\n');
  if (end < 0 || !head.subarray(0, COLUMNS.length).equals(Buffer.from(COLUMNS))) return undefined;
  return JSON.parse(head.toString('utf8', COLUMNS.length, end)) as Head;
}
