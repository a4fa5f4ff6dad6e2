/**
 * What of an account's parts besides its home and databases goes into its snapshot: certificates,
 * crontab, FTP accounts, mailboxes outside of the home, zones, and what the panel keeps. The account's
 * source names their paths; what stands there may be anything, and is told of when it is not what it
 * should be.
 */
import { closeSync, constants } from 'node:fs';
import { errnoOf } from '../../platform/errors.js';
import { getAttributes } from '../../platform/extended-attributes.js';
import { statusOf } from '../../platform/file-status.js';
import type { CaptureThreadData } from '../capture/capture-messages.js';
import { describe, openProblem, sizeOf } from '../capture/file-reading.js';
import { folderNode, type FoundNode } from '../capture/found-node.js';
import { madeUpFile, madeUpFolder } from '../capture/made-up.js';
import type { Found } from '../capture/slab-cutter.js';
import { tooLarge, Walk, type WalkedFile } from '../capture/walk.js';
import type { BytePath, Entry, EntryProblem } from '../manifest/entry.js';
import { nameOf } from '../manifest/byte-path.js';
import { ReplacedPaths } from '../restore/replaced-paths.js';
import { belowHome, locate, openOutside, refused, type Located } from './locate.js';
import { CERTIFICATES, certificateFiles, certificatePath, CRON, CRONTAB, FTP, FTP_ACCOUNTS, MAIL, mailboxPath, MAX_NAME_BYTES, PANEL, panelPath, ZONES, zonePath } from './part-names.js'; // prettier-ignore
import type { PartsRequest } from './parts-of-account.js';

/** Of a crontab, a zone, a key, or what a panel keeps: they are a few kilobytes. */
export const MAX_PART_BYTES = 16 * 1024 * 1024;
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY;
const NO_EXCLUDES = { match: () => undefined };

export interface Surroundings {
  home: CaptureThreadData;
  homePath: string;
  now: Date;
}

interface Lost {
  path: BytePath;
  problem: EntryProblem;
}

export class PartsCapture {
  readonly lost: Lost[] = [];
  private readonly paths = new Set<BytePath>();
  private readonly only: ReplacedPaths | undefined;

  constructor(
    private readonly parts: PartsRequest,
    private readonly surroundings: Surroundings,
  ) {
    if (parts.only !== undefined) this.only = new ReplacedPaths();
    for (const path of parts.only ?? []) this.only?.addWhole(path);
    for (const text of parts.problems ?? []) {
      const message = `may lack something: ${text.replace(/\.$/, '')}`;
      this.lost.push({ path: PANEL, problem: { code: 'unreadable', message } });
    }
  }

  /** Top folders that hold something, with that. */
  nodes(): FoundNode[] {
    return [
      ...this.folder(CERTIFICATES, this.certificates()),
      ...this.folder(CRON, this.crontab()),
      ...this.folder(FTP, this.ftpAccounts()),
      ...this.folder(MAIL, this.mailboxes()),
      ...this.folder(ZONES, this.zones()),
    ];
  }

  /** `config/panel`, when there is something in it. */
  panel(): FoundNode[] {
    const nodes = this.parts.panelFiles.flatMap((path) => {
      const found = this.find(path, panelPath(path), 'vanished');
      if (found === undefined) return [];
      return this.tree(found, panelPath(path), path, MAX_PART_BYTES);
    });
    return this.folder(PANEL, nodes);
  }

  private folder(path: BytePath, nodes: readonly FoundNode[]): FoundNode[] {
    if (nodes.length === 0) return [];
    return [folderNode(madeUpFolder(path, this.surroundings.now), nodes)];
  }

  private certificates(): FoundNode[] {
    const byDomain = new Map<string, string[]>();
    for (const { domain, paths } of this.parts.certificates) {
      byDomain.set(domain, [...(byDomain.get(domain) ?? []), ...paths]);
    }
    return [...byDomain].flatMap(([domain, paths]) => {
      const files = [...certificateFiles(domain, paths)].flatMap(([path, source]) =>
        this.plainFile(source, path, 'unreadable'),
      );
      return this.folder(certificatePath(domain), files);
    });
  }

  private crontab(): FoundNode[] {
    const { crontab } = this.parts;
    return crontab === undefined ? [] : this.plainFile(crontab, CRONTAB, undefined);
  }

  private ftpAccounts(): FoundNode[] {
    const { ftpAccounts } = this.parts;
    if (ftpAccounts.length === 0 || !this.takes(FTP_ACCOUNTS)) return [];
    const sorted = [...ftpAccounts].sort((a, b) => (a.user < b.user ? -1 : 1));
    const text = `${JSON.stringify(sorted, null, 2)}\n`;
    return [{ own: madeUpFile(FTP_ACCOUNTS, Buffer.from(text), this.surroundings.now) }];
  }

  private zones(): FoundNode[] {
    const isKnown = new Set<string>();
    return this.parts.zones.flatMap(({ domain, path }) => {
      if (isKnown.has(domain)) return [];
      isKnown.add(domain);
      return this.plainFile(path, zonePath(domain), 'unreadable');
    });
  }

  private mailboxes(): FoundNode[] {
    const { homePath } = this.surroundings;
    return this.parts.mailboxes.flatMap(({ address, path: source }) => {
      if (belowHome(source, homePath) !== undefined) return [];
      const path = mailboxPath(address);
      const found = this.find(source, path, 'vanished');
      if (found === undefined) return [];
      // Nobody's mail is root's, who owns /etc as well.
      const { uid, format } = found.status;
      if (uid === 0 && format !== 'symlink' && process.geteuid?.() === 0) {
        return this.lose(path, refused(source, 'the owner is root, who has no mailbox'));
      }
      return this.tree(found, path, source, undefined);
    });
  }

  /** Whatever is there, unless it is a link, a device or the like. `missing`: what it means when
   * nothing is; undefined: that there is none. */
  private find(
    source: string,
    path: BytePath,
    missing: 'unreadable' | 'vanished' | undefined,
  ): Located | undefined {
    if (this.paths.has(path) || !this.takes(path)) return undefined;
    this.paths.add(path);
    if (nameOf(path).length > MAX_NAME_BYTES) {
      this.lose(path, refused(source, 'the name is too long'));
      return undefined;
    }
    const { home, homePath } = this.surroundings;
    const found = locate(source, { path: homePath, fd: home.homeFd });
    if (found !== undefined && 'place' in found) return found;
    if (found !== undefined) this.lose(path, found);
    else if (missing !== undefined) {
      this.lose(path, { code: missing, message: `is not stored: there is no ${JSON.stringify(source)}` }); // prettier-ignore
    }
    return undefined;
  }

  private plainFile(
    source: string,
    path: BytePath,
    missing: 'unreadable' | undefined,
  ): FoundNode[] {
    const found = this.find(source, path, missing);
    return found === undefined ? [] : this.file(found, path, source, MAX_PART_BYTES);
  }

  private file(
    { place, name, status }: Located,
    path: BytePath,
    source: string,
    maxBytes = Infinity,
  ): FoundNode[] {
    if (status.format !== 'file') {
      return this.lose(path, refused(source, `it is a ${status.format}, not a file`));
    }
    const sizeBytes = sizeOf(status);
    if (sizeBytes > maxBytes) return this.lose(path, tooLarge(sizeBytes, maxBytes));
    const own: WalkedFile = { kind: 'file', ...place, name, path, sizeBytes, status };
    return [{ own }];
  }

  /** A file, or a folder with all that is in it. */
  private tree(
    found: Located,
    path: BytePath,
    source: string,
    maxFileBytes: number | undefined,
  ): FoundNode[] {
    const { place, name, status } = found;
    if (status.format !== 'directory') return this.file(found, path, source, maxFileBytes);
    if (place.outside === undefined) {
      return this.lose(path, refused(source, 'it is a folder of the home, and stored with it'));
    }
    const directory = place.directory === '' ? name : `${place.directory}/${name}`;
    const top: Top = { directory, path, linkUid: status.uid, maxFileBytes };
    try {
      const entry = entryOf(top);
      return [{ own: { kind: 'entry', entry }, inside: () => this.walk(entry, top) }];
    } catch (error) {
      return this.lose(path, openProblem(errnoOf(error)));
    }
  }

  private *walk(entry: Entry, { directory, linkUid, maxFileBytes }: Top): Generator<Found> {
    let fd: number;
    try {
      fd = openOutside(directory, FOLDER);
    } catch (error) {
      yield { kind: 'enter', entry };
      yield { kind: 'lost', path: entry.path, problem: openProblem(errnoOf(error)) };
      return;
    }
    try {
      const { links, isStayingOnDevice } = this.surroundings.home;
      const place = { directory, outside: { linkUid } };
      const rules = { ...links, accountUid: linkUid, crossMounts: !isStayingOnDevice };
      const select = (below: BytePath, isDirectory: boolean): boolean =>
        this.takes(`${entry.path}/${below}`, isDirectory);
      const what = { homeFd: fd, home: entry, excludes: NO_EXCLUDES, select };
      yield* new Walk({ ...what, ...rules, place, maxFileBytes }).run();
    } finally {
      closeSync(fd);
    }
  }

  /** What is not known to be a file may hold something that is taken. */
  private takes(path: BytePath, isDirectory = true): boolean {
    return this.only?.takes(path, isDirectory) ?? true;
  }

  private lose(path: BytePath, problem: EntryProblem): [] {
    this.lost.push({ path, problem });
    return [];
  }
}

/** A folder outside of the home. */
interface Top {
  directory: BytePath;
  /** In the snapshot. */
  path: BytePath;
  linkUid: number;
  maxFileBytes: number | undefined;
}

function entryOf({ directory, path }: Top): Entry {
  const fd = openOutside(directory, FOLDER);
  try {
    const entry = describe(statusOf(fd), path);
    const xattrs = getAttributes(fd);
    return xattrs.length > 0 ? { ...entry, xattrs } : entry;
  } finally {
    closeSync(fd);
  }
}
