/** Which kinds of parts there are. Who may have them restored, runs/item-permissions.ts says. */
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
/** Undefined: it is of the home, a database, or Holdfast's own. */
export function partKindOf(path: BytePath): PartKind | undefined {
  return TOPS.find(([top]) => isAtOrBelow(path, top))?.[1];
}
