import { Controller, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { SnapshotLocks } from '../../../daemon/snapshots/snapshot-locks.service.js';
import { textOf, typedFields } from '../../form.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';

@Controller()
export class SnapshotLockPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly locks: SnapshotLocks,
  ) {}

  /** Locks or unlocks it, as the button said. */
  @Post(paths.snapshotLock)
  async lock(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const isUnlocking = textOf(typedFields(request.body)['action']) === 'unlock';
    await (isUnlocking ? this.locks.unlock(actor, id) : this.locks.lock(actor, id));
    const flash = isUnlocking ? 'snapshot-unlocked' : 'snapshot-locked';
    this.pages.redirect({ request, response }, urls.snapshot(id), flash);
  }
}
