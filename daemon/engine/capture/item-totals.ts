/** What each part of an account that can be restored alone holds: entries and bytes of content. */
import { DATABASES, DATABASE_USERS, nameOfFile } from '../databases/database-names.js';
import { parentOf, pathReference } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';

/** Top folders of a snapshot. */
export const HOME = 'homedir';
export const CONFIG = 'config';

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
  private itemOfFolder: ItemTotal | undefined;

  add(path: BytePath, bytes: number): void {
    const item = this.itemOf(path);
    if (item === undefined) return;
    item.entries += 1;
    item.bytes += bytes;
  }

  /** Roots as the snapshot file has them. */
  list(): ItemTotal[] {
    return [...this.items.values()].map((item) => ({ ...item, root: pathReference(item.root) }));
  }

  private itemOf(path: BytePath): ItemTotal | undefined {
    const folder = parentOf(path);
    // A folder that is itself the top of an item lies in one that is not.
    if (folder === this.folder && this.itemOfFolder !== undefined) return this.itemOfFolder;
    this.folder = folder;
    this.itemOfFolder = this.find(folder);
    return this.itemOfFolder ?? this.find(path) ?? this.begin(path);
  }

  private find(path: BytePath): ItemTotal | undefined {
    for (let at = path; at !== ''; at = parentOf(at)) {
      const item = this.items.get(at);
      if (item !== undefined) return item;
    }
    return undefined;
  }

  /** Such as the folder of a database: `databases/<engine>/<name>`. */
  private begin(path: BytePath): ItemTotal | undefined {
    const [top = '', engine, name, ...rest] = path.split('/');
    const kind = KINDS.get(top);
    if (kind === undefined || engine === undefined || name === undefined || rest.length > 0) return;
    const item = { name: this.freeName(`${kind}:${nameOfFile(name)}`, engine), root: path, entries: 0, bytes: 0 }; // prettier-ignore
    this.items.set(path, item);
    return item;
  }

  /** Two servers may have databases of one name. */
  private freeName(name: string, engine: string): string {
    const isTaken = [...this.items.values()].some((item) => item.name === name);
    return isTaken ? `${name}@${engine}` : name;
  }
}
