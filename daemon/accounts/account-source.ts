/**
 * Where accounts come from. A source only looks: it lists who is on this server now, and the
 * accounts service compares that with the catalogue. It must never answer "nobody" when it could
 * not look: a source that fails throws an AppError of kind `source`.
 */
import { isAbsolute } from 'node:path';
import { t } from '../platform/messages.js';
import type { AccountParts } from './account-parts.js';

/** An account as its source describes it. */
export interface DiscoveredAccount {
  name: string;
  uid: number;
  gid: number;
  /** Absolute; a directory when it was looked at, unless a panel lists an account whose home is missing. */
  home: string;
  /** The Unix user. */
  user: string;
  owner?: string;
  package?: string;
  email?: string;
  /** When it was made; the accounts service takes the age of the home when the source does not tell. */
  createdAt?: string;
  isSuspended?: boolean;
  /** What it consists of besides its home, when the source can tell. */
  parts?: AccountParts;
}

export interface AccountSource {
  /** Goes into the catalogue and into every snapshot: `linux`, `directory`, `cpanel`. */
  readonly name: string;
  /** Found by looking at the server, and not named in the configuration. */
  readonly isDetected?: boolean;
  /** Every account there is now, each name once. Throws kind `source` when it cannot tell. */
  discover(): Promise<DiscoveredAccount[]>;
}

const ACCOUNT_NAME = /^[a-zA-Z0-9_][a-zA-Z0-9._@-]{0,63}$/;

/** Why this cannot name an account; undefined when it can. */
export function accountNameProblem(name: string): string | undefined {
  if (ACCOUNT_NAME.test(name)) return undefined;
  return t('must be 1 to 64 letters, digits and . _ @ - and begin with a letter, a digit or _');
}

/** Why this cannot be an account's home; undefined when it can. Looks at the text only. */
export function homeProblem(home: string): string | undefined {
  if (!isAbsolute(home)) return t('must be an absolute path');
  if (home.includes('\0')) return t('must not contain a NUL');
  if (home.split('/').includes('..')) return t('must not contain ".."');
  if (/^\/+(\.\/*)*$/.test(home)) return t('must not be the root of the file system');
  return undefined;
}
