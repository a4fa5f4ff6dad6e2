import { Controller, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import type { Snapshot } from '../runs/snapshot.entity.js';
import { SnapshotLocks } from '../snapshots/snapshot-locks.service.js';
import { snapshotParam } from './inputs.js';
import { Names } from './names.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { toSnapshotView } from './shapes.js';
import { snapshotView, type SnapshotView } from './views.js';

type SnapshotId = z.output<typeof snapshotParam>;

@Controller('api/v1/snapshots')
export class SnapshotLocksController {
  constructor(
    private readonly locks: SnapshotLocks,
    private readonly names: Names,
  ) {}

  @Post(':id/lock')
  @ApiRoute({ summary: 'Keep it until it is unlocked', answers: snapshotView })
  async lock(
    @CurrentActor() actor: Actor,
    @Param({ schema: snapshotParam }) { id }: SnapshotId,
  ): Promise<SnapshotView> {
    return this.show(actor, await this.locks.lock(actor, id));
  }

  @Post(':id/unlock')
  @ApiRoute({ summary: 'Let retention decide about it again', answers: snapshotView })
  async unlock(
    @CurrentActor() actor: Actor,
    @Param({ schema: snapshotParam }) { id }: SnapshotId,
  ): Promise<SnapshotView> {
    return this.show(actor, await this.locks.unlock(actor, id));
  }

  private async show(actor: Actor, snapshot: Snapshot): Promise<SnapshotView> {
    const account = await this.names.ofAccounts(actor);
    const destination = await this.names.ofDestinations(actor, [snapshot.destinationId]);
    return toSnapshotView(snapshot, account, destination);
  }
}
