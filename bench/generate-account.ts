/**
 * Makes the home of a hosting account as the speed targets describe it: 30,000 files, 1.5 GB, of
 * which 71 % does not compress; three identical WordPress trees, uploads, a maildir of 20,000 mails
 * and 200 MB of SQL text. The same on every machine; what is there already is used again.
 */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { frequentWord, makeWords, noise, SeededRandom, textOf } from './seeded.js';

/** Raise it when anything here makes other bytes than before. */
const VERSION = 1;
const SEED = 'holdfast bench account';
const KB = 1000;
const MB = 1000 * KB;

export interface GeneratedAccount {
  home: string;
  files: number;
  bytes: number;
  /** Bytes that do not compress. */
  noiseBytes: number;
  /** A file of the uploads, relative to the home: what the single-file rows fetch. */
  oneFile: string;
}

/** The account below `directory`, made when it is not there yet. */
export function ensureAccount(directory: string): GeneratedAccount {
  return reuseOrMake(join(directory, `account-v${VERSION}`), (home) => {
    const tree = new TreeWriter(home);
    writeSites(tree);
    const oneFile = writeUploads(tree);
    writeMail(tree);
    writeSql(tree);
    return { ...tree.totals, oneFile };
  });
}

/** A home of `count` tiny files below `directory`, for the memory row. */
export function ensureTinyFiles(directory: string, count: number): GeneratedAccount {
  return reuseOrMake(join(directory, `tiny-${count}-v${VERSION}`), (home) => {
    const tree = new TreeWriter(home);
    const perFolder = 500;
    for (let n = 0; n < count; n++) {
      const folder = Math.floor(n / perFolder);
      const name = `${Math.floor(folder / 50)}/folder-${folder}/message-${n}.txt`;
      tree.file(name, Buffer.from(`Message ${n} of ${count}.\n`));
    }
    return { ...tree.totals, oneFile: '0/folder-0/message-0.txt' };
  });
}

/** A finished tree has its description beside it; a half-made one is made again. */
function reuseOrMake(
  base: string,
  make: (home: string) => Omit<GeneratedAccount, 'home'>,
): GeneratedAccount {
  const home = join(base, 'home');
  const description = join(base, 'account.json');
  if (existsSync(description)) {
    return JSON.parse(readFileSync(description, 'utf8')) as GeneratedAccount;
  }
  rmSync(base, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const account: GeneratedAccount = { home, ...make(home) };
  writeFileSync(description, JSON.stringify(account, null, 2));
  return account;
}

class TreeWriter {
  readonly totals = { files: 0, bytes: 0, noiseBytes: 0 };
  readonly #folders = new Set<string>();

  constructor(readonly home: string) {}

  /** Writes a file whose time follows from how many came before. */
  file(path: string, content: Buffer, isNoise = false): void {
    const full = join(this.home, path);
    const folder = dirname(full);
    if (!this.#folders.has(folder)) {
      mkdirSync(folder, { recursive: true });
      this.#folders.add(folder);
    }
    writeFileSync(full, content);
    const time = 1_600_000_000 + this.totals.files * 977.125;
    utimesSync(full, time, time);
    this.totals.files += 1;
    this.totals.bytes += content.length;
    if (isNoise) this.totals.noiseBytes += content.length;
  }
}

function linesOf(
  seed: string,
  count: number,
  write: (word: () => string, random: SeededRandom) => string,
): Buffer[] {
  const random = new SeededRandom(`${SEED}/lines/${seed}`);
  const words = makeWords(random, 900);
  const word = (): string => frequentWord(random, words);
  return Array.from({ length: count }, () => Buffer.from(write(word, random)));
}

/** Three installations of the same release: the same bytes three times. */
function writeSites(tree: TreeWriter): void {
  const code = linesOf('code', 4000, (word, random) => {
    const indent = '\t'.repeat(random.integer(0, 4));
    return random.pick([
      `${indent}$${word()}_${word()} = ${word()}_${word()}( $${word()}, '${word()}' );\n`,
      `${indent}if ( ! empty( $${word()}['${word()}'] ) ) {\n`,
      `${indent}return apply_filters( '${word()}_${word()}', $${word()} );\n`,
      `${indent} * ${word()} ${word()} ${word()} ${word()} ${word()} ${word()}.\n`,
      `${indent}}\n\n`,
    ]);
  });
  const folders = ['wp-admin', 'wp-includes', 'wp-includes/blocks', 'wp-content/themes/storefront'];
  for (let n = 0; n < 14; n++) folders.push(`wp-content/plugins/plugin-${n}`);
  for (const site of ['public_html', 'public_html/shop', 'public_html/staging']) {
    const random = new SeededRandom(`${SEED}/site`);
    for (let n = 0; n < 2920; n++) {
      const folder = `${site}/${random.pick(folders)}/${random.pick(['', 'inc/', 'assets/', 'languages/'])}`;
      if (n % 12 === 0) {
        tree.file(
          `${folder}icon-${n}.png`,
          noise(`icon ${n}`, random.logUniform(600, 20 * KB)),
          true,
        );
        continue;
      }
      const extension = random.pick(['php', 'php', 'php', 'js', 'css', 'json']);
      tree.file(
        `${folder}file-${n}.${extension}`,
        textOf(random, code, random.logUniform(300, 80 * KB)),
      );
    }
    symlinkSync('wp-content/uploads', join(tree.home, site, 'media'));
  }
}

/** Pictures, films and archives; returns one from the middle. */
function writeUploads(tree: TreeWriter): string {
  const random = new SeededRandom(`${SEED}/uploads`);
  const target = 1070 * MB;
  let oneFile = '';
  for (let n = 0; tree.totals.noiseBytes < target; n++) {
    const size = random.logUniform(100 * KB, 3 * MB);
    const extension = random.pick(['jpg', 'jpg', 'jpg', 'png', 'webp', 'mp4', 'zip', 'pdf']);
    const folder = `${2018 + (n % 6)}/${String(1 + (n % 12)).padStart(2, '0')}`;
    const path = `public_html/wp-content/uploads/${folder}/picture-${n}.${extension}`;
    tree.file(path, noise(`upload ${n}`, size), true);
    if (oneFile === '' && n > 500 && size > 900 * KB && size < 1100 * KB) oneFile = path;
  }
  return oneFile;
}

function writeMail(tree: TreeWriter): void {
  const body = linesOf('mail', 4000, (word, random) => {
    const words = Array.from({ length: random.integer(4, 13) }, word);
    return `${words.join(' ')}${random.pick(['.', ',', '?', ''])}\n`;
  });
  const random = new SeededRandom(`${SEED}/mail`);
  const folders = ['cur', 'cur', 'cur', 'new', '.Sent/cur', '.Archive/cur', '.Junk/cur'];
  for (let n = 0; n < 20_000; n++) {
    const time = 1_600_000_000 + n * 977;
    const head =
      `Return-Path: <customer${n % 311}@example.net>\nMessage-ID: <${noise(`id ${n}`, 12).toString('hex')}@example.net>\n` +
      `Date: ${new Date(time * 1000).toUTCString()}\nFrom: Customer ${n % 311} <customer${n % 311}@example.net>\n` +
      `To: info@example.com\nSubject: Order ${n}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n`;
    const text = textOf(random, body, random.logUniform(600, 20 * KB));
    const path = `mail/example.com/${random.pick(['info', 'sales'])}/${random.pick(folders)}`;
    tree.file(
      `${path}/${time}.M${n}P77.host,S=${text.length}:2,S`,
      Buffer.concat([Buffer.from(head), text]),
    );
  }
}

/** Dumps of a shop's database. */
function writeSql(tree: TreeWriter): void {
  const random = new SeededRandom(`${SEED}/sql`);
  for (const [table, megabytes] of [
    ['wp_posts', 110],
    ['wp_postmeta', 60],
    ['wp_options', 10],
    ['wp_comments', 20],
  ] as const) {
    const rows = linesOf(table, 5000, (word, r) => {
      const date = `'20${r.integer(18, 24)}-0${r.integer(1, 9)}-${r.integer(10, 28)} 1${r.integer(0, 9)}:${r.integer(10, 59)}:00'`;
      const text = Array.from({ length: r.integer(2, 18) }, word).join(' ');
      return `(${r.integer(1, 99_999)},${date},'_${word()}_${word()}','${text}',0,'publish','open'),\n`;
    });
    const parts = [
      Buffer.from(`INSERT INTO \`${table}\` VALUES\n`),
      textOf(random, rows, megabytes * MB),
    ];
    tree.file(`backups/${table}.sql`, Buffer.concat(parts));
  }
}
