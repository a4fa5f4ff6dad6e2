/** Mailboxes that are stored with the home, and are items all the same. */
import { HOME } from '../capture/item-totals.js';
import type { BytePath } from '../manifest/entry.js';
import type { CaptureRequest } from '../types.js';
import { belowHome } from './locate.js';

/** Item names by the path that each lies at. */
export function mailboxesInHome({
  parts,
  account,
}: Pick<CaptureRequest, 'parts' | 'account'>): Map<BytePath, string> {
  const found = new Map<BytePath, string>();
  for (const { address, path } of parts?.mailboxes ?? []) {
    const below = belowHome(path, account.home);
    if (below !== undefined) found.set(`${HOME}/${below}`, `mailbox:${address}`);
  }
  return found;
}
