/**
 * A small home that changes by chance, in every way that an incremental backup could overlook or
 * misread. What it then is, tree_snapshot.py tells: nothing here is shared with the engine.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { pick } from './kill-plan.js';

type Chance = () => number;

interface Item {
  /** Below the home; one character for each byte. */
  path: string;
  stats: Stats;
}

const KIB = 1024;
const MOST_ENTRIES = 140;
/** Whose the home is: nobody of this machine, or who runs the test. */
export const TENANT =
  process.geteuid?.() === 0
    ? { uid: 61_003, gid: 61_003 }
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const SOMEONE = 12_345;
const LARGE_BYTES = 5 * KIB * KIB + 17;

/** The home as it begins: each kind of entry once at least, and one file of several MiB. */
export function makeModelHome(home: string, seed: Chance): void {
  mkdirSync(home, { recursive: true });
  for (const folder of ['site', 'site/deep', 'mail', 'empty']) mkdirSync(`${home}/${folder}`);
  const changes = new ModelHome(home, seed);
  for (let count = 0; count < 40; count += 1) changes.change('write');
  writeFileSync(`${home}/large.bin`, randomBytes(LARGE_BYTES));
  for (const kind of CHANGES) changes.change(kind);
  changes.give();
}

const CHANGES = [
  ...(['write', 'write', 'append', 'truncate', 'patch', 'patch', 'touch', 'mode'] as const),
  ...(['copy', 'move', 'move', 'swap', 'link', 'symlink', 'holes', 'attribute'] as const),
  ...(['folder', 'replace', 'replace', 'odd name', 'fifo', 'owner', 'large'] as const),
];
type Change = (typeof CHANGES)[number] | 'remove';

export class ModelHome {
  constructor(
    private readonly home: string,
    private readonly random: Chance,
  ) {}

  /** One to eight changes. */
  changeSome(): void {
    const count = 1 + Math.floor(this.random() * 8);
    for (let done = 0; done < count; done += 1) {
      const isFull = this.items().length > MOST_ENTRIES;
      this.change(isFull || this.random() < 0.1 ? 'remove' : pick(CHANGES, this.random));
    }
    this.give();
  }

  /** What root made becomes the tenant's. */
  give(): void {
    if (process.geteuid?.() !== 0) return;
    for (const { path, stats } of [{ path: '', stats: lstatSync(this.home) }, ...this.items()]) {
      if (stats.uid === 0) lchownSync(this.at(path), TENANT.uid, TENANT.gid);
    }
  }

  change(kind: Change): void {
    this.changes[kind]();
  }

  private readonly changes: Record<Change, () => void> = {
    write: () => {
      writeFileSync(this.newPath(), this.content());
    },
    append: () => {
      this.onFile((path) => {
        writeFileSync(path, this.content(), { flag: 'a' });
      });
    },
    truncate: () => {
      this.onFile((path, { size }) => {
        truncateSync(path, Math.floor(size * this.random()));
      });
    },
    patch: () => {
      this.onFile((path, stats) => {
        this.patch(path, stats);
      });
    },
    touch: () => {
      this.onFile((path) => {
        writeFileSync(path, readFileSync(path));
      });
    },
    mode: () => {
      this.onAny((path, stats) => {
        if (!stats.isSymbolicLink()) chmodSync(path, 0o700 + Math.floor(this.random() * 0o100));
      });
    },
    copy: () => {
      this.onFile((path) => {
        copyFileSync(path, this.newPath());
      });
    },
    move: () => {
      this.onAny((path, stats) => {
        const isFolder = stats.isDirectory();
        renameSync(path, isFolder ? this.at(this.newName()) : this.newPath());
      });
    },
    swap: () => {
      this.onFile((path) => {
        this.onFile((other) => {
          if (!other.equals(path)) this.swap(path, other);
        });
      });
    },
    link: () => {
      this.onOne(isOfTenant, (path) => {
        linkSync(path, this.newPath());
      });
    },
    symlink: () => {
      symlinkSync(pick(['site', '../x', '/etc/passwd', 'nowhere'], this.random), this.newPath());
    },
    holes: () => {
      this.makeHoles(this.newPath());
    },
    attribute: () => {
      this.onOne(isPlainFile, (path) => {
        const value = String(this.random());
        execFileSync('setfattr', ['-n', 'user.note', '-v', value, '--', path.toString()]);
      });
    },
    folder: () => {
      mkdirSync(this.newPath(), { mode: 0o711 });
    },
    replace: () => {
      this.onAny((path, stats) => {
        this.replace(path, stats);
      });
    },
    'odd name': () => {
      const name = pick(
        ['\xff\xfe', ' a\nb', '?*[', '-rf', '\xc3\xa4', 'x'.repeat(240)],
        this.random,
      );
      writeFileSync(this.at(`${name}${this.newName()}`.slice(0, 255)), this.content());
    },
    fifo: () => {
      execFileSync('mkfifo', ['--', this.newPath().toString()]);
    },
    owner: () => {
      if (process.geteuid?.() !== 0) return;
      this.onOne(isOfOneName, (path) => {
        lchownSync(path, SOMEONE, SOMEONE);
      });
    },
    large: () => {
      const large = this.items().find(({ stats }) => stats.isFile() && stats.size > KIB * KIB);
      if (large === undefined) writeFileSync(this.newPath(), randomBytes(LARGE_BYTES));
      else this.patch(this.at(large.path), large.stats);
    },
    remove: () => {
      this.onAny((path) => {
        rmSync(path, { recursive: true });
      });
    },
  };

  /** Other bytes in the same inode, as long as before and with the same times. */
  private patch(path: Buffer, { size, atime, mtime }: Stats): void {
    const fd = openSync(path, 'r+');
    const bytes = randomBytes(Math.min(size, 64));
    writeSync(fd, bytes, 0, bytes.length, Math.floor((size - bytes.length) * this.random()));
    closeSync(fd);
    if (this.random() < 0.7) lutimesSync(path, atime, mtime);
  }

  private swap(path: Buffer, other: Buffer): void {
    const aside = this.at('aside');
    renameSync(path, aside);
    renameSync(other, path);
    renameSync(aside, other);
  }

  private replace(path: Buffer, stats: Stats): void {
    rmSync(path, { recursive: true });
    const makers = [
      () => {
        writeFileSync(path, this.content());
      },
      () => {
        mkdirSync(path);
      },
      () => {
        symlinkSync('site', path);
      },
    ];
    pick(makers, this.random)();
    if (this.random() < 0.5) lutimesSync(path, stats.atime, stats.mtime);
  }

  private makeHoles(path: Buffer): void {
    const fd = openSync(path, 'w');
    const size = Math.floor(this.random() * 3_000_000);
    writeSync(fd, this.content(), null, undefined, Math.floor(this.random() * size));
    if (this.random() < 0.5) ftruncateSync(fd, size + 1_000_000);
    closeSync(fd);
  }

  private content(): Buffer {
    const size = Math.floor(this.random() ** 4 * 200 * KIB);
    if (this.random() < 0.5) return randomBytes(size);
    return Buffer.alloc(size, `line ${String(Math.floor(this.random() * 1000))}\n`);
  }

  private onFile(act: (path: Buffer, stats: Stats) => void): void {
    this.onOne(({ stats }) => stats.isFile(), act);
  }

  private onAny(act: (path: Buffer, stats: Stats) => void): void {
    this.onOne(() => true, act);
  }

  private onOne(fits: (item: Item) => boolean, act: (path: Buffer, stats: Stats) => void): void {
    const items = this.items().filter(fits);
    if (items.length === 0) return;
    const { path, stats } = pick(items, this.random);
    act(this.at(path), stats);
  }

  private newPath(): Buffer {
    const folders = this.items().filter(({ path, stats }) => stats.isDirectory() && isPlain(path));
    const folder =
      folders.length === 0 || this.random() < 0.2 ? '' : `${pick(folders, this.random).path}/`;
    return this.at(`${folder}${this.newName()}`);
  }

  private newName(): string {
    return `n${Math.floor(this.random() * 2 ** 32).toString(36)}`;
  }

  private at(path: string): Buffer {
    return Buffer.concat([Buffer.from(`${this.home}/`), Buffer.from(path, 'latin1')]);
  }

  /** Everything below the home, in an order that is the same each time. */
  private items(): Item[] {
    const found: Item[] = [];
    const visit = (folder: string): void => {
      for (const name of readdirSync(this.at(folder), { encoding: 'latin1' }).sort()) {
        const path = folder === '' ? name : `${folder}/${name}`;
        const stats = lstatSync(this.at(path));
        found.push({ path, stats });
        if (stats.isDirectory()) visit(path);
      }
    };
    visit('');
    return found;
  }
}

/** Programs take no other names as arguments. */
function isPlain(path: string): boolean {
  return /^[ -~]*$/.test(path);
}

function isPlainFile({ path, stats }: Item): boolean {
  return stats.isFile() && isPlain(path);
}

/** A restore in place gives no file of several names to someone else. */
function isOfTenant({ stats }: Item): boolean {
  return stats.isFile() && stats.uid !== SOMEONE;
}

function isOfOneName({ stats }: Item): boolean {
  return stats.isFile() && stats.nlink === 1;
}
