/**
 * Holds whoever is no admin to `downloads.maxBytes`, and everybody to `downloads.minFreeBytes`, before a
 * download is begun. What only the manifest tells, its worker looks at before it writes anything.
 */
import { Inject, Injectable } from '@nestjs/common';
import { isTenant, type Actor } from '../auth/actor.js';
import { diskFull, freeBytesAt } from '../engine/download/disk-room.js';
import { requireWithin } from '../engine/download/download-size.js';
import type { Selection } from '../engine/types.js';
import type { Config } from '../platform/config-schema.js';
import { humanSize } from '../platform/human-size.js';
import type { InstancePaths } from '../platform/instance.js';
import { CONFIG, INSTANCE_PATHS } from '../platform/platform.module.js';
import { knownSize } from './known-size.js';
import type { Snapshot } from './snapshot.entity.js';

@Injectable()
export class DownloadLimits {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'downloads'>,
    @Inject(INSTANCE_PATHS) private readonly paths: Pick<InstancePaths, 'downloads'>,
  ) {}

  /** Undefined: as much as there is. */
  maxBytesFor(actor: Actor): number | undefined {
    const { maxBytes } = this.config.downloads;
    return isTenant(actor) && maxBytes > 0 ? maxBytes : undefined;
  }

  async require(
    actor: Actor,
    selection: Selection,
    { summary }: Pick<Snapshot, 'summary'>,
  ): Promise<void> {
    const { bytes, isExact } = knownSize(selection, summary);
    requireWithin(bytes, this.maxBytesFor(actor), !isExact);
    const { minFreeBytes } = this.config.downloads;
    const free = await freeBytesAt(this.paths.downloads);
    if (free === undefined || free >= minFreeBytes) return;
    throw diskFull(`only ${humanSize(free)} are free`, minFreeBytes);
  }
}
