/**
 * Collects what an account consists of from what a panel tells. Names and paths there may be a
 * customer's words: what cannot be what it claims to be is left out, and said once.
 */
import { accountParts, type AccountParts } from './account-parts.js';
import { isDomainName, isLocalPart, shown } from './panel-names.js';
import { isAbsolutePath } from './passwd-lines.js';

type Engine = AccountParts['databases'][number]['engine'];

const DATABASE = /^(?!\.+$)[\p{L}\p{N}_$.@-]{1,128}$/u;
const LABEL = /^[^\s\p{Cc}/:]{1,255}$/u;

export class PartsBuilder {
  readonly parts: AccountParts = accountParts.parse({});

  constructor(private readonly note: (problem: string) => void) {}

  /** Whether it is a domain, and so can be part of a path. */
  isDomain(name: string): boolean {
    return this.check(isDomainName(name), name, 'is no domain');
  }

  addDomain(name: string, documentRoot?: string): void {
    if (!this.isDomain(name) || this.parts.domains.some((domain) => domain.name === name)) return;
    const hasRoot = documentRoot !== undefined && this.isPath(documentRoot);
    this.parts.domains.push({ name, ...(hasRoot && { documentRoot: trimmed(documentRoot) }) });
  }

  addDatabase(engine: Engine, name: string): void {
    this.addOfEngine(this.parts.databases, engine, name);
  }

  addDatabaseUser(engine: Engine, name: string): void {
    this.addOfEngine(this.parts.databaseUsers, engine, name);
  }

  addMailbox(localPart: string, domain: string, pathOf: () => string): void {
    if (!this.check(isLocalPart(localPart), localPart, 'is no mailbox')) return;
    if (!this.isDomain(domain)) return;
    const path = pathOf();
    const address = `${localPart}@${domain}`;
    if (this.parts.mailboxes.some((mailbox) => mailbox.address === address)) return;
    if (this.isPath(path)) this.parts.mailboxes.push({ address, path });
  }

  addZone(domain: string, path: string): void {
    if (this.isDomain(domain) && this.isPath(path)) this.parts.zones.push({ domain, path });
  }

  addCertificate(domain: string, paths: readonly string[]): void {
    const usable = paths.filter((path) => this.isPath(path));
    if (usable.length > 0 && this.isDomain(domain)) {
      this.parts.certificates.push({ domain, paths: usable });
    }
  }

  addFtpAccount(user: string, home: string, passwordHash = ''): void {
    if (!this.check(LABEL.test(user), user, 'is no FTP account') || !this.isPath(home)) return;
    const hasHash = passwordHash !== '' && passwordHash.length <= 1024;
    const account = { user, home: trimmed(home), ...(hasHash && { passwordHash }) };
    if (!this.parts.ftpAccounts.some((known) => known.user === user)) {
      this.parts.ftpAccounts.push(account);
    }
  }

  /** Whether it is absolute and stands for itself. */
  private isPath(path: string): boolean {
    return this.check(isAbsolutePath(path) && !/\p{Cc}/u.test(path), path, 'is no absolute path');
  }

  private addOfEngine(list: AccountParts['databases'], engine: Engine, name: string): void {
    if (!this.check(DATABASE.test(name), name, 'is no name of a database or its user')) return;
    const isKnown = list.some((known) => known.engine === engine && known.name === name);
    if (!isKnown) list.push({ engine, name });
  }

  private check(isRight: boolean, text: string, problem: string): boolean {
    if (!isRight) this.note(`${shown(text)} ${problem}`);
    return isRight;
  }
}

function trimmed(path: string): string {
  return path.replace(/\/$/, '');
}
