/**
 * What the sources of hosting panels share. A panel lists accounts by the name of their Unix user;
 * uid, gid and home come from /etc/passwd, never from what a panel's file claims. A file that is
 * wrong costs its account what it would have told, never the account itself.
 */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, errnoOf } from '../platform/errors.js';
import { accountNameProblem, homeProblem, type DiscoveredAccount } from './account-source.js';
import { findHomeDirectory } from './home-directory.js';
import { readPanelFile } from './panel-files.js';
import { shown } from './parts-builder.js';
import { parsePasswd, type PasswdEntry } from './passwd.js';

export interface PanelSourceOptions {
  /** Below which the panel's files lie: `/`, in tests a tree of examples. */
  root: string;
  /** Told about accounts that are left out, and about what was not used of a file. */
  warn: (message: string) => void;
}

/** What a panel tells of an account whose user is known. */
export type PanelDetails = Omit<DiscoveredAccount, 'name' | 'uid' | 'gid' | 'home' | 'user'>;

/** Some files are a customer's words, who could fill logs with them. */
const MAX_PROBLEMS = 20;

const CRONTABS = ['/var/spool/cron/crontabs', '/var/spool/cron'];

/** The files of one account. What is wrong with one is told, and it counts as missing. */
export class AccountFiles {
  private problems = 0;

  constructor(
    private readonly options: PanelSourceOptions,
    private readonly account: string,
  ) {}

  readonly note = (problem: string): void => {
    this.problems += 1;
    if (this.problems > MAX_PROBLEMS) return;
    const text = this.problems === MAX_PROBLEMS ? 'more is wrong than is told here' : problem;
    this.options.warn(`Account ${this.account}: ${text}.`);
  };

  /** '' when it is missing or not used. */
  async read(path: string): Promise<string> {
    return (await this.find(path)) ?? '';
  }

  /** undefined when it is missing or not used. */
  async find(path: string): Promise<string | undefined> {
    try {
      return await readPanelFile(this.options.root, path);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.note(error.message.replace(/\.$/, ''));
      return undefined;
    }
  }

  /** Those of the paths where there is a file or a folder itself, no symlink. */
  async existing(paths: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for (const path of paths) {
      if (await isThere(join(this.options.root, path))) found.push(path);
    }
    return found;
  }

  /** For `parts`: the crontab of a user, where Debian or Red Hat keep it. */
  async crontab(user: string): Promise<{ crontab?: string }> {
    const [crontab] = await this.existing(CRONTABS.map((folder) => `${folder}/${user}`));
    return crontab === undefined ? {} : { crontab };
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    const found = await lstat(path);
    return found.isFile() || found.isDirectory();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

/** Looks at each account that a panel lists by its user. */
export async function discoverListed<Listed extends { user: string }>(
  options: PanelSourceOptions,
  listed: readonly Listed[],
  look: (files: AccountFiles, user: PasswdEntry, listed: Listed) => Promise<PanelDetails>,
): Promise<DiscoveredAccount[]> {
  const users = await usersBelow(options.root);
  const accounts = new Map<string, DiscoveredAccount>();
  for (const entry of listed) {
    const user = users.get(entry.user);
    const isRepeated = accounts.has(entry.user);
    const problem = isRepeated ? 'it is listed already' : problemOf(entry.user, user);
    if (user === undefined || problem !== undefined) {
      options.warn(`The account ${shown(entry.user)} is not backed up: ${problem ?? ''}.`);
      continue;
    }
    const files = new AccountFiles(options, user.name);
    const { name, uid, gid, home } = user;
    accounts.set(name, { name, uid, gid, home, user: name, ...(await look(files, user, entry)) });
    if (!(await findHomeDirectory(join(options.root, home)))) {
      files.note(`its home ${shown(home)} is not there`);
    }
  }
  return [...accounts.values()];
}

/** The hashes of passwords in /etc/shadow; none of users who are locked or have none. */
export async function readPasswordHashes(root: string): Promise<Map<string, string>> {
  const text = (await readPanelFile(root, '/etc/shadow')) ?? '';
  const pairs = text.split('\n').map((line) => line.split(':'));
  return new Map(
    pairs.flatMap(([name = '', hash = '']) => (hash.startsWith('$') ? [[name, hash]] : [])),
  );
}

/** A list that names nobody is taken for a mistake. */
export function nobodyListed(panel: string, list: string, cause?: unknown): AppError {
  const reason = errnoOf(cause);
  const message =
    `${panel}'s list of accounts ${list} ` +
    (reason === undefined ? 'names nobody' : `could not be read (${reason})`) +
    ', which is taken for a mistake and changes nothing. Check that the panel is well.';
  return new AppError('source', 'accounts.none-listed', message, { cause });
}

/** One line of text that is short enough to show anywhere, under its key; else nothing. */
export function labelOf<Key extends string>(key: Key, text = ''): { [K in Key]?: string } {
  const isLabel = /^\P{Cc}{1,255}$/u.test(text.trim());
  return (isLabel ? { [key]: text.trim() } : {}) as { [K in Key]?: string };
}

async function usersBelow(root: string): Promise<Map<string, PasswdEntry>> {
  const entries = parsePasswd((await readPanelFile(root, '/etc/passwd')) ?? '');
  if (entries.length === 0) {
    throw new AppError('source', 'accounts.no-users', '/etc/passwd is missing or lists nobody.');
  }
  // As for the system itself, the first entry of a name counts.
  return new Map(entries.toReversed().map((entry) => [entry.name, entry]));
}

function problemOf(name: string, user: PasswdEntry | undefined): string | undefined {
  const ofName = accountNameProblem(name);
  if (ofName !== undefined) return `the name ${ofName}`;
  if (user === undefined) return 'its panel lists it, but /etc/passwd does not';
  if (user.uid === 0) return 'its uid is 0, that of root';
  const ofHome = homeProblem(user.home);
  return ofHome === undefined ? undefined : `the home ${shown(user.home)} ${ofHome}`;
}
