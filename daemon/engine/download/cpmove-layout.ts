/**
 * Where what a snapshot holds lies in a package of cPanel's (`cpmove-USER`, as its pkgacct writes it). Pure.
 * The layout is that of archive version 4: docs.cpanel.net, "Backup Tarball Contents". Names are hostile: no member
 * leaves the package, and no two have one name; what has no place of its own goes below `holdfast/`.
 */
import { CERTIFICATES, CRONTAB, MAIL, PANEL, ZONES } from '../parts/part-names.js';
import { HOME } from '../capture/item-totals.js';
import { nameOfFile } from '../databases/database-names.js';
import { fromText, isAtOrBelow, nameOf, parentOf } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';

export const ELSEWHERE = 'holdfast';

/** A user of cPanel: nothing that a shell or a path takes for something else. */
export function isCpanelUser(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(name);
}

/** By the end of its path on the server: what one file of the panel is called in a package. */
const PANEL_FILES: [ending: string, place: string][] = [
  ['var/cpanel/users/USER', 'cp/USER'],
  ['var/cpanel/suspended/USER', 'suspended/USER'],
  ['var/cpanel/suspendinfo/USER', 'suspendinfo/USER'],
  ['etc/proftpd/USER', 'proftpdpasswd'],
  ['etc/proftpd/USER.suspended', 'proftpdpasswd'],
  ['etc/valiases/*', 'va/*'],
  ['etc/vdomainaliases/*', 'vad/*'],
  ['etc/vfilters/*', 'vf/*'],
];
const USERDATA = 'var/cpanel/userdata/USER';

/** Undefined: it has none. Not of what is in the home, nor of databases. */
function placeOf(path: BytePath, user: string): BytePath | undefined {
  if (path === CRONTAB) return `cron/${user}`;
  if (isAtOrBelow(path, ZONES)) return zonePlace(path);
  if (isAtOrBelow(path, CERTIFICATES)) return certificatePlace(path);
  return path.startsWith(`${PANEL}/`) ? panelPlace(path.slice(PANEL.length + 1), user) : undefined;
}

function zonePlace(path: BytePath): BytePath | undefined {
  const domain = plainName(nameOf(path).replace(/\.zone$/, ''));
  return domain === undefined || parentOf(path) !== ZONES ? undefined : `dnszones/${domain}.db`;
}

/** cPanel keeps key, certificate and chain in one file. */
function certificatePlace(path: BytePath): BytePath | undefined {
  const domain = domainOfCertificate(path);
  return domain === undefined ? undefined : `apache_tls/${domain}`;
}

/** Of `certificates/<domain>/combined`. */
export function domainOfCertificate(path: BytePath): BytePath | undefined {
  const [top, domain = '', file, ...rest] = path.split('/');
  if (top !== CERTIFICATES || file !== 'combined' || rest.length > 0) return undefined;
  return plainName(domain);
}

function panelPlace(path: BytePath, user: string): BytePath | undefined {
  const [name = '', ...below] = path.split('/');
  const onServer = fromText(nameOfFile(name));
  const isBeneath = (ending: string): boolean => `/${onServer}`.endsWith(`/${ending}`);
  if (below.length > 0) {
    return isBeneath(USERDATA.replace('USER', user)) ? `userdata/${below.join('/')}` : undefined;
  }
  const domain = plainName(fromText(nameOf(onServer)));
  for (const [ending, place] of PANEL_FILES) {
    const filled = (text: string): string =>
      text.replace('USER', user).replace('*', () => domain ?? '');
    if (domain !== undefined && isBeneath(filled(ending))) return filled(place);
  }
  return undefined;
}

/** The name that a file name of a snapshot stands for, when it is a name and no path. */
export function plainName(fileName: BytePath): BytePath | undefined {
  const name = fromText(nameOfFile(fileName));
  // eslint-disable-next-line no-control-regex -- a line break or an escape code is no part of a name
  const isPlain = name !== '' && name !== '.' && name !== '..' && !/[/\x00-\x1f\x7f]/.test(name);
  return isPlain ? name : undefined;
}

export class CpmoveNames {
  private readonly places = new Map<BytePath, BytePath>();
  private readonly taken = new Set<BytePath>();
  private readonly folders = new Set<BytePath>();

  constructor(private readonly user: string) {}

  /** The same for the same path. Undefined: a folder that the package makes itself where it needs it. */
  memberOf({ path, type }: Pick<Entry, 'path' | 'type'>): BytePath | undefined {
    if (isAtOrBelow(path, HOME)) return path;
    if (path.startsWith(`${MAIL}/`)) {
      this.noteFolders(`${ELSEWHERE}/${MAIL}/*`);
      return `${ELSEWHERE}/${path}`;
    }
    if (type === 'directory') return undefined;
    const known = this.places.get(path);
    if (known !== undefined) return known;
    // A link could lead whoever restores the package to a file of the server.
    const place = type === 'file' ? placeOf(path, this.user) : undefined;
    const elsewhere = `${ELSEWHERE}/${path}`;
    const member = place !== undefined && this.take(place) ? place : elsewhere;
    if (member === elsewhere) this.noteFolders(member);
    this.places.set(path, member);
    return member;
  }

  /** Whether the name was free; it no longer is. */
  take(member: BytePath): boolean {
    if (this.taken.has(member) || this.folders.has(member)) return false;
    for (let at = parentOf(member); at !== ''; at = parentOf(at)) {
      if (this.taken.has(at)) return false;
    }
    this.taken.add(member);
    this.noteFolders(member);
    return true;
  }

  has(member: BytePath): boolean {
    return this.taken.has(member);
  }

  /** Of what is neither the home nor mail, the deepest first. */
  get neededFolders(): BytePath[] {
    return [...this.folders].sort((a, b) => b.split('/').length - a.split('/').length);
  }

  get hasElsewhere(): boolean {
    return this.folders.has(ELSEWHERE);
  }

  private noteFolders(member: BytePath): void {
    for (let at = parentOf(member); at !== ''; at = parentOf(at)) this.folders.add(at);
  }
}
