/**
 * Virtualmin's mailboxes and FTP accounts, which are Unix users of the account's group: those of
 * /etc/passwd, and the addresses that Postfix delivers to them. Pure.
 */
import type { PasswdEntry } from '../passwd.js';

export interface ServerUser extends PasswdEntry {
  shell: string;
}

/** Shells of users who only have mail. */
const MAIL_ONLY = new Set(['/dev/null', '/sbin/nologin', '/usr/sbin/nologin']);

/** Users with their shells, as `/etc/passwd` lists them; the first of a name counts. */
export function parseServerUsers(text: string, entries: readonly PasswdEntry[]): ServerUser[] {
  const shells = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [name = '', , , , , , shell = ''] = line.split(':');
    if (!shells.has(name)) shells.set(name, shell.trim());
  }
  const first = new Map(entries.toReversed().map((entry) => [entry.name, entry]));
  return [...first.values()]
    .toReversed()
    .map((entry) => ({ ...entry, shell: shells.get(entry.name) ?? '' }));
}

/** The users of an account other than its own, at or below its home. */
export function usersWithin(users: readonly ServerUser[], account: PasswdEntry): ServerUser[] {
  const { name, gid, home } = account;
  return users.filter(
    (user) =>
      user.name !== name && user.gid === gid && `${user.home}/`.startsWith(`${trimmed(home)}/`),
  );
}

/**
 * Those who can use FTP. For a user `a@b.example` Virtualmin makes an `a-b.example` for Postfix's
 * sake, which is the same one.
 */
export function ftpUsersOf(users: readonly ServerUser[]): ServerUser[] {
  const twins = new Set(
    users.filter(({ name }) => name.includes('@')).map(({ name }) => name.replace('@', '-')),
  );
  return users.filter(({ name, shell }) => !twins.has(name) && !MAIL_ONLY.has(shell));
}

/** Addresses and the one local user each is delivered to, of Postfix's `virtual` table. */
export function parseVirtualTable(
  text: string,
): { localPart: string; domain: string; user: string }[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, localPart, domain, target] = /^([^\s#@]+)@(\S+)\s+(\S+)\s*$/.exec(line) ?? [];
    if (localPart === undefined || domain === undefined || target === undefined) return [];
    return [{ localPart, domain, user: target.replace(/^\\/, '') }];
  });
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, '');
}
