/** Where this server's PostgreSQL is, and who we are there. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresqlServer } from '../engine/databases/postgresql-server.js';
import type { Config } from '../platform/config-schema.js';
import { AppError } from '../platform/errors.js';
import { readPrivateFile } from '../platform/private-file.js';
import { findPasswd } from './passwd.js';

/** Where packages put the socket. Only the system writes there: whoever answers is told a password. */
const SOCKET_DIRECTORY = '/run/postgresql';
const SERVERS_USER = 'postgres';

/** Undefined: there is none, or it is switched off. */
export async function findPostgresql(
  config: Config['databases'],
): Promise<PostgresqlServer | undefined> {
  if (config.postgresql === 'off') return undefined;
  const { postgresqlSocket, postgresqlPort: port = 5432 } = config;
  const user = config.postgresqlUser ?? SERVERS_USER;
  const socketDirectory = postgresqlSocket ?? SOCKET_DIRECTORY;
  if (
    postgresqlSocket === undefined &&
    !isSocket(join(socketDirectory, `.s.PGSQL.${String(port)}`))
  ) {
    // prettier-ignore
    if (config.postgresql === 'auto') return undefined;
    throw new AppError('source', 'database.no-socket', `No PostgreSQL server was found in ${SOCKET_DIRECTORY} (port ${String(port)}); set databases.postgresqlSocket to the folder of its socket, or databases.postgresql to "off".`); // prettier-ignore
  }
  const passFile = config.postgresqlPassFile;
  const place = { socketDirectory, port, user };
  if (passFile === undefined) return { ...place, systemUser: await systemUserOf(config) };
  return { ...place, passFile, password: await passwordIn(passFile, place), systemUser: await namedUser(config) }; // prettier-ignore
}

/** Root is nobody there; the owner of the server is known to it. */
async function systemUserOf(config: Config['databases']): Promise<PostgresqlServer['systemUser']> {
  if (process.geteuid?.() !== 0) return undefined;
  return namedUser({ ...config, postgresqlSystemUser: config.postgresqlSystemUser ?? SERVERS_USER }); // prettier-ignore
}

async function namedUser({
  postgresqlSystemUser: name,
}: Config['databases']): Promise<PostgresqlServer['systemUser']> {
  if (name === undefined) return undefined;
  const user = await findPasswd(name);
  if (user !== undefined) return { uid: user.uid, gid: user.gid };
  throw new AppError('source', 'database.no-user', `There is no Unix user "${name}", as whom the PostgreSQL server would know us; correct databases.postgresqlSystemUser.`); // prettier-ignore
}

/** The first line that fits, as `psql` reads it. */
async function passwordIn(
  file: string,
  { socketDirectory, port, user }: Pick<PostgresqlServer, 'socketDirectory' | 'port' | 'user'>,
): Promise<string> {
  const content = await readPrivateFile(file);
  if (content === undefined) {
    throw new AppError('source', 'database.pass-file', `The password file ${file} is not there; correct databases.postgresqlPassFile.`); // prettier-ignore
  }
  const wanted = [[socketDirectory, 'localhost'], [String(port)], undefined, [user]];
  for (const line of content.toString('utf8').split('\n')) {
    if (line.startsWith('#')) continue;
    const fields = fieldsOf(line);
    const [, , database] = fields;
    // One that is for a single database does not do.
    const fits = wanted.every((values, at) => values === undefined || fields[at] === '*' || values.includes(fields[at] ?? '')); // prettier-ignore
    if (fields.length === 5 && fits && database === '*') return fields[4] ?? '';
  }
  throw new AppError('source', 'database.pass-file', `The password file ${file} has no line for the user "${user}" and all databases: localhost:${String(port)}:*:${user}:PASSWORD.`); // prettier-ignore
}

/** Separated by colons; a backslash takes the next character as it is. */
function fieldsOf(line: string): string[] {
  const fields = [''];
  for (const [token] of line.trimEnd().matchAll(/\\.|[^]/g)) {
    if (token === ':') fields.push('');
    else fields.push((fields.pop() ?? '') + token.replace(/^\\/, ''));
  }
  return fields;
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}
