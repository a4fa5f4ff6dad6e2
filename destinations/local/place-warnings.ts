/**
 * What makes a local destination less safe than it could be, though backups work there: validation
 * tells it. Changes nothing.
 */
import { stat } from 'node:fs/promises';
import type { DestinationWarning } from '../destination.js';
import { firstOnDisk, readUsage } from './probe.js';

const OPEN_TO_OTHERS = 0o077;

export interface PlaceFacts {
  path: string;
  mode: number;
  /** A home of an account on the same file system. */
  homeOnDisk: string | undefined;
  totalBytes: number | undefined;
}

export async function readPlaceFacts(path: string, homes: readonly string[]): Promise<PlaceFacts> {
  const { mode, dev } = await stat(path);
  const { totalBytes } = await readUsage(path);
  return { path, mode, homeOnDisk: await firstOnDisk(dev, homes), totalBytes };
}

export function placeWarnings(facts: PlaceFacts): DestinationWarning[] {
  const { path, mode, homeOnDisk, totalBytes } = facts;
  const warnings: DestinationWarning[] = [];
  if ((mode & OPEN_TO_OTHERS) !== 0) {
    warnings.push({
      name: 'mode',
      message: `${path} can be entered or read by others than root (mode ${(mode & 0o7777).toString(8)}).`,
      mend: `Run: chmod 700 ${path}`,
    });
  }
  if (homeOnDisk !== undefined) {
    warnings.push({
      name: 'same-disk',
      message: `${path} lies on the same disk as the home ${homeOnDisk}: what breaks the disk takes both.`,
      mend: 'Mount another disk there, or add a destination elsewhere, too.',
    });
  }
  // Some network and FUSE file systems say nothing.
  if (totalBytes === undefined || totalBytes === 0) {
    warnings.push({
      name: 'free-space',
      message: `The file system of ${path} does not say how much room it has, so the disk limit cannot be kept.`,
      mend: 'Watch its room by other means.',
    });
  }
  return warnings;
}
