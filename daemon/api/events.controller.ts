import { Controller, Get, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import { AccountsService } from '../accounts/accounts.service.js';
import type { Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { EventFilter } from '../auth/events.store.js';
import { t } from '../platform/messages.js';
import { count, instant, limit } from './inputs.js';
import { Names } from './names.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { sendEvents } from './send-events.js';
import { toEventView } from './shapes.js';
import { eventView, type EventView } from './views.js';

const narrowing = {
  account: z.string().min(1).max(255).optional().meta({ description: 'By name or id' }),
  kind: z
    .string()
    .regex(/^[a-z-]{1,32}$/, {
      error: () => t('It must be a kind of subject: run, snapshot, job, …'),
    })
    .optional()
    .meta({ description: 'What they are about: run, snapshot, account, job, destination, …' }),
  from: instant('2026-11-21T00:00:00Z').optional(),
  to: instant('2026-11-22T00:00:00Z')
    .optional()
    .meta({ description: 'Only what happened before it' }),
};
const eventsQuery = z.strictObject({
  limit: limit(100, 1000),
  before: count.optional(),
  ...narrowing,
});
const exportQuery = z.strictObject({ format: z.enum(['csv', 'jsonl']), ...narrowing });
type Narrowing = Omit<z.output<typeof exportQuery>, 'format'>;

@Controller('api/v1/events')
export class EventsController {
  constructor(
    private readonly events: EventsService,
    private readonly accounts: AccountsService,
    private readonly names: Names,
  ) {}

  @Get()
  @ApiRoute({ summary: 'Who did what, newest first', answers: z.array(eventView) })
  async list(
    @CurrentActor() actor: Actor,
    @Query({ schema: eventsQuery }) { limit: most, before, ...rest }: z.output<typeof eventsQuery>,
  ): Promise<EventView[]> {
    const filter = { ...(await this.filterOf(actor, rest)), before, limit: most };
    return (await this.events.list(actor, filter)).map(toEventView);
  }

  @Get('export')
  @ApiRoute({
    summary: 'All events that match, newest first, as a file of CSV or of JSON lines',
    answers: { mediaType: 'text/csv' },
  })
  async export(
    @CurrentActor() actor: Actor,
    @Query({ schema: exportQuery }) { format, ...rest }: z.output<typeof exportQuery>,
    @Res() response: Response,
  ): Promise<void> {
    const events = this.events.listAll(actor, await this.filterOf(actor, rest));
    const account = await this.names.ofAccounts(actor);
    await sendEvents(response, events, { format, account });
  }

  private async filterOf(
    actor: Actor,
    { account, kind, from, to }: Narrowing,
  ): Promise<Omit<EventFilter, 'limit'>> {
    const accountId = account && (await this.accounts.get(actor, account)).id;
    return { accountId, from, to, ...(kind && { subject: { kind } }) };
  }
}
