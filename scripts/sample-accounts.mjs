/**
 * Three made-up hosting accounts to try Holdfast on: a shop in a WordPress-like tree, a studio with
 * large uploads, a club with a maildir and awkward file names. The same every time.
 */
import { createCipheriv, createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const WORDS =
  'bread oven flour order price stock basket menu photo camera light frame choir concert tenor hall ticket member letter post page query table index value option theme widget hook filter cache admin user login'.split(
    ' ',
  );
const ACCOUNTS = [
  { name: 'bakery', uid: 60_101, email: 'anna@bakery.example', package: 'shop', make: makeBakery },
  { name: 'studio', uid: 60_102, email: 'ben@studio.example', package: 'media', make: makeStudio },
  { name: 'choir', uid: 60_103, email: 'carla@choir.example', package: 'mail', make: makeChoir },
];

/** The folder that `npm start` deletes and restores, below the home of `bakery`. */
export const DEMO_FOLDER = 'public_html/wp-content/uploads';

/**
 * Makes the accounts' homes below `directory` and the list of them that the account source reads.
 * A home that is whole is left as it is.
 */
export function ensureSampleAccounts(directory) {
  fs.mkdirSync(directory, { recursive: true, mode: 0o755 });
  const accounts = ACCOUNTS.map(({ make, uid, ...account }) => {
    const home = path.join(directory, account.name);
    if (!isWhole(home, account.name)) {
      fs.rmSync(home, { recursive: true, force: true });
      make(new Home(home));
      if (process.getuid() === 0) giveTo(uid, Buffer.from(home));
      // Beside the home, not in it: it is not the customer's.
      fs.writeFileSync(`${home}.made`, '');
    }
    return { ...account, home };
  });
  const file = path.join(directory, 'accounts.yaml');
  // JSON is YAML, and needs no library to write.
  fs.writeFileSync(file, `${JSON.stringify({ accounts }, null, 2)}\n`);
  return {
    file,
    names: accounts.map(({ name }) => name),
    homeOf: (name) => path.join(directory, name),
  };
}

/** A start that was killed between deleting and restoring leaves a home without the folder. */
function isWhole(home, name) {
  if (!fs.existsSync(`${home}.made`)) return false;
  return fs.existsSync(name === 'bakery' ? path.join(home, DEMO_FOLDER) : home);
}

/** Customers are not root; without root they are all the one who tries. */
function giveTo(uid, file) {
  fs.lchownSync(file, uid, uid);
  if (!fs.lstatSync(file).isDirectory()) return;
  for (const name of fs.readdirSync(file, { encoding: 'buffer' })) {
    giveTo(uid, Buffer.concat([file, Buffer.from('/'), name]));
  }
}

/** Writes files whose bytes and times follow from their names. */
class Home {
  constructor(directory) {
    this.directory = directory;
    fs.rmSync(`${directory}.made`, { force: true });
    fs.mkdirSync(directory, { recursive: true, mode: 0o755 });
  }

  /** `name` may be a Buffer: names are bytes. */
  write(folder, name, content) {
    const directory = path.join(this.directory, folder);
    fs.mkdirSync(directory, { recursive: true });
    const file = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name)]);
    fs.writeFileSync(file, content);
    const time =
      1_650_000_000 + (createHash('sha256').update(file).digest().readUInt32LE() % 1e8) / 1.25;
    fs.utimesSync(file, time, time);
  }

  text(folder, name, bytes) {
    this.write(folder, name, textOf(`${folder}/${name}`, bytes));
  }

  picture(folder, name, bytes) {
    this.write(folder, name, noiseOf(`${folder}/${name}`, bytes));
  }
}

function noiseOf(seed, bytes) {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

function textOf(seed, bytes) {
  const choices = noiseOf(seed, Math.ceil(bytes / 5) + 1);
  let text = '';
  for (let n = 0; text.length < bytes; n++) {
    text += WORDS[choices[n] % WORDS.length] + (n % 11 === 10 ? ';\n' : ' ');
  }
  return text.slice(0, bytes);
}

function makeBakery(home) {
  const site = 'public_html';
  const folders = ['wp-admin', 'wp-includes', 'wp-content/themes/crumb'];
  for (const plugin of ['shop', 'forms', 'seo', 'gallery']) {
    folders.push(`wp-content/plugins/${plugin}`);
  }
  home.text(site, 'index.php', 400);
  home.text(site, 'wp-config.php', 3000);
  for (let n = 0; n < 1400; n++) {
    const folder = folders[n % folders.length];
    const extension = ['php', 'php', 'js', 'css'][n % 4];
    home.text(
      `${site}/${folder}/${n % 3 === 0 ? 'inc' : ''}`,
      `file-${n}.${extension}`,
      600 + ((n * 977) % 24_000),
    );
  }
  for (let n = 0; n < 60; n++) {
    const folder = `${DEMO_FOLDER}/2026/${String(1 + (n % 12)).padStart(2, '0')}`;
    home.picture(folder, `cake-${n}.jpg`, 120_000 + ((n * 40_009) % 500_000));
  }
  home.text('backups', 'shop.sql', 4_000_000);
  fs.symlinkSync('public_html', path.join(home.directory, 'www'));
}

function makeStudio(home) {
  home.text('public_html', 'index.html', 2_000);
  for (let n = 0; n < 40; n++) {
    home.picture(
      `public_html/portfolio/${n % 5}`,
      `photo-${n}.webp`,
      300_000 + ((n * 91_009) % 900_000),
    );
  }
  home.picture('public_html/films', 'showreel.mp4', 12_000_000);
  home.text('logs', 'access.log', 3_000_000);
}

function makeChoir(home) {
  const folders = ['cur', 'new', '.Sent/cur', '.Archive/cur'];
  for (let n = 0; n < 2500; n++) {
    const head = `From: member${n % 40}@choir.example\nTo: info@choir.example\nSubject: Rehearsal ${n}\n\n`;
    const name = `${1_650_000_000 + n * 611}.M${n}P7.host:2,S`;
    const folder = `mail/choir.example/info/${folders[n % folders.length]}`;
    home.write(folder, name, head + textOf(name, 500 + ((n * 331) % 6_000)));
  }
  const awkward = [
    'What time?.txt',
    'all * voices.txt',
    'two\nlines.txt',
    '-rf',
    ' leading space',
    'Grüße 🎶.txt',
    "it's; $(fine) & `well`.txt",
    'a|b\\c.txt',
    Buffer.from('caf\xe9 in latin1.txt', 'latin1'),
  ];
  for (const name of awkward) home.write('documents/awkward names', name, 'Still the same.\n');
  fs.mkdirSync(path.join(home.directory, 'documents/empty folder'), { recursive: true });
  fs.symlinkSync('/nowhere/at/all', path.join(home.directory, 'documents/dangling link'));
}
