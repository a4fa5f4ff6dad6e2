/**
 * A whole account as a package that cPanel restores: `cpmove-USER.tar.gz`, with what the snapshot gives of it.
 * What cPanel has no place for goes along below `holdfast/`; what is missing, the README says.
 */
import { AppError } from '../../platform/errors.js';
import { isAtOrBelow } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import { CERTIFICATES, FTP_ACCOUNTS } from '../parts/part-names.js';
import { storedFile, textOf } from '../parts/stored-file.js';
import { RestorePlan } from '../restore/restore-plan.js';
import { isRestorable } from '../restore/selection.js';
import type { DownloadRequest, DownloadResult, EngineContext } from '../types.js';
import { addDatabases, addDatabaseUsers, AS_SCRIPTS, passwordHashOf } from './cpmove-databases.js';
import { CpmoveNames, domainOfCertificate, ELSEWHERE, isCpanelUser } from './cpmove-layout.js';
import type { Output } from './gzip-output.js';
import { packPlan, writePackage, type Packing } from './pack-plan.js';
import type { TarPackage } from './tar-package.js';

const NOT_STORED =
  'Not in this package, since Holdfast does not store it: bandwidth data, statistics, mailing lists, DKIM keys, customizations of the panel, resellers’ settings and packages.';

/** Throws unless the snapshot is of an account of cPanel's. */
export function requireCpanel({ summary: { account } }: Pick<SnapshotReader, 'summary'>): string {
  if (account.source === 'cpanel' && isCpanelUser(account.name)) return account.name;
  const message = 'A cpmove package can be made of accounts of cPanel only, and this snapshot is of another kind. Download it in the usual format.';
  throw new AppError('conflict', 'download.no-cpmove', message);
} // prettier-ignore

export async function writeCpmove(
  output: Output,
  { reader, request, roots }: { reader: SnapshotReader; request: DownloadRequest; roots: readonly BytePath[] }, // prettier-ignore
  context: EngineContext,
): Promise<DownloadResult> {
  const user = requireCpanel(reader);
  const plan = await RestorePlan.forDownload(reader, request.selection, (path) =>
    AS_SCRIPTS.some((top) => isAtOrBelow(path, top)),
  );
  const packing = { plan, reader, context };
  const fileName = `cpmove-${user}.tar.gz`;
  const notes = [...(request.notes ?? []), NOT_STORED];
  const about = { roots, notes, fileName, use: useOf(user, fileName), folder: `cpmove-${user}/` };
  return writePackage(output, packing, about, async (tar) => {
    const names = new CpmoveNames(user);
    await addFacts(tar, names, reader);
    const place = { output, tar, names };
    const source = { reader, context, roots };
    const others = await addDatabases(place, source);
    await addDatabaseUsers(place, source);
    await packPlan(tar, packing, (entry) => names.memberOf(entry));
    await addSecrets(tar, { names, packing, user });
    for (const folder of names.neededFolders) await tar.addFolder(folder);
    await tar.addTop();
    return { notes: notesOf(names, user, others) };
  });
}

/** What cPanel asks a package first. */
async function addFacts(
  tar: TarPackage,
  names: CpmoveNames,
  { summary }: SnapshotReader,
): Promise<void> {
  const facts = {
    version: 'pkgacct version: 10\narchive version: 4\n',
    homedir_paths: `${summary.account.home}\n`,
    'meta/homedir_paths': `${summary.account.home}\n`,
  };
  for (const [member, text] of Object.entries(facts)) {
    names.take(member);
    await tar.addText(member, Buffer.from(text));
  }
}

/** What lies in other files of a snapshot, as older cPanels read it. */
async function addSecrets(
  tar: TarPackage,
  { names, packing, user }: { names: CpmoveNames; packing: Packing; user: string },
): Promise<void> {
  const add = async (member: BytePath, text: string | undefined): Promise<void> => {
    if (text !== undefined && names.take(member)) await tar.addText(member, Buffer.from(text));
  };
  for await (const { path } of packing.plan.all()) {
    if (path === FTP_ACCOUNTS) {
      const accounts = await textAt(packing, path);
      await add('shadow', accounts === undefined ? undefined : passwordHashOf(accounts, user));
    }
    if (!isAtOrBelow(path, CERTIFICATES)) continue;
    const domain = domainOfCertificate(path);
    const pem = domain === undefined ? undefined : await textAt(packing, path);
    if (domain === undefined || pem === undefined) continue;
    await add(`sslkeys/${domain}.key`, PRIVATE_KEY.exec(pem)?.[0]);
    await add(`sslcerts/${domain}.crt`, CERTIFICATE.exec(pem)?.[0]);
  }
}

const PRIVATE_KEY =
  /-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----\n[A-Za-z0-9+/=\n]*-----END \1-----\n/;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]*-----END CERTIFICATE-----\n/;

/** Undefined: it is no file that could be read. */
async function textAt({ reader, context }: Packing, path: BytePath): Promise<string | undefined> {
  const entry = await reader.find(path);
  if (entry?.type !== 'file' || entry.sparse !== undefined || !isRestorable(entry)) {
    return undefined;
  }
  return textOf(await storedFile(reader, entry, context));
}

function notesOf(names: CpmoveNames, user: string, others: number): string[] {
  const notes: string[] = [];
  if (!names.has(`cp/${user}`)) {
    notes.push(`cp/${user} is missing: the snapshot or what was chosen of it has no configuration of the account, without which cPanel does not restore this package.`); // prettier-ignore
  }
  if (others > 0) {
    notes.push(`PostgreSQL databases are scripts below ${ELSEWHERE}/databases/postgresql/, to be loaded by hand.`); // prettier-ignore
  }
  if (names.hasElsewhere) {
    notes.push(`What has no place in such a package lies below ${ELSEWHERE}/, under its path in the snapshot.`); // prettier-ignore
  }
  return notes;
}

function useOf(user: string, fileName: string): string[] {
  return [
    'This is a package as cPanel’s pkgacct makes it. On a cPanel server, as root:',
    `    mv ${fileName} /home/`,
    `    /usr/local/cpanel/scripts/restorepkg /home/${fileName}`,
    'To look into it and check it; nothing is said when all is well:',
    `    tar -x -p -z -f ${fileName}`,
    `    cd cpmove-${user} && sha256sum --check --quiet HOLDFAST-SHA256SUMS`,
  ];
}
