/**
 * Files in the manner of /etc/passwd that panels keep for FTP accounts and mailboxes. Pure. What
 * cannot be what it should be is left out and told of in `problems`.
 */
import type { AccountParts } from './account-parts.js';
import { Malformed } from './panel-files.js';
import { isLocalPart, shown } from './panel-names.js';

/** The file may be a customer's own, and what it lists goes into the catalogue. */
const MAX_MAILBOXES = 10_000;

/** `name:hash:uid:gid:comment:home:shell` lines. */
export function parseFtpPasswd(text: string): {
  ftpAccounts: AccountParts['ftpAccounts'];
  problems: string[];
} {
  const ftpAccounts = new Map<string, AccountParts['ftpAccounts'][number]>();
  const problems: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const [user = '', hash = '', , , , home = ''] = line.split(':');
    if (!/^[^\s\p{Cc}/]{1,255}$/u.test(user) || !isAbsolutePath(home)) {
      problems.push(`the line ${shown(line.split(':')[0] ?? '')} is no FTP account`);
      continue;
    }
    if (ftpAccounts.has(user)) continue;
    ftpAccounts.set(user, {
      user,
      home: home.replace(/\/$/, ''),
      ...(hash !== '' && { passwordHash: hash }),
    });
  }
  return { ftpAccounts: [...ftpAccounts.values()], problems };
}

/** The same lines of several users, for each of them by the uid. */
export function linesByUid(text: string): Map<number, string> {
  const lines = new Map<number, string>();
  for (const line of text.split(/\r?\n/)) {
    const uid = line.split(':')[2] ?? '';
    if (!/^\d{1,10}$/.test(uid)) continue;
    lines.set(Number(uid), `${lines.get(Number(uid)) ?? ''}${line}\n`);
  }
  return lines;
}

/** The local parts of `name:…` lines, each once. */
export function parseMailboxPasswd(text: string): { localParts: string[]; problems: string[] } {
  const names = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(':')[0] ?? '');
  const wrong = names.filter((name) => !isLocalPart(name));
  const localParts = [...new Set(names.filter(isLocalPart))];
  if (localParts.length > MAX_MAILBOXES) {
    throw new Malformed(`it lists more than ${MAX_MAILBOXES} mailboxes`);
  }
  return { localParts, problems: wrong.map((name) => `the line ${shown(name)} is no mailbox`) };
}

/** Absolute, and the same when it is normalized. */
export function isAbsolutePath(path: string): boolean {
  return /^(\/[^/\0\n]+)+\/?$/.test(path) && !/\/\.\.?(\/|$)/.test(path) && path.length <= 4096;
}
