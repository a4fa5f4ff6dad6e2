import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { LockOutsService } from '../auth/lock-outs.service.js';
import { SessionListService } from '../auth/session-list.service.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import {
  lockOutView,
  revokedView,
  sessionView,
  toLockOutAnswer,
  toSessionAnswer,
  type LockOutAnswer,
  type SessionAnswer,
} from './session-views.js';

const idParam = z.strictObject({ id: z.string().min(1).max(64) });
const listQuery = z.strictObject({ whose: z.enum(['own', 'all']).default('own') });

/** Signed-in browsers, and names that must wait after too many failures. */
@Controller('api/v1')
export class SessionsController {
  constructor(
    private readonly sessions: SessionListService,
    private readonly lockOuts: LockOutsService,
  ) {}

  @Get('sessions')
  @ApiRoute({ summary: 'Signed-in browsers, the last seen first', answers: z.array(sessionView) })
  async list(
    @CurrentActor() actor: Actor,
    @Query({ schema: listQuery }) { whose }: z.output<typeof listQuery>,
  ): Promise<SessionAnswer[]> {
    const isAll = whose === 'all';
    const found = await (isAll ? this.sessions.listAll(actor) : this.sessions.listOwn(actor));
    return found.map(toSessionAnswer);
  }

  @Delete('sessions/:id')
  @ApiRoute({ summary: 'Sign a browser out', answers: undefined })
  async revoke(
    @CurrentActor() actor: Actor,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ): Promise<void> {
    await this.sessions.revoke(actor, id);
  }

  @Delete('sessions')
  @ApiRoute({ summary: 'Sign all browsers of the caller out', answers: revokedView })
  async revokeOwn(@CurrentActor() actor: Actor): Promise<z.infer<typeof revokedView>> {
    return { revoked: await this.sessions.revokeOthers(actor) };
  }

  @Get('lock-outs')
  @ApiRoute({ summary: 'Who must wait to sign in', answers: z.array(lockOutView) })
  async listLockOuts(@CurrentActor() actor: Actor): Promise<LockOutAnswer[]> {
    return (await this.lockOuts.list(actor)).map(toLockOutAnswer);
  }

  @Delete('lock-outs/:id')
  @ApiRoute({ summary: 'Let someone try again at once', answers: undefined })
  async lift(
    @CurrentActor() actor: Actor,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ): Promise<void> {
    await this.lockOuts.lift(actor, id);
  }
}
