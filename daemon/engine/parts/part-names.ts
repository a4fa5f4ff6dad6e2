/** How the parts of an account besides its home and its databases are called in a snapshot. */
import { posix } from 'node:path';
import { nameOfFile } from '../databases/database-names.js';
import { fromText } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';

export const CERTIFICATES = 'certificates';
export const CRON = 'cron';
export const FTP = 'ftp';
export const MAIL = 'mail';
export const PANEL = 'config/panel';
export const ZONES = 'zones';

export const CRONTAB = `${CRON}/crontab`;
export const FTP_ACCOUNTS = `${FTP}/accounts.json`;
const ZONE = '.zone';

/** What a file system takes. */
export const MAX_NAME_BYTES = 255;

/**
 * A file name for an address, a domain or a path: ASCII characters other than letters, digits and
 * `_ $ @ . -` are written `%HH`, and so is a dot at the beginning. Unlike names of databases these keep
 * their dots: whoever restores by hand finds `example.com.zone`.
 */
export function partName(name: string): BytePath {
  // eslint-disable-next-line no-control-regex -- all of ASCII is meant
  return fromText(name).replace(/[\x00-\x7f]/g, (char, at: number) =>
    /[A-Za-z0-9_$@.-]/.test(char) && !(char === '.' && at === 0)
      ? char
      : `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

export function zonePath(domain: string): BytePath {
  return `${ZONES}/${partName(domain)}${ZONE}`;
}

export function mailboxPath(address: string): BytePath {
  return `${MAIL}/${partName(address)}`;
}

export function certificatePath(domain: string): BytePath {
  return `${CERTIFICATES}/${partName(domain)}`;
}

/** A panel keeps files of one name in many folders: the whole path is the name. */
export function panelPath(path: string): BytePath {
  return `${PANEL}/${partName(path.replace(/^\/+|\/+$/g, ''))}`;
}

/** Where each file of a certificate goes: under its own name, unless two share it. */
export function certificateFiles(domain: string, paths: readonly string[]): Map<BytePath, string> {
  const unique = [...new Set(paths)];
  const names = unique.map((path) => posix.basename(path));
  return new Map(
    unique.map((path, index) => {
      const name = names[index] ?? '';
      const isShared = names.indexOf(name) !== names.lastIndexOf(name);
      const fileName = partName(isShared ? path.replace(/^\/+/, '') : name);
      return [`${certificatePath(domain)}/${fileName}`, path];
    }),
  );
}

/** The item that lies at a path, when one begins there. */
export function partItemAt(path: BytePath): string | undefined {
  if (path === CRON) return 'cron';
  if (path === FTP) return 'ftp';
  const [top, name = '', ...rest] = path.split('/');
  if (name === '' || rest.length > 0) return undefined;
  if (top === MAIL) return `mailbox:${nameOfFile(name)}`;
  if (top === CERTIFICATES) return `certificate:${nameOfFile(name)}`;
  if (top !== ZONES || !name.endsWith(ZONE)) return undefined;
  return `zone:${nameOfFile(name.slice(0, -ZONE.length))}`;
}
