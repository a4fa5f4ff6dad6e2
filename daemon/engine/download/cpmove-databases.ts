/** The MariaDB databases and users of a snapshot as a package of cPanel's has them. */
import { z } from 'zod';
import { DATABASES, DESCRIPTION, MARIADB, MARIADB_USERS, POSTGRESQL, fileNameOf, nameOfFile } from '../databases/database-names.js'; // prettier-ignore
import { quoteName, quoteText } from '../databases/sql-names.js';
import { StoredDatabase } from '../databases/stored-database.js';
import { StoredPostgresql } from '../databases/stored-postgresql.js';
import { isAtOrBelow, nameOf, parentOf } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import { isRestorable } from '../restore/selection.js';
import { storedFile, textOf } from '../parts/stored-file.js';
import type { Output } from './gzip-output.js';
import { ELSEWHERE, plainName, type CpmoveNames } from './cpmove-layout.js';
import type { Packing } from './pack-plan.js';
import { Spool } from './spool.js';
import type { TarPackage } from './tar-package.js';

/** Written as scripts, and not file by file. */
export const AS_SCRIPTS: readonly BytePath[] = [DATABASES, MARIADB_USERS];

interface Place {
  output: Output;
  tar: TarPackage;
  names: CpmoveNames;
}

type Source = Pick<Packing, 'reader' | 'context'> & {
  /** Chosen paths of the snapshot; none: everything. */
  roots: readonly BytePath[];
};

function isChosen({ roots }: Pick<Source, 'roots'>, path: BytePath): boolean {
  return roots.length === 0 || roots.some((root) => isAtOrBelow(path, root));
}

/** `mysql/NAME.create` and `mysql/NAME.sql` of each; others' scripts lie elsewhere. Answers how many of those there are. */
export async function addDatabases(place: Place, source: Source): Promise<number> {
  const { reader, context } = source;
  for (const path of await wholeOnes(place, source, MARIADB)) {
    const stored = await StoredDatabase.open(reader, path);
    const { name, characterSet, collation } = await stored.description(context);
    const file = plainName(fileNameOf(name)) ?? fileNameOf(name);
    const isFree =
      place.names.take(`mysql/${file}.sql`) && place.names.take(`mysql/${file}.create`);
    const member = isFree ? `mysql/${file}` : `${ELSEWHERE}/${path}`;
    if (!isFree) place.names.take(`${member}.sql`);
    if (isFree) {
      await place.tar.addText(`${member}.create`, creation(name, characterSet, collation));
    }
    await addScript(place, `${member}.sql`, stored.script(context));
  }
  let others = 0;
  for (const path of await wholeOnes(place, source, POSTGRESQL)) {
    const member = `${ELSEWHERE}/${path}.sql`;
    place.names.take(member);
    await addScript(place, member, (await StoredPostgresql.open(reader, path)).script(context));
    others += 1;
  }
  return others;
}

/** The chosen databases of an engine; those that the snapshot has not whole are left out. */
async function wholeOnes({ tar }: Place, source: Source, engine: BytePath): Promise<BytePath[]> {
  const { reader } = source;
  const whole: BytePath[] = [];
  for (const { path } of await reader.list(engine)) {
    if (!isChosen(source, path)) continue;
    if (await isDescribed(reader, path)) whole.push(path);
    else tar.leaveOut(path, 'the snapshot has not this database whole');
  }
  return whole;
}

async function isDescribed(reader: SnapshotReader, path: BytePath): Promise<boolean> {
  const entry = await reader.find(`${path}/${DESCRIPTION}`);
  return entry !== undefined && isRestorable(entry);
}

function creation(name: string, characterSet: string, collation: string): Buffer {
  const quoted = quoteName(name);
  return Buffer.from(
    `CREATE DATABASE /*!32312 IF NOT EXISTS*/ ${quoted} /*!40100 DEFAULT CHARACTER SET ${characterSet} COLLATE ${collation} */;\n\nUSE ${quoted};\n`,
  );
}

/** Its length is known only when it is whole. */
async function addScript(
  { output, tar }: Place,
  member: BytePath,
  script: AsyncIterable<Uint8Array>,
): Promise<void> {
  const spool = await Spool.open(output);
  try {
    for await (const piece of script) await spool.append(Buffer.from(piece));
    await tar.addSpooled(member, spool);
  } finally {
    await spool.close();
  }
}

const CREATE = 'CREATE USER IF NOT EXISTS ';
const HASH =
  / IDENTIFIED (?:BY PASSWORD|VIA mysql_native_password USING|WITH ['`]mysql_native_password['`] AS) '(\*[0-9A-F]{40})'/;

/** `mysql.sql` with the grants, and the hashes as a JSON beside it: newer cPanels read them there. */
export async function addDatabaseUsers({ tar, names }: Place, source: Source): Promise<void> {
  const { reader, context } = source;
  const grants = ['-- cPanel mysql backup'];
  const hashes = new Map<string, Record<string, object>>();
  for await (const entry of reader.below(MARIADB_USERS)) {
    if (entry.type !== 'file' || !isChosen(source, entry.path)) continue;
    const user = nameOfFile(nameOf(parentOf(entry.path)));
    const host = nameOfFile(nameOf(entry.path).replace(/\.sql$/, ''));
    const text = await textOf(await storedFile(reader, entry, context));
    for (const statement of text.split(/;\n(?=GRANT |$)/)) {
      const isGrant = statement.startsWith('GRANT ');
      const grant = isGrant ? asCpanelWrites(statement, user, host) : undefined;
      if (grant !== undefined) grants.push(`${grant};`);
      else if (isGrant) tar.leaveOut(entry.path, 'a right on a database with a name that could be taken for other rights'); // prettier-ignore
      const hash = statement.startsWith(CREATE) ? HASH.exec(statement)?.[1] : undefined;
      if (hash === undefined) continue;
      const known = { auth_plugin: 'mysql_native_password', pass_hash: hash };
      hashes.set(user, { ...hashes.get(user), [host]: known });
    }
  }
  if (grants.length === 1) return;
  names.take('mysql.sql');
  names.take('mysql.sql-auth.json');
  await tar.addText('mysql.sql', Buffer.from(`${grants.join('\n')}\n`));
  const json = JSON.stringify(Object.fromEntries(hashes), null, 2);
  await tar.addText('mysql.sql-auth.json', Buffer.from(`${json}\n`));
}

/** Names of users in single quotes. Undefined: cPanel reads line by line, and a database may be called
 * like a line that gives rights. */
function asCpanelWrites(grant: string, user: string, host: string): string | undefined {
  const written = ` TO ${quoteName(user)}@${quoteName(host)}`;
  // eslint-disable-next-line no-control-regex -- whatever may end a line
  if (/[\x00-\x1f\x7f]/.test(grant) || !grant.includes(written)) return undefined;
  return grant.replace(written, () => ` TO ${quoteText(user)}@${quoteText(host)}`);
}

const ftpAccounts = z.array(z.object({ user: z.string(), passwordHash: z.string().optional() }));

/** The hash of the account's own password, when its FTP accounts tell it. */
export function passwordHashOf(accounts: string, user: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(accounts);
  } catch {
    return undefined;
  }
  const own = ftpAccounts.safeParse(parsed).data?.find((account) => account.user === user);
  const hash = own?.passwordHash;
  return hash !== undefined && /^\$[^\s:]+$/.test(hash) ? hash : undefined;
}
