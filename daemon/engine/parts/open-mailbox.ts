/** Opens a Maildir outside of the home for being restored, by its owner: root writes nothing there. */
import { closeSync, constants, fstatSync } from 'node:fs';
import { AppError } from '../../platform/errors.js';
import { openTrusted, UntrustedPath } from '../../platform/trusted-path.js';
import type { OpenedTarget } from '../restore/target.js';
import type { RestoreTarget } from '../types.js';
import { mailboxPath } from './part-names.js';

const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY;

export function openMailbox({
  address,
  path,
}: Extract<RestoreTarget, { place: 'mailbox' }>): OpenedTarget {
  const rootFd = open(address, path);
  const { uid, gid } = fstatSync(rootFd);
  const isRoot = process.getuid?.() === 0;
  if (isRoot && uid === 0) {
    closeSync(rootFd);
    throw refused(address, `${path} belongs to root, who has no mailbox; give it to its owner`);
  }
  const top = mailboxPath(address);
  const within = (stored: string): string | undefined => {
    if (stored === top) return '';
    return stored.startsWith(`${top}/`) ? stored.slice(top.length + 1) : undefined;
  };
  return {
    rootFd,
    displayPath: path,
    identity: isRoot ? { uid, gid } : undefined,
    placeOf: within,
    keptPathOf: (place) => (place === '' ? top : `${top}/${place}`),
    placeOfKept: (stored) => within(stored) ?? '',
    newFolder: undefined,
  };
}

function open(address: string, path: string): number {
  try {
    const opened = openTrusted('/', path, FLAGS);
    if (opened !== undefined) return opened.fd;
  } catch (error) {
    if (error instanceof UntrustedPath) throw refused(address, `of ${path} ${error.message}`);
    throw error;
  }
  throw refused(address, `there is no ${path}; make the mailbox in the panel first`);
}

function refused(address: string, why: string): AppError {
  return new AppError(
    'source',
    'restore.mailbox',
    `The mailbox ${address} was not restored: ${why}.`,
  );
}
