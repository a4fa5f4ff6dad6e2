/**
 * A PostgreSQL database in a snapshot: its description, the scripts before and after the rows, and the
 * rows of each table, each in one or several pieces.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../platform/errors.js';
import { displayPath, nameOf, parentOf } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import { readContents, sourceOf } from '../restore/content-reader.js';
import type { EngineContext } from '../types.js';
import { DESCRIPTION, TABLES, fileNameOf } from './database-names.js';
import { LARGE_OBJECTS, POST_DATA, PRE_DATA, SEQUENCES } from './postgresql-script.js';

const MAX_DESCRIPTION_BYTES = 64 * 1024 * 1024;

/** Newer versions may tell more. */
const description = z.object({
  engine: z.literal('postgresql'),
  name: z.string(),
  serverVersion: z.string(),
  owner: z.string(),
  encoding: z.string(),
  collation: z.string(),
  characterType: z.string(),
  localeProvider: z.string().optional(),
  locale: z.string().optional(),
  connectionLimit: z.number(),
  comment: z.string().nullable(),
  access: z
    .array(
      z.object({ grantee: z.string().nullable(), privilege: z.string(), isGrantable: z.boolean() }),
    )
    .nullable(),
  settings: z.array(z.object({ role: z.string().nullable(), settings: z.array(z.string()) })),
  tables: z.array(
    z.object({ schema: z.string(), name: z.string(), kind: z.enum(['table', 'partitioned']) }),
  ),
  largeObjects: z.number(),
});

export type PostgresqlDescription = z.infer<typeof description>;

export interface TableName {
  schema: string;
  name: string;
}

type Part = typeof PRE_DATA | typeof POST_DATA | typeof SEQUENCES | typeof LARGE_OBJECTS;

export class StoredPostgresql {
  private constructor(
    private readonly reader: SnapshotReader,
    readonly root: BytePath,
    /** Pieces in order, by the path of the first. */
    private readonly scripts: ReadonlyMap<BytePath, Entry[]>,
  ) {}

  /** Throws `not-found` when the snapshot has no such folder. */
  static async open(reader: SnapshotReader, root: BytePath): Promise<StoredPostgresql> {
    if ((await reader.find(root)) === undefined) {
      const message = `The snapshot has no "${displayPath(root)}".`;
      throw new AppError('not-found', 'path.not-found', message);
    }
    const scripts = new Map<BytePath, Entry[]>();
    for await (const entry of reader.below(root)) {
      if (entry.type !== 'file') continue;
      const first = entry.path.replace(/\.sql\.\d+$/, '.sql');
      const known = scripts.get(first);
      if (known === undefined) scripts.set(first, [entry]);
      else known.push(entry);
    }
    return new StoredPostgresql(reader, root, scripts);
  }

  async describe(context: EngineContext): Promise<PostgresqlDescription> {
    const entries = this.scripts.get(`${this.root}/${DESCRIPTION}`) ?? [];
    const size = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (size > MAX_DESCRIPTION_BYTES) throw this.broken('its description is too long');
    const parts: Buffer[] = [];
    for await (const piece of this.contents(entries, context)) parts.push(Buffer.from(piece));
    try {
      return description.parse(JSON.parse(Buffer.concat(parts).toString('utf8')));
    } catch (error) {
      throw this.broken('its description cannot be read', error);
    }
  }

  has(part: Part): boolean {
    return this.scripts.has(this.pathOf(part));
  }

  part(part: Part, context: EngineContext): AsyncGenerator<Uint8Array> {
    return this.contents(this.scripts.get(this.pathOf(part)), context);
  }

  hasTable(table: TableName): boolean {
    return this.scripts.has(this.pathOfTable(table));
  }

  table(table: TableName, context: EngineContext): AsyncGenerator<Uint8Array> {
    return this.contents(this.scripts.get(this.pathOfTable(table)), context);
  }

  /** One script that makes everything, for `psql` and an empty database. What a tenant named or wrote
   * cannot give `psql` orders in it: those end with a word that nobody knew. */
  async *script(context: EngineContext): AsyncGenerator<Uint8Array> {
    const word = randomBytes(24).toString('hex');
    yield Buffer.from(`\\restrict ${word}\n`);
    yield* this.part(PRE_DATA, context);
    yield* this.contents(this.tableEntries(), context);
    yield* this.part(LARGE_OBJECTS, context);
    yield* this.part(SEQUENCES, context);
    yield* this.part(POST_DATA, context);
    yield Buffer.from(`\\unrestrict ${word}\n`);
  }

  broken(why: string, cause?: unknown): AppError {
    return new AppError('integrity', 'database.broken', `The database "${displayPath(nameOf(this.root))}" of the snapshot cannot be used: ${why}.`, { cause }); // prettier-ignore
  }

  private tableEntries(): Entry[] {
    const below = `${this.root}/${TABLES}/`;
    return [...this.scripts].flatMap(([path, pieces]) => (path.startsWith(below) ? pieces : []));
  }

  private pathOf(part: Part): BytePath {
    return `${this.root}/${part}.sql`;
  }

  private pathOfTable({ schema, name }: TableName): BytePath {
    return `${this.root}/${TABLES}/${fileNameOf(schema)}/${fileNameOf(name)}.sql`;
  }

  private async *contents(
    entries: readonly Entry[] = [],
    context: EngineContext,
  ): AsyncGenerator<Uint8Array> {
    const placed = (async function* () {
      await Promise.resolve();
      for (const entry of entries) yield { entry, path: entry.path };
    })();
    for await (const { pieces } of readContents(sourceOf(this.reader, context), placed)) {
      yield* pieces;
    }
  }
}

export function isPostgresqlFolder(path: BytePath): boolean {
  return nameOf(parentOf(path)) === 'postgresql';
}
