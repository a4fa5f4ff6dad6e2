/**
 * Puts a file of a service in its place: a new one beside it, whole and durable, which then takes the
 * name. Owner, mode and attributes are those of what stands there. Root writes here, so the folder
 * is reached without following what a tenant can change, and must not be the tenant's.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  readSync,
  writeSync,
} from 'node:fs';
import { posix } from 'node:path';
import { openBeneath } from '../../platform/beneath.js';
import { AppError, errnoOf } from '../../platform/errors.js';
import { getAttributes, setAttribute } from '../../platform/extended-attributes.js';
import { statusAt, statusOf, type FileStatus } from '../../platform/file-status.js';
import { mkdirAt, openAt, renameAt, unlinkAt } from '../../platform/syscalls.js';
import { openTrusted, UntrustedPath } from '../../platform/trusted-path.js';
import { fromText, nameOf, parentOf } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import { temporaryName } from '../restore/leftovers.js';

const { O_RDONLY, O_DIRECTORY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
const OTHERS_WRITE = 0o002;
const GROUP_WRITE = 0o020;
const STICKY = 0o1000;
const PIECE_BYTES = 1024 * 1024;

/** Why a part was not written, in words that go on after "it was not restored: ". */
export class NotWritten extends AppError {
  constructor(message: string) {
    super('source', 'restore.part', message);
  }
}

/** Who must not own, nor be able to change, the folder that is written to. */
export interface Tenant {
  uid: number;
  gid: number;
}

export interface Destined {
  /** Absolute, as the account's source names it. */
  to: string;
  /** Relative to it, when it is a folder; else ''. */
  below: BytePath;
}

export interface NewFile {
  pieces: AsyncIterable<Uint8Array>;
  sha256: string;
  /** Of one that is not there yet. */
  mode: number;
  uid?: number;
}

/** An open folder and a name in it. The caller closes it. */
export interface Slot {
  fd: number;
  name: BytePath;
  there: FileStatus | undefined;
}

/** Missing folders on the way are made only below the folder that the source names. */
export function openSlot(destined: Destined, tenant: Tenant): Slot {
  const slot = walkTo(destined, tenant, makeFolder);
  if (slot === undefined) throw new NotWritten('the folder it belongs in is missing');
  return slot;
}

/** Makes nothing; undefined: a folder on the way is not there. */
export function findSlot(destined: Destined, tenant: Tenant): Slot | undefined {
  return walkTo(destined, tenant, () => undefined);
}

type Make = (fd: number, step: BytePath) => number | undefined;

function walkTo({ to, below }: Destined, tenant: Tenant, make: Make): Slot | undefined {
  const folder = below === '' ? posix.dirname(to) : to;
  let fd = openFolder(folder);
  try {
    checkFolder(fd, folder, tenant);
    for (const step of below === '' ? [] : parentOf(below).split('/').filter(Boolean)) {
      const next = enter(fd, step) ?? make(fd, step);
      closeSync(fd);
      if (next === undefined) return undefined;
      fd = next;
      checkFolder(fd, folder, tenant);
    }
    const name = below === '' ? fromText(posix.basename(to)) : nameOf(below);
    return { fd, name, there: lookIn(fd, name) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** False: it is there already, as it is to be. */
export async function replaceFile(slot: Slot, file: NewFile): Promise<boolean> {
  const { fd, name, there } = slot;
  requireFile(slot);
  if (there !== undefined && sha256At(slot) === file.sha256) {
    for await (const _ of file.pieces);
    return false;
  }
  const temporary = temporaryName();
  const made = openAt(fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await fill(made, file.pieces);
    giveLook(made, slot, file);
    fsyncSync(made);
    renameAt({ dirFd: fd, name: temporary }, { dirFd: fd, name });
    fsyncSync(fd);
    return true;
  } catch (error) {
    unlinkAt(fd, temporary);
    throw error;
  } finally {
    closeSync(made);
  }
}

/** Throws when anything else than a file is there. */
export function requireFile({ there }: Pick<Slot, 'there'>): void {
  if (there === undefined || there.format === 'file') return;
  throw new NotWritten(`a ${there.format} stands in its place; take that away first`);
}

/** Hex; undefined when there is no regular file. */
export function sha256At({ fd, name }: Pick<Slot, 'fd' | 'name'>): string | undefined {
  let file: number;
  try {
    file = openAt(fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    if (statusOf(file).format !== 'file') return undefined;
    const hash = createHash('sha256');
    const piece = Buffer.alloc(PIECE_BYTES);
    for (let count = readSync(file, piece); count > 0; count = readSync(file, piece)) {
      hash.update(piece.subarray(0, count));
    }
    return hash.digest('hex');
  } finally {
    closeSync(file);
  }
}

function openFolder(folder: string): number {
  try {
    const opened = openTrusted('/', folder, O_RDONLY | O_DIRECTORY);
    if (opened !== undefined) return opened.fd;
  } catch (error) {
    if (error instanceof UntrustedPath) throw new NotWritten(`of ${folder} ${error.message}`);
    throw error;
  }
  throw new NotWritten(`there is no folder ${folder}; make the account's part in the panel first`);
}

function enter(fd: number, step: BytePath): number | undefined {
  try {
    return openBeneath(fd, step, O_RDONLY | O_DIRECTORY);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw new NotWritten('a link or a file is on its way');
  }
}

function makeFolder(fd: number, step: BytePath): number {
  const { uid, gid, mode } = statusOf(fd);
  mkdirAt(fd, step, 0o700);
  const made = openBeneath(fd, step, O_RDONLY | O_DIRECTORY);
  fchownSync(made, uid, gid);
  fchmodSync(made, mode);
  return made;
}

/** Who can change the folder could exchange what root writes there, or be lent root's hand. */
function checkFolder(fd: number, folder: string, { uid, gid }: Tenant): void {
  const status = statusOf(fd);
  const isShared = (status.mode & OTHERS_WRITE) !== 0 && (status.mode & STICKY) === 0;
  const isGroups = (status.mode & GROUP_WRITE) !== 0 && status.gid === gid && gid !== 0;
  const isTenants = status.uid === uid && uid !== 0;
  if (!isShared && !isGroups && !isTenants) return;
  throw new NotWritten(`the account can change the folder ${folder}, where root does not write; download it instead`); // prettier-ignore
}

function lookIn(fd: number, name: BytePath): FileStatus | undefined {
  try {
    return statusAt(fd, name);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function fill(fd: number, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) {
    for (let done = 0; done < piece.length;) done += writeSync(fd, piece, done);
  }
}

function giveLook(made: number, { fd, name, there }: Slot, { mode, uid }: NewFile): void {
  const folder = statusOf(fd);
  fchownSync(made, there?.uid ?? uid ?? folder.uid, there?.gid ?? folder.gid);
  // Never set-id bits, nor what others may write.
  fchmodSync(made, there === undefined ? mode & 0o755 : there.mode & 0o777);
  if (there === undefined) return;
  const old = openAt(fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    for (const attribute of getAttributes(old)) setAttribute(made, attribute.name, attribute.value);
  } finally {
    closeSync(old);
  }
}
