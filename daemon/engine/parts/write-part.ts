/** Writes one part of an account where it belongs; a crontab of the system's by its own program. */
import { closeSync, existsSync } from 'node:fs';
import { posix } from 'node:path';
import { AppError, errnoOf } from '../../platform/errors.js';
import { run } from '../../platform/processes.js';
import { throwIfFatal } from '../restore/write-errors.js';
import type { AccountIdentity } from '../types.js';
import type { PartPlace } from './part-places.js';
import type { BytePath } from '../manifest/entry.js';
import { NotWritten, openSlot, replaceFile, sha256At } from './replace-file.js';
import { textOf, type StoredFile } from './stored-file.js';

const CRONTAB_MS = 30_000;
const USER = /^[A-Za-z0-9_][A-Za-z0-9._@-]*\$?$/;

/** How crontabs of the system are installed. */
export interface CronDoor {
  /** Absolute; used when it is there. */
  program: string;
  /** The folders in which it keeps crontabs. */
  spools: readonly string[];
}

export const SYSTEM_CRON: CronDoor = {
  program: '/usr/bin/crontab',
  spools: ['/var/spool/cron/crontabs', '/var/spool/cron'],
};

export interface Writing {
  account: AccountIdentity;
  /** The Unix user of the account, whose crontab it is. */
  user: string;
  cron: CronDoor;
}

/** False: it is there already. Throws `NotWritten`, or what stops everything. */
export async function writePart(
  file: StoredFile,
  { place, below }: { place: PartPlace; below: BytePath },
  { account, user, cron }: Writing,
): Promise<boolean> {
  const slot = openSlot({ to: place.to, below }, account);
  try {
    const { sha256, entry } = file;
    if (place.kind === 'cron') requireOwnCrontab(account, user);
    if (place.kind === 'cron' && isSystems(place.to, user, cron)) {
      if (sha256At(slot) === sha256) return false;
      await installCrontab(await textOf(file), user, cron.program);
      return true;
    }
    const uid = place.kind === 'cron' || place.kind === 'mailbox' ? account.uid : undefined;
    const mode = place.kind === 'cron' ? 0o600 : entry.mode;
    const { pieces } = file;
    return await replaceFile(slot, { pieces, sha256, mode, ...(uid !== undefined && { uid }) });
  } catch (error) {
    throw asNotWritten(error);
  } finally {
    closeSync(slot.fd);
  }
}

/** What concerns this part only; the rest goes on. */
export function asNotWritten(error: unknown): unknown {
  if (error instanceof AppError) return error;
  throwIfFatal(error);
  const errno = errnoOf(error);
  return errno === undefined ? error : new NotWritten(`the system says ${errno}`);
}

function isSystems(to: string, user: string, { program, spools }: CronDoor): boolean {
  const isSpool = spools.includes(posix.dirname(to)) && posix.basename(to) === user;
  return isSpool && USER.test(user) && existsSync(program);
}

/** What stands in a crontab runs as its user. */
function requireOwnCrontab({ uid }: AccountIdentity, user: string): void {
  const isRoots = user === 'root' || (uid === 0 && process.geteuid?.() === 0);
  if (isRoots) throw new NotWritten('no account has the crontab of root');
}

/** It checks every line, and tells the service. */
async function installCrontab(text: string, user: string, program: string): Promise<void> {
  const failed = await run(program, ['-u', user, '-'], {
    input: text,
    timeoutMs: CRONTAB_MS,
    isMerged: true,
    expectedExitCodes: [0, 1],
  });
  if (failed.exitCode === 0) return;
  const said = failed.stderr
    .trim()
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 300);
  throw new NotWritten(`crontab refused it (${said})`);
}
