/** A database in a snapshot: its tables, each in one or several pieces, and its other objects. */
import { z } from 'zod';
import { AppError } from '../../platform/errors.js';
import { displayPath, nameOf, parentOf } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { EngineContext } from '../types.js';
import { readContents, sourceOf } from '../restore/content-reader.js';
import { isRestorable } from '../restore/selection.js';
import type { Placed } from '../restore/restore-messages.js';
import { DATABASES, DESCRIPTION, TABLES, fileNameOf, pieceName } from './database-names.js';
import { OBJECT_KINDS, type DatabaseObject, type ObjectKind } from './mariadb-objects.js';

/** In this order each finds what it needs; of views, see `viewsInOrder`. */
const ORDER: readonly (ObjectKind | typeof TABLES)[] = [
  TABLES,
  'sequences',
  'functions',
  'procedures',
  'packages',
  'views',
  'triggers',
  'events',
];

/** Whether this is the folder of a database: `databases/<engine>/<name>`. */
export function isDatabaseFolder(path: BytePath): boolean {
  const [top, engine = '', name = '', ...rest] = path.split('/');
  return top === DATABASES && engine !== '' && name !== '' && rest.length === 0;
}

const settingName = z.string().regex(/^\w{1,64}$/);

/** What `database.json` holds. */
const databaseDescription = z.object({
  engine: z.literal('mariadb'),
  name: z.string().min(1).max(64),
  characterSet: settingName,
  collation: settingName,
  tables: z.array(z.object({ name: z.string().min(1).max(64) })),
  objects: z.array(
    z.object({
      kind: z.enum(Object.keys(OBJECT_KINDS) as [ObjectKind, ...ObjectKind[]]),
      name: z.string().min(1).max(64),
    }),
  ),
});
export type DatabaseDescription = z.infer<typeof databaseDescription>;

export class StoredDatabase {
  private constructor(
    private readonly reader: SnapshotReader,
    private readonly root: BytePath,
    private readonly folders: ReadonlyMap<string, Entry[]>,
  ) {}

  /** Throws `not-found` when the snapshot has no such folder. */
  static async open(reader: SnapshotReader, root: BytePath): Promise<StoredDatabase> {
    if ((await reader.find(root)) === undefined) {
      const message = `The snapshot has no "${displayPath(root)}".`;
      throw new AppError('not-found', 'path.not-found', message);
    }
    const folders = new Map<string, Entry[]>();
    for await (const entry of reader.below(root)) {
      const folder = parentOf(entry.path);
      if (entry.type !== 'file' || folder === root) continue;
      const known = folders.get(nameOf(folder));
      if (known === undefined) folders.set(nameOf(folder), [entry]);
      else known.push(entry);
    }
    return new StoredDatabase(reader, root, folders);
  }

  /** One script that makes everything; for an empty database. */
  async *script(context: EngineContext): AsyncGenerator<Uint8Array> {
    for (const kind of ORDER) {
      if (kind !== 'views') yield* this.scriptsOf(kind, context);
      else for (const text of viewsInOrder(await this.views(context))) yield Buffer.from(text);
    }
  }

  /** What the snapshot says of it. */
  async description(context: EngineContext): Promise<DatabaseDescription> {
    const path = `${this.root}/${DESCRIPTION}`;
    const entry = await this.reader.find(path);
    const bytes = entry === undefined ? undefined : await this.readWhole(entry, context);
    const parsed = databaseDescription.safeParse(JSON.parse(bytes?.toString('utf8') ?? 'null'));
    if (parsed.success) return parsed.data;
    throw notWhole(this.root, 'its description is missing or not one that Holdfast writes');
  }

  /** The script of a table. Throws `integrity` when the snapshot does not have it. */
  async *table(name: string, context: EngineContext): AsyncGenerator<Uint8Array> {
    const first = pieceName(fileNameOf(name), 1);
    const pieces = (this.folders.get(TABLES) ?? []).filter(({ path }) => {
      const file = nameOf(path);
      return file === first || (file.startsWith(`${first}.`) && /^\d{6,}$/.test(file.slice(first.length + 1))); // prettier-ignore
    });
    if (pieces.length === 0) throw notWhole(this.root, `its table "${name}" is missing`);
    yield* this.contentsOf(pieces, context);
  }

  /** The script of another object; undefined: the snapshot could not have it. */
  async object(
    { kind, name }: DatabaseObject,
    context: EngineContext,
  ): Promise<string | undefined> {
    const file = `${fileNameOf(name)}.sql`;
    const entry = this.folders.get(kind)?.find(({ path }) => nameOf(path) === file);
    if (entry === undefined || !isRestorable(entry)) return undefined;
    return (await this.readWhole(entry, context)).toString('utf8');
  }

  private async *scriptsOf(kind: string, context: EngineContext): AsyncGenerator<Uint8Array> {
    yield* this.contentsOf(this.folders.get(kind), context);
  }

  private async *contentsOf(
    entries: readonly Entry[] | undefined,
    context: EngineContext,
  ): AsyncGenerator<Uint8Array> {
    const contents = readContents(sourceOf(this.reader, context), placed(entries));
    for await (const { pieces } of contents) yield* pieces;
  }

  private async readWhole(entry: Entry, context: EngineContext): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    // A chunk may be overwritten when the next one is asked for.
    for await (const piece of this.contentsOf([entry], context)) parts.push(Buffer.from(piece));
    return Buffer.concat(parts);
  }

  private async views(context: EngineContext): Promise<string[]> {
    const texts: string[] = [];
    for (const entry of this.folders.get('views') ?? []) {
      texts.push((await this.readWhole(entry, context)).toString('utf8'));
    }
    return texts;
  }
}

async function* placed(entries: readonly Entry[] = []): AsyncGenerator<Placed> {
  await Promise.resolve();
  for (const entry of entries) yield { entry, path: entry.path };
}

const VIEW_NAME = / VIEW (`(?:[^`]|``)+`) AS /;

/** A view after those it names. Ones that name each other stay as they are: no server had them so. */
export function viewsInOrder(scripts: readonly string[]): string[] {
  const byName = new Map(scripts.map((script) => [VIEW_NAME.exec(script)?.[1] ?? script, script]));
  const done = new Set<string>();
  const ordered: string[] = [];
  const add = (name: string): void => {
    const script = byName.get(name);
    if (script === undefined || done.has(name)) return;
    done.add(name);
    for (const other of byName.keys()) if (script.includes(other)) add(other);
    ordered.push(script);
  };
  for (const name of byName.keys()) add(name);
  return ordered;
}

function notWhole(root: BytePath, why: string): AppError {
  const message = `The database in ${displayPath(root)} is not whole in this snapshot: ${why}.`;
  return new AppError('integrity', 'database.not-whole', message);
}
