import {
  accountNameProblem,
  homeProblem,
  type AccountSource,
  type DiscoveredAccount,
} from './account-source.js';
import { findHomeDirectory } from './home-directory.js';
import { listPasswd, type PasswdEntry } from './passwd.js';

export interface LinuxSourceOptions {
  /** Both included. */
  uidMin: number;
  uidMax: number;
  /** Told about users in the range who cannot be accounts, and why. */
  warn: (message: string) => void;
}

/**
 * Plain Linux: every user of the uid range whose home exists. A user without a login shell is an
 * account all the same, since hosting customers often have none.
 */
export class LinuxSource implements AccountSource {
  readonly name = 'linux';

  constructor(private readonly options: LinuxSourceOptions) {}

  async discover(): Promise<DiscoveredAccount[]> {
    const { accounts, problems } = accountsOf(await listPasswd(), this.options);
    for (const problem of problems) this.options.warn(problem);
    const found: DiscoveredAccount[] = [];
    for (const account of accounts) {
      if (await findHomeDirectory(account.home)) found.push(account);
    }
    return found;
  }
}

/** The accounts among the users, before anyone looked at their homes. */
export function accountsOf(
  entries: PasswdEntry[],
  range: { uidMin: number; uidMax: number },
): { accounts: DiscoveredAccount[]; problems: string[] } {
  const accounts = new Map<string, DiscoveredAccount>();
  const problems: string[] = [];
  for (const { name, uid, gid, home } of entries) {
    if (uid < range.uidMin || uid > range.uidMax) continue;
    const problem = problemOf(name, home);
    if (problem !== undefined) {
      problems.push(`The user ${JSON.stringify(name)} is not backed up: ${problem}.`);
      continue;
    }
    // As for the system itself, the first entry of a name counts.
    if (!accounts.has(name)) accounts.set(name, { name, uid, gid, home, user: name });
  }
  return { accounts: [...accounts.values()], problems };
}

function problemOf(name: string, home: string): string | undefined {
  const ofName = accountNameProblem(name);
  if (ofName !== undefined) return `the name ${ofName}`;
  const ofHome = homeProblem(home);
  return ofHome === undefined ? undefined : `the home ${JSON.stringify(home)} ${ofHome}`;
}
