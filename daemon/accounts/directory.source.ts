import { readFile } from 'node:fs/promises';
import { AppError, errnoOf, type Problem } from '../platform/errors.js';
import { accountParts } from './account-parts.js';
import type { AccountSource, DiscoveredAccount } from './account-source.js';
import { parseDirectory, type DirectoryAccount } from './directory-file.js';
import { findHomeDirectory } from './home-directory.js';
import { findPasswd } from './passwd.js';

/** Accounts that an admin lists in a YAML file; see `directory-file.ts` for its fields. */
export class DirectorySource implements AccountSource {
  readonly name = 'directory';

  constructor(private readonly file: string) {}

  /** All or nothing: one wrong account, and none is taken from the file. */
  async discover(): Promise<DiscoveredAccount[]> {
    const parsed = parseDirectory(await this.read());
    if (!parsed.isOk) throw this.invalid(parsed.problems);
    const accounts: DiscoveredAccount[] = [];
    const problems: Problem[] = [];
    for (const [index, listed] of parsed.accounts.entries()) {
      const found = await resolve(listed);
      if ('message' in found) {
        const field = `accounts.${String(index)}.${found.field}`;
        problems.push({ field, message: found.message });
      } else {
        accounts.push(found);
      }
    }
    if (problems.length > 0) throw this.invalid(problems);
    return accounts;
  }

  private async read(): Promise<string> {
    try {
      return await readFile(this.file, 'utf8');
    } catch (error) {
      const reason = errnoOf(error) ?? 'unknown error';
      const message = `The list of accounts ${this.file} could not be read (${reason}).`;
      throw new AppError('source', 'accounts.file-unreadable', message, { cause: error });
    }
  }

  private invalid(problems: Problem[]): AppError {
    const lines = problems.map(({ field, message }) => `${field} ${message}`.trim());
    const message = `The list of accounts ${this.file} cannot be used: ${lines.join('; ')}.`;
    return new AppError('source', 'accounts.file-invalid', message, { details: { problems } });
  }
}

/** The account as it is on this server, or what is wrong with one of its fields. */
async function resolve(listed: DirectoryAccount): Promise<DiscoveredAccount | Problem> {
  const { name, home, user: userName, owner, package: packageName, email, ...parts } = listed;
  const directory = await findHomeDirectory(home);
  if (!directory) return { field: 'home', message: `${home} is not a directory` };
  const user = userName === undefined ? undefined : await findPasswd(userName);
  if (userName !== undefined && !user) {
    return { field: 'user', message: `${userName} is no user of this server` };
  }
  const { uid, gid } = user ?? directory;
  return {
    name,
    uid,
    gid,
    home,
    user: user?.name ?? (await findPasswd(uid))?.name ?? String(uid),
    ...(owner !== undefined && { owner }),
    ...(packageName !== undefined && { package: packageName }),
    ...(email !== undefined && { email }),
    ...(parts.databases !== undefined && {
      parts: accountParts.parse({ ...parts, databases: parts.databases.map(toDatabase) }),
    }),
  };
}

function toDatabase(name: string) {
  return { engine: 'mariadb', name };
}
