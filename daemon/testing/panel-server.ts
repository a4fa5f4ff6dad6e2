/** The example servers of panels, copied to where a test may have them backed up. */
import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AccountParts } from '../accounts/account-parts.js';
import type { DiscoveredAccount } from '../accounts/account-source.js';
import { tempDir } from './temp-dir.js';

/** A copy of a panel's example server. */
export async function serverOf(panel: string): Promise<string> {
  const root = await tempDir();
  chmodSync(root, 0o755);
  cpSync(fileURLToPath(new URL(`../accounts/${panel}/fixtures/server`, import.meta.url)), root, { recursive: true }); // prettier-ignore
  return root;
}

/** The copy stands for the whole server. */
export function below(
  root: string,
  { parts, ...account }: DiscoveredAccount,
): DiscoveredAccount & { parts: AccountParts } {
  if (parts === undefined) throw new Error(`${account.name} has no parts`);
  const moved = (path: string): string => join(root, path);
  return {
    ...account,
    home: moved(account.home),
    parts: {
      ...parts,
      mailboxes: parts.mailboxes.map(({ address, path }) => ({ address, path: moved(path) })),
      zones: parts.zones.map(({ domain, path }) => ({ domain, path: moved(path) })),
      certificates: parts.certificates.map(({ domain, paths }) => ({
        domain,
        paths: paths.map(moved),
      })),
      panelFiles: parts.panelFiles.map(moved),
      ...(parts.crontab !== undefined && { crontab: moved(parts.crontab) }),
    },
  };
}
