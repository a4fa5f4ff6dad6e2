/** How large a download may become, and what is said when it is too large. Pure. */
import { AppError } from '../../platform/errors.js';
import { humanSize } from '../../platform/human-size.js';
import type { SnapshotBody } from '../manifest/snapshot-file.js';

/** Throws when there is a limit and the content is more. `isAtLeast`: it may be even more. */
export function requireWithin(
  bytes: number,
  maxBytes: number | undefined,
  isAtLeast = false,
): void {
  if (maxBytes === undefined || bytes <= maxBytes) return;
  const size = `${isAtLeast ? 'at least ' : ''}${humanSize(bytes)}`;
  const message = `What was chosen holds ${size}, and a download may hold ${humanSize(maxBytes)} at most. Choose less, such as single folders or databases in several downloads, or ask your host.`;
  throw new AppError('conflict', 'download.too-large', message, { details: { bytes, maxBytes } });
}

/** At least, nothing of the disk is known to compress better. */
const INCOMPRESSIBLE = 1;

/** How many bytes an archive of so much content takes at most, as the snapshot's own archives suggest. */
export function expectedBytes(
  bytes: number,
  { structure, archives, contentBytes }: Pick<SnapshotBody, 'structure' | 'archives' | 'contentBytes'>, // prettier-ignore
): number {
  const stored = archives.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const content =
    structure === 'compressed'
      ? contentBytes
      : archives.reduce((sum, archive) => sum + (archive.contentBytes ?? 0), 0);
  const share = stored > 0 && content > 0 ? stored / content : INCOMPRESSIBLE;
  return Math.ceil(bytes * Math.min(INCOMPRESSIBLE, share));
}
