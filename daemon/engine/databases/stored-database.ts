/** A database in a snapshot: its tables, each in one or several pieces, and its other objects. */
import { AppError } from '../../platform/errors.js';
import { displayPath, nameOf, parentOf } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { EngineContext } from '../types.js';
import { readContents, sourceOf } from '../restore/content-reader.js';
import type { Placed } from '../restore/restore-messages.js';
import { DATABASES, TABLES } from './database-names.js';
import type { ObjectKind } from './mariadb-objects.js';

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

export class StoredDatabase {
  private constructor(
    private readonly reader: SnapshotReader,
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
    return new StoredDatabase(reader, folders);
  }

  /** One script that makes everything; for an empty database. */
  async *script(context: EngineContext): AsyncGenerator<Uint8Array> {
    for (const kind of ORDER) {
      if (kind !== 'views') yield* this.scriptsOf(kind, context);
      else for (const text of viewsInOrder(await this.views(context))) yield Buffer.from(text);
    }
  }

  private async *scriptsOf(kind: string, context: EngineContext): AsyncGenerator<Uint8Array> {
    const contents = readContents(sourceOf(this.reader, context), placed(this.folders.get(kind)));
    for await (const { pieces } of contents) yield* pieces;
  }

  private async views(context: EngineContext): Promise<string[]> {
    const texts: string[] = [];
    const contents = readContents(
      sourceOf(this.reader, context),
      placed(this.folders.get('views')),
    );
    for await (const { pieces } of contents) {
      const parts: Uint8Array[] = [];
      // A chunk may be overwritten when the next one is asked for.
      for await (const piece of pieces) parts.push(Buffer.from(piece));
      texts.push(Buffer.concat(parts).toString('utf8'));
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
