/**
 * What the sources of hosting panels share: a panel lists names, the user database has the uid, the
 * gid and the home of each, and a file that is wrong costs its account what it would have told, never
 * the account itself. Never a home or an id that a panel's file claims.
 */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../platform/errors.js';
import { accountNameProblem, homeProblem, type DiscoveredAccount } from './account-source.js';
import { accountParts, type AccountParts } from './account-parts.js';
import { findHomeDirectory } from './home-directory.js';
import {
  Malformed,
  findPanelFile,
  listPanelFolder,
  readPanelFile,
  unusable,
} from './panel-files.js';
import { shown } from './panel-names.js';
import { CRONTAB_FOLDERS } from './parts-of.js';
import { parsePasswd, type PasswdEntry } from './passwd.js';

export interface PanelSourceOptions {
  /** Below which the panel's files lie: `/`, in tests a tree of examples. */
  root: string;
  /** Told about accounts that are left out, and about files that were not used. */
  warn: (message: string) => void;
}

/** What a panel's files tell of an account whose user is known. */
export interface PanelDetails extends Pick<
  DiscoveredAccount,
  'owner' | 'package' | 'email' | 'createdAt' | 'isSuspended'
> {
  parts: AccountParts;
}

/** Some files are a customer's, who could fill logs with them. */
const MAX_PROBLEMS = 20;

/** The files of an account, or of all. What is wrong with one is noted; the rest goes on without it. */
export class AccountFiles {
  readonly problems: string[] = [];

  constructor(private readonly root: string) {}

  /** What `parser` makes of the file; undefined when it is missing or not used. */
  async parse<T>(path: string, parser: (text: string) => T): Promise<T | undefined> {
    try {
      const text = await readPanelFile(this.root, path);
      return text === undefined ? undefined : parser(text);
    } catch (error) {
      this.noteError(path, error);
      return undefined;
    }
  }

  /** The same of a file that every account has: a missing one is a problem, too. */
  async parseNeeded<T>(path: string, parser: (text: string) => T): Promise<T | undefined> {
    const isThere = this.formatOf(path) !== undefined;
    if (!isThere) this.add(unusable(path, 'it is missing').message);
    return isThere ? this.parse(path, parser) : undefined;
  }

  /** The names in a folder; none when it is missing or not used. */
  list(path: string): string[] {
    try {
      return listPanelFolder(this.root, path) ?? [];
    } catch (error) {
      this.noteError(path, error);
      return [];
    }
  }

  /** Those of the paths where there is a file or a folder. */
  existing(paths: readonly string[]): string[] {
    return paths.filter((path) => ['file', 'directory'].includes(this.formatOf(path) ?? ''));
  }

  folders(paths: readonly string[]): string[] {
    return paths.filter((path) => this.formatOf(path) === 'directory');
  }

  /** The domains for which there is a file or a folder, with its path. */
  existingEach(
    domains: readonly string[],
    pathOf: (domain: string) => string,
  ): { domain: string; path: string }[] {
    return domains
      .map((domain) => ({ domain, path: pathOf(domain) }))
      .filter(({ path }) => this.existing([path]).length > 0);
  }

  /** For `parts`: the crontab of a user, where Debian or Red Hat keep it. */
  crontab(user: string): { crontab?: string } {
    const [crontab] = this.existing(CRONTAB_FOLDERS.map((folder) => `${folder}/${user}`));
    return crontab === undefined ? {} : { crontab };
  }

  /** A problem that is not of one file; a sentence but for its full stop. */
  readonly tell = (problem: string): void => this.add(`${problem}.`);

  note(path: string, problems: readonly string[]): void {
    for (const problem of problems) this.add(unusedPart(path, problem));
  }

  private formatOf(path: string): string | undefined {
    try {
      return findPanelFile(this.root, path);
    } catch (error) {
      this.noteError(path, error);
      return undefined;
    }
  }

  private noteError(path: string, error: unknown): void {
    if (error instanceof Malformed) this.add(unusable(path, error.message).message);
    else if (error instanceof AppError) this.add(error.message);
    else throw error;
  }

  private add(problem: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
    else this.problems[MAX_PROBLEMS] = 'More is wrong than is told here.';
  }
}

function unusedPart(path: string, problem: string): string {
  return `In ${JSON.stringify(path)} something was not used: ${problem}.`;
}

/** The users that a panel lists in a folder; without any, the panel's list is taken for broken. */
export function listedNames(
  root: string,
  folder: string,
  isName: (name: string) => boolean,
): { user: string }[] {
  const users = namesIn(root, folder).filter(isName);
  if (users.length > 0) return users.map((user) => ({ user }));
  throw nobodyListed(folder);
}

/** A list that names nobody is taken for a mistake. */
export function nobodyListed(list: string, cause?: AppError): AppError {
  const reason =
    cause === undefined ? 'is missing or names nobody' : `could not be read (${cause.message})`;
  const message =
    `The panel's list of accounts ${list} ${reason}, which is taken for a mistake ` +
    `and changes nothing. Check that the panel is well, or set accounts.source.`;
  return new AppError('source', 'accounts.none-listed', message, { cause });
}

function namesIn(root: string, folder: string): string[] {
  try {
    return listPanelFolder(root, folder) ?? [];
  } catch (error) {
    throw error instanceof AppError ? nobodyListed(folder, error) : error;
  }
}

/**
 * Looks at each account that a panel lists by its user. What is wrong with files that concern all of
 * them is told once, and kept with each.
 */
export async function discoverListed<Listed extends { user: string }>(
  { root, warn }: PanelSourceOptions,
  listed: readonly Listed[],
  look: (
    files: AccountFiles,
    user: PasswdEntry,
    listed: Listed,
  ) => PanelDetails | Promise<PanelDetails>,
  problemsOfAll: readonly string[] = [],
): Promise<DiscoveredAccount[]> {
  const users = await usersBelow(root);
  const accounts = new Map<string, DiscoveredAccount>();
  for (const problem of problemsOfAll) warn(`All accounts: ${problem}`);
  for (const entry of listed) {
    const name = entry.user;
    const user = users.get(name);
    const problem = accounts.has(name) ? 'it is listed already' : problemOf(name, user);
    if (user === undefined || problem !== undefined) {
      warn(`The account ${shown(name)} is not backed up: ${problem ?? ''}.`);
      continue;
    }
    // Looking is partly synchronous: others get their turn between two accounts.
    await setImmediate();
    const files = new AccountFiles(root);
    const { parts, ...details } = await look(files, user, entry);
    if (!(await findHomeDirectory(join(root, user.home)))) {
      files.problems.push(`Its home ${JSON.stringify(user.home)} is not there.`);
    }
    const account = { name, uid: user.uid, gid: user.gid, home: user.home, user: name, ...details };
    accounts.set(name, { ...account, parts: checkedParts(parts, files, problemsOfAll) });
    for (const text of files.problems) warn(`Account ${name}: ${text}`);
  }
  return [...accounts.values()];
}

async function usersBelow(root: string): Promise<Map<string, PasswdEntry>> {
  const text = await readPanelFile(root, '/etc/passwd');
  const entries = parsePasswd(text ?? '');
  if (entries.length === 0) throw unusable('/etc/passwd', 'it is missing or lists nobody');
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

/** Nothing goes into the catalogue that could not be read from it. */
function checkedParts(
  parts: AccountParts,
  files: AccountFiles,
  problemsOfAll: readonly string[],
): AccountParts {
  const checked = accountParts.safeParse(parts);
  const [issue] = checked.error?.issues ?? [];
  if (issue !== undefined) {
    files.problems.push(`Its parts were not used: ${issue.path.join('.')} ${issue.message}.`);
  }
  const problems = [...problemsOfAll, ...files.problems];
  const kept = checked.success ? checked.data : accountParts.parse({});
  return problems.length === 0 ? kept : { ...kept, problems };
}
