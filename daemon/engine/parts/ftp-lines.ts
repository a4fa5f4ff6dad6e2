/** What of an account's FTP accounts an admin has to make by hand. Pure. */
import { z } from 'zod';
import { AppError } from '../../platform/errors.js';
import type { AccountIdentity } from '../types.js';
import type { FtpAccount } from './parts-of-account.js';

const stored = z.array(
  z.object({ user: z.string(), home: z.string().optional(), passwordHash: z.string().optional() }),
);

/** Throws `integrity` when it is no list of FTP accounts. */
export function parseFtpAccounts(text: string): FtpAccount[] {
  try {
    return stored.parse(JSON.parse(text));
  } catch (error) {
    const message = 'The list of FTP accounts in the snapshot is damaged; choose another snapshot.';
    throw new AppError('integrity', 'parts.ftp', message, { cause: error });
  }
}

/** As FTP servers' password files have them: those that are not there, or are otherwise now. */
export function missingFtpLines(
  wanted: readonly FtpAccount[],
  now: readonly FtpAccount[],
  { uid, gid, home: ownHome }: Pick<AccountIdentity, 'uid' | 'gid' | 'home'>,
): string[] {
  return wanted.flatMap((account) => {
    const { user, home = ownHome, passwordHash } = account;
    const isThere = now.some(
      (one) => one.user === user && one.home === account.home && one.passwordHash === passwordHash,
    );
    if (isThere) return [];
    const fields = [user, passwordHash ?? '!', String(uid), String(gid), '', home, '/sbin/nologin'];
    // A colon or a line end in a field would make another account.
    return fields.some((field) => /[:\p{Cc}]/u.test(field)) ? [] : [fields.join(':')];
  });
}

/** Whether a file of the panel is the FTP accounts themselves. */
export function isFtpFile(to: string): boolean {
  return (
    /^\/etc\/proftpd\/[^/]+$/.test(to) ||
    /\/data\/users\/[^/]+\/(ftp\.passwd|domains\/[^/]+\.ftp)$/.test(to)
  );
}
