/** What the engine is told of an account's parts besides its home and databases. */
import { existsSync } from 'node:fs';
import type { PartsRequest } from '../engine/parts/parts-of-account.js';
import type { Config } from '../platform/config-schema.js';
import { accountParts } from './account-parts.js';
import { SNAPSHOT_SOURCE, type Account } from './account.entity.js';

/** Of Debian and of Red Hat. */
export const CRONTAB_FOLDERS = ['/var/spool/cron/crontabs', '/var/spool/cron'];
/** Their accounts are not what this system knows as users of these names. */
const WITHOUT_USERS: ReadonlySet<string> = new Set(['directory', SNAPSHOT_SOURCE]);
const USER = /^[A-Za-z0-9_][A-Za-z0-9._@-]*\$?$/;

const NO_PARTS = accountParts.parse({});

/** Undefined: nothing is known of any. */
export function partsOf(
  account: Pick<Account, 'parts' | 'source' | 'user' | 'uid'>,
  config: Pick<Config, 'accounts' | 'sandbox'>,
): PartsRequest | undefined {
  const crontab = account.parts?.crontab ?? usualCrontab(account, config);
  if (account.parts === null && crontab === undefined) return undefined;
  const parts = account.parts ?? NO_PARTS;
  const { mailboxes, zones, certificates, ftpAccounts, panelFiles, problems } = parts;
  return { mailboxes, zones, certificates, crontab, ftpAccounts, panelFiles, problems };
}

/** Of its user, whether there is one now or not. */
function usualCrontab(
  { source, user, uid }: Pick<Account, 'source' | 'user' | 'uid'>,
  { accounts, sandbox }: Pick<Config, 'accounts' | 'sandbox'>,
): string | undefined {
  if (uid === 0 || !USER.test(user) || WITHOUT_USERS.has(source)) return undefined;
  const usual = sandbox ? undefined : CRONTAB_FOLDERS.find((path) => existsSync(path));
  const folder = accounts.crontabFolder ?? usual;
  return folder === undefined ? undefined : `${folder}/${user}`;
}
