/**
 * Parts that are files of the server's services: crontab, zones, certificates, what the panel keeps,
 * mboxes outside of the home, and of FTP accounts what can be had. Each goes to the path that the
 * account's source names now, never to one that a snapshot names.
 */
import { closeSync } from 'node:fs';
import { unlinkAt } from '../../platform/syscalls.js';
import { displayPath, isAtOrBelow } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { AccountIdentity, CaptureRequest, EngineContext } from '../types.js';
import { isFtpFile, missingFtpLines, parseFtpAccounts } from './ftp-lines.js';
import { CERTIFICATES, CRON, FTP, FTP_ACCOUNTS, MAIL, PANEL, ZONES } from './part-names.js';
import { placeOf, placesOf, withOnly, type PartPlace } from './part-places.js';
import type { Part, PartDriver, PartsChosen, Standing, StandingPart } from './part.js';
import type { PartsRequest } from './parts-of-account.js';
import { reloadHint } from './reload-hints.js';
import { findSlot, NotWritten, requireFile, type Slot } from './replace-file.js';
import { storedFile, textOf } from './stored-file.js';
import { asNotWritten, SYSTEM_CRON, writePart, type CronDoor } from './write-part.js';

/** Where they are now. */
export interface PlacedFiles {
  parts: PartsRequest;
  /** The Unix user of the account, whose crontab it is. */
  user: string;
  cron?: CronDoor | undefined;
}

export interface FilePartsOptions {
  files: PlacedFiles;
  account: AccountIdentity;
  isTenantRequest: boolean;
}

const FOLDERS = [CERTIFICATES, PANEL, CRON, ZONES];

export class FileParts implements PartDriver {
  readonly name = 'file';
  readonly tops = [...FOLDERS, FTP, MAIL];
  private readonly places: PartPlace[];

  constructor(private readonly options: FilePartsOptions) {
    this.places = placesOf(options.files.parts, options.account.home);
  }

  async choose({ reader, roots, suffix }: PartsChosen): Promise<Part[]> {
    // A service reads one file only.
    if (suffix !== undefined) return [];
    const isChosen = (path: BytePath): boolean => roots.some((root) => isAtOrBelow(path, root));
    const isFtp = isChosen(FTP_ACCOUNTS);
    const parts: Part[] = [];
    for await (const { path } of this.entries(reader)) {
      if (isChosen(path) || (isFtp && this.isFtpFile(path))) parts.push(this.asPart(path));
    }
    // Last: the files may have given them back.
    const accounts = isFtp ? await reader.find(FTP_ACCOUNTS) : undefined;
    return accounts === undefined ? parts : [...parts, this.asPart(FTP_ACCOUNTS)];
  }

  look({ path }: Part): Promise<Standing> {
    if (path === FTP_ACCOUNTS) return Promise.resolve({ isThere: false });
    return Promise.resolve(this.inSlot(path, (slot) => ({ isThere: slot?.there !== undefined })));
  }

  async restore({ path }: Part, reader: SnapshotReader, context: EngineContext): Promise<string[]> {
    const entry = await reader.find(path);
    if (entry === undefined) throw new NotWritten('the snapshot has it not');
    const file = await storedFile(reader, entry, context);
    if (path === FTP_ACCOUNTS) return this.tellMissingFtp(await textOf(file), reader);
    const found = this.placeOf(path);
    const { account, files } = this.options;
    const { user, cron = SYSTEM_CRON } = files;
    const isWritten = await writePart(file, found, { account, user, cron });
    const hint = isWritten ? reloadHint(found.place, account) : undefined;
    if (hint !== undefined) context.log('warn', `So that the server takes notice: ${hint}`);
    return [];
  }

  remove({ path }: Part): Promise<void> {
    this.inSlot(path, (slot) => {
      if (slot?.there !== undefined) unlinkAt(slot.fd, slot.name);
    });
    return Promise.resolve();
  }

  narrow(request: CaptureRequest, parts: readonly StandingPart[]): CaptureRequest {
    return withOnly(request, this.options.files.parts, parts);
  }

  /** All that is written as a file. */
  private async *entries(reader: SnapshotReader): AsyncGenerator<Entry> {
    for (const top of FOLDERS) {
      for await (const entry of reader.below(top)) if (entry.type !== 'directory') yield entry;
    }
    for (const entry of await reader.list(MAIL)) if (entry.type !== 'directory') yield entry;
  }

  private isFtpFile(path: BytePath): boolean {
    const found = placeOf(path, this.places);
    if (found?.place.kind !== 'config') return false;
    return isFtpFile(found.below === '' ? found.place.to : `${found.place.to}/${found.below}`);
  }

  private asPart(path: BytePath): Part {
    const found = placeOf(path, this.places);
    const to = found?.place.to ?? displayPath(path);
    const below = found === undefined || found.below === '' ? '' : `/${displayPath(found.below)}`;
    const name = path === FTP_ACCOUNTS ? 'FTP accounts' : `${to}${below}`;
    return { driver: this.name, path, name, title: path === FTP_ACCOUNTS ? `the ${name}` : name };
  }

  private placeOf(path: BytePath): { place: PartPlace; below: BytePath } {
    const found = placeOf(path, this.places);
    if (found !== undefined) return found;
    throw new NotWritten('the account has no place for it now; download it instead');
  }

  /** Undefined: not even the folder is there. Throws `NotWritten`. */
  private inSlot<Answer>(path: BytePath, act: (slot: Slot | undefined) => Answer): Answer {
    const { place, below } = this.placeOf(path);
    let slot: Slot | undefined;
    try {
      slot = findSlot({ to: place.to, below }, this.options.account);
      if (slot !== undefined) requireFile(slot);
      return act(slot);
    } catch (error) {
      throw asNotWritten(error);
    } finally {
      if (slot !== undefined) closeSync(slot.fd);
    }
  }

  /** What no file of the panel's gives back. */
  private async tellMissingFtp(text: string, reader: SnapshotReader): Promise<string[]> {
    for await (const { path } of reader.below(PANEL)) if (this.isFtpFile(path)) return [];
    const { account, files } = this.options;
    const lines = missingFtpLines(parseFtpAccounts(text), files.parts.ftpAccounts, account);
    if (lines.length === 0) return [];
    throw new NotWritten(`these are not there, or otherwise; make them in the panel: ${lines.join('; ')}`); // prettier-ignore
  }
}
