/** Opens where a restore writes to, and says as whom. */
import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdtempSync,
  openSync,
  rmdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, errnoOf } from '../../platform/errors.js';
import { mkdirAt, openAt } from '../../platform/syscalls.js';
import { fromText } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import { openMailbox } from '../parts/open-mailbox.js';
import type { RestoreRequest } from '../types.js';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
const FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
const HOME = 'homedir';

export interface OpenedTarget {
  rootFd: number;
  /** Absolute, for people. */
  displayPath: string;
  identity: { uid: number; gid: number } | undefined;
  /** Where a snapshot path goes, relative to the root; undefined when it has no place here. */
  placeOf: (path: BytePath) => BytePath | undefined;
  /** Where what stands at a place lies in a safety snapshot of this target. */
  keptPathOf: (place: BytePath) => BytePath;
  /** The place of what lies there in a safety snapshot. */
  placeOfKept: (path: BytePath) => BytePath;
  /** A new folder that everything goes into; made by the account itself. */
  newFolder: BytePath | undefined;
}

export function openTarget(
  request: Pick<RestoreRequest, 'target' | 'account'>,
  snapshotId: string,
  { isPreview = false } = {},
): OpenedTarget {
  const { target } = request;
  if (target.place === 'directory') return openDirectory(target.path);
  if (target.place === 'mailbox') return openMailbox(target);
  const home = { ...openHome(request.account, isPreview), ...KEPT_OF_HOME };
  if (target.place === 'original') {
    return { ...home, displayPath: request.account.home, placeOf: belowHome, newFolder: undefined };
  }
  const folder = freeName(home.rootFd, `restored-${snapshotId}`);
  return {
    ...home,
    displayPath: `${request.account.home}/${folder}`,
    newFolder: folder,
    placeOf: (path) => {
      const place = belowHome(path);
      if (place === undefined) return undefined;
      return place === '' ? folder : `${folder}/${place}`;
    },
  };
}

/** A home gets back its own snapshots only, and those that an admin assigned to it. */
export function checkAccount(
  reader: SnapshotReader,
  request: Pick<RestoreRequest, 'account' | 'target' | 'sourceAccountId'>,
): void {
  const { account } = reader.summary;
  const expectedId = request.sourceAccountId ?? request.account.id;
  if (request.target.place === 'directory' || account.id === expectedId) return;
  throw new AppError('conflict', 'restore.account', `The snapshot is of ${account.name}, not of ${request.account.name}; nothing was restored.`); // prettier-ignore
}

const KEPT_OF_HOME: Pick<OpenedTarget, 'keptPathOf' | 'placeOfKept'> = {
  keptPathOf: (place) => (place === '' ? HOME : `${HOME}/${place}`),
  placeOfKept: (path) => path.slice(HOME.length + 1),
};

function belowHome(path: BytePath): BytePath | undefined {
  if (path === HOME) return '';
  return path.startsWith(`${HOME}/`) ? path.slice(HOME.length + 1) : undefined;
}

function openHome(
  account: RestoreRequest['account'],
  isPreview: boolean,
): Pick<OpenedTarget, 'rootFd' | 'identity'> {
  let rootFd: number;
  try {
    rootFd = openSync(account.home, FLAGS);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') {
      throw new AppError('source', 'restore.home', `The home ${account.home} of ${account.name} cannot be opened (${errnoOf(error) ?? 'unknown'}); mend that, or restore to another directory.`, { cause: error }); // prettier-ignore
    }
    rootFd = isPreview ? openNothing() : makeHome(account);
  }
  const { uid } = fstatSync(rootFd);
  const isForeign = uid !== account.uid && uid !== 0;
  if (isForeign || account.uid === 0) {
    closeSync(rootFd);
    const why = isForeign ? `belongs to uid ${uid}` : 'belongs to root, who has no account';
    throw new AppError(
      'source',
      'restore.home-owner',
      `The home ${account.home} ${why}; nothing was restored.`,
    );
  }
  const isRoot = process.getuid?.() === 0;
  return { rootFd, identity: isRoot ? { uid: account.uid, gid: account.gid } : undefined };
}

/** A home that was removed; only where nobody but root may put anything. */
function makeHome({ home, uid, gid }: RestoreRequest['account']): number {
  const fd = openTrusted(home);
  if (process.getuid?.() === 0) fchownSync(fd, uid, gid);
  return fd;
}

/** An empty directory that is nowhere. */
function openNothing(): number {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-'));
  try {
    return openSync(path, FLAGS);
  } finally {
    rmdirSync(path);
  }
}

function freeName(rootFd: number, wanted: string): BytePath {
  for (let i = 1; ; i += 1) {
    const name = i === 1 ? wanted : `${wanted}-${i}`;
    if (lstatSync(`/proc/self/fd/${rootFd}/${name}`, { throwIfNoEntry: false }) === undefined) {
      return name;
    }
  }
}

/**
 * An admin's directory, reached from `/` step by step without following a link, each step owned by
 * root or by us and writable by no one else: nobody can lead the restore elsewhere. A missing last
 * component is made.
 */
function openTrusted(path: string): number {
  const names = path.split('/').filter((name) => name !== '');
  if (!path.startsWith('/') || names.includes('..') || names.includes('.') || names.length === 0) {
    throw refused(path, 'give an absolute path without "." and ".."');
  }
  let fd = openSync('/', FLAGS);
  try {
    for (const [index, name] of names.entries()) {
      const isLast = index === names.length - 1;
      const next = openComponent(fd, fromText(name), isLast, path);
      closeSync(fd);
      fd = next;
      checkOwner(fd, isLast, path);
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return fd;
}

function openDirectory(path: string): OpenedTarget {
  return {
    rootFd: openTrusted(path),
    displayPath: path,
    identity: undefined,
    placeOf: (p) => p,
    keptPathOf: (p) => p,
    placeOfKept: (p) => p,
    newFolder: undefined,
  };
}

function openComponent(parent: number, name: BytePath, isLast: boolean, path: string): number {
  try {
    return openAt(parent, name, FLAGS);
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' && isLast) {
      mkdirAt(parent, name, 0o700);
      return openAt(parent, name, FLAGS);
    }
    const why = code === 'ENOENT' ? 'a directory above it does not exist' : code === 'ELOOP' || code === 'ENOTDIR' ? 'a component is not a directory (symbolic links are not followed)' : `it cannot be opened (${code ?? 'unknown'})`; // prettier-ignore
    throw refused(path, why, error);
  }
}

function checkOwner(fd: number, isLast: boolean, path: string): void {
  const stats = fstatSync(fd);
  const isOurs = stats.uid === 0 || stats.uid === process.getuid?.();
  if (!isOurs) {
    throw refused(
      path,
      'every directory of the path must belong to root, or others could redirect it',
    );
  }
  const isSticky = (stats.mode & 0o1000) !== 0 && !isLast;
  if ((stats.mode & 0o022) !== 0 && !isSticky) {
    throw refused(path, 'no directory of the path may be writable by group or others (chmod go-w)');
  }
}

function refused(path: string, why: string, cause?: unknown): AppError {
  return new AppError('input', 'restore.directory', `Nothing was restored to ${path}: ${why}.`, {
    cause,
    details: { problems: [{ field: 'to', message: why }] },
  });
}
