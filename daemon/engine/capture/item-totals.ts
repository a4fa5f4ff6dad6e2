/** What each part of an account that can be restored alone holds: entries and bytes of content. */
import { DATABASES, DATABASE_USERS, nameOfFile } from '../databases/database-names.js';
import { parentOf, pathReference } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import { partItemAt } from '../parts/part-names.js';

/** Top folders of a snapshot. */
export const HOME = 'homedir';
export const CONFIG = 'config';

function count(item: ItemTotal, bytes: number): void {
  item.entries += 1;
  item.bytes += bytes;
}

/** Below these each folder of a folder is an item. */
const KINDS = new Map([
  [DATABASES, 'database'],
  [DATABASE_USERS, 'database-user'],
]);

export interface ItemTotal {
  name: string;
  /** Top path. */
  root: string;
  entries: number;
  bytes: number;
}

export class ItemTotals {
  private readonly items = new Map<BytePath, ItemTotal>([
    [CONFIG, { name: 'config', root: CONFIG, entries: 0, bytes: 0 }],
    [HOME, { name: 'files', root: HOME, entries: 0, bytes: 0 }],
  ]);
  /** Entries come folder by folder. */
  private folder: BytePath | undefined;
  private itemsOfFolder: ItemTotal[] = [];

  /** `within`: names of items that lie in others, by their top. */
  constructor(private readonly within: ReadonlyMap<BytePath, string> = new Map()) {}

  /** What lies in an item that lies in another one counts for both. */
  add(path: BytePath, bytes: number): void {
    const folder = parentOf(path);
    if (folder !== this.folder) {
      this.folder = folder;
      this.itemsOfFolder = this.around(folder);
    }
    for (const item of this.itemsOfFolder) count(item, bytes);
    const own = this.items.get(path) ?? this.begin(path);
    if (own !== undefined) count(own, bytes);
  }

  /** Roots as the snapshot file has them. */
  list(): ItemTotal[] {
    return [...this.items.values()].map((item) => ({ ...item, root: pathReference(item.root) }));
  }

  private around(path: BytePath): ItemTotal[] {
    const found: ItemTotal[] = [];
    for (let at = path; at !== ''; at = parentOf(at)) {
      const item = this.items.get(at);
      if (item !== undefined) found.push(item);
    }
    return found;
  }

  private begin(path: BytePath): ItemTotal | undefined {
    const isWithin = this.itemsOfFolder.length > 0;
    const name = isWithin ? this.within.get(path) : (partItemAt(path) ?? this.databaseItemAt(path));
    if (name === undefined) return undefined;
    const item = { name, root: path, entries: 0, bytes: 0 };
    this.items.set(path, item);
    return item;
  }

  /** Such as the folder of a database: `databases/<engine>/<name>`. */
  private databaseItemAt(path: BytePath): string | undefined {
    const [top = '', engine, name, ...rest] = path.split('/');
    const kind = KINDS.get(top);
    if (kind === undefined || engine === undefined || name === undefined || rest.length > 0) return;
    return this.freeName(`${kind}:${nameOfFile(name)}`, engine);
  }

  /** Two servers may have databases of one name. */
  private freeName(name: string, engine: string): string {
    const isTaken = [...this.items.values()].some((item) => item.name === name);
    return isTaken ? `${name}@${engine}` : name;
  }
}
