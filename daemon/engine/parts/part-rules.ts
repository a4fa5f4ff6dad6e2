/** Which kinds of parts there are, and who may have them restored. Pure. */
import { isAtOrBelow } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import { CERTIFICATES, CRON, FTP, MAIL, PANEL, ZONES } from './part-names.js';

export type PartKind = 'mailbox' | 'cron' | 'zone' | 'certificate' | 'ftp' | 'config';

const TOPS: [top: BytePath, kind: PartKind][] = [
  [CERTIFICATES, 'certificate'],
  [PANEL, 'config'],
  [CRON, 'cron'],
  [FTP, 'ftp'],
  [MAIL, 'mailbox'],
  [ZONES, 'zone'],
];
/** What runs or is read as the account itself. The others change the server's own services. */
const TENANTS: ReadonlySet<PartKind> = new Set(['mailbox', 'cron']);

/** Undefined: it is of the home, a database, or Holdfast's own. */
export function partKindOf(path: BytePath): PartKind | undefined {
  return TOPS.find(([top]) => isAtOrBelow(path, top))?.[1];
}

/** Whether an account may have its own part of this kind restored without an admin. */
export function mayTenantRestore(kind: PartKind): boolean {
  return TENANTS.has(kind);
}
