/** Where this server's MariaDB or MySQL is, and who we are there. */
import { existsSync, statSync } from 'node:fs';
import { parse } from 'ini';
import type { MariadbServer } from '../engine/databases/mariadb-server.js';
import type { Config } from '../platform/config-schema.js';
import { AppError } from '../platform/errors.js';
import { readPrivateFile } from '../platform/private-file.js';

/** Where packages put the socket. Folders that only the system writes to: whoever answers there is
 * told a password. */
const SOCKETS = ['/run/mysqld/mysqld.sock', '/var/lib/mysql/mysql.sock'];
const ROOTS_OPTION_FILE = '/root/.my.cnf';

export type MariadbConfig = Pick<
  Config['databases'],
  'mariadb' | 'mariadbSocket' | 'mariadbUser' | 'mariadbOptionFile'
>;

/** Undefined: there is none, or it is switched off. */
export async function findMariadb(config: MariadbConfig): Promise<MariadbServer | undefined> {
  if (config.mariadb === 'off') return undefined;
  const file = config.mariadbOptionFile ?? optionFileOfRoot();
  const options = file === undefined ? {} : await readClientOptions(file);
  const socketPath = config.mariadbSocket ?? options['socket'] ?? SOCKETS.find(isSocket);
  if (socketPath === undefined) {
    if (config.mariadb === 'auto') return undefined;
    throw new AppError('source', 'database.no-socket', `No database server was found at ${SOCKETS.join(' or ')}; set databases.mariadbSocket, or databases.mariadb to "off".`); // prettier-ignore
  }
  return {
    socketPath,
    user: config.mariadbUser ?? options['user'] ?? 'root',
    password: options['password'],
    defaultsFile: file,
  };
}

/** The [client] section of an option file that only the daemon's user may read. */
async function readClientOptions(file: string): Promise<Record<string, string>> {
  const content = await readPrivateFile(file);
  if (content === undefined) {
    throw new AppError('source', 'database.option-file', `The option file ${file} is not there; correct databases.mariadbOptionFile.`); // prettier-ignore
  }
  const sections = parse(content.toString('utf8')) as Record<string, unknown>;
  const client = { ...asSection(sections['client']), ...asSection(sections['mariadb-dump']) };
  return Object.fromEntries(
    Object.entries(client).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

function asSection(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function optionFileOfRoot(): string | undefined {
  return process.geteuid?.() === 0 && existsSync(ROOTS_OPTION_FILE) ? ROOTS_OPTION_FILE : undefined;
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}
