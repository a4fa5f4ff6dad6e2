/** What belongs to an account besides its home, and where each part lies now. */
import type { DatabasesRequest } from '../databases/databases-of-account.js';
import type { BytePath } from '../manifest/entry.js';

export interface BesidesHome {
  /** Undefined: no database server is known. */
  databases?: DatabasesRequest | undefined;
  /** Undefined: nothing is known of any. */
  parts?: PartsRequest | undefined;
}

export interface PartsRequest {
  /** Maildirs or mboxes. Those in the home are stored with it. */
  mailboxes: { address: string; path: string }[];
  zones: { domain: string; path: string }[];
  certificates: { domain: string; paths: string[] }[];
  /** Where its crontab is, or would be. */
  crontab?: string | undefined;
  ftpAccounts: FtpAccount[];
  /** Files and folders of the panel. */
  panelFiles: string[];
  /** Why there may be more, in sentences. */
  problems?: string[] | undefined;
  /** Only what lies at or below these paths of the snapshot; undefined: everything. */
  only?: BytePath[] | undefined;
}

export interface FtpAccount {
  user: string;
  home?: string | undefined;
  passwordHash?: string | undefined;
}
