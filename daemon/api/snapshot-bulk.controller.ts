import { Body, Controller, Post } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { BULK_ACTIONS, MOST_BY_FILTER, SnapshotBulk, type BulkItem } from '../snapshots/snapshot-bulk.service.js'; // prettier-ignore
import { Names } from './names.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { snapshotFilter } from './snapshot-filter-input.js';

const isGiven = (filter: object): boolean => Object.values(filter).some((one) => one !== undefined);

const bulkInput = z
  .strictObject({
    action: z.enum(BULK_ACTIONS),
    ids: z.array(z.string().min(1).max(64)).min(1).max(MOST_BY_FILTER).optional(),
    filter: snapshotFilter
      .refine(isGiven, { error: 'Say which: by account, destination, job, label, state or time.' })
      .optional()
      .meta({ description: 'In place of ids; at least one field' }),
    isPreview: z.boolean().default(false).meta({ description: 'Say what would be done, only' }),
    confirm: z
      .int()
      .optional()
      .meta({ description: 'To delete by a filter: how many the preview says will go' }),
  })
  .refine(({ ids, filter }) => (ids === undefined) !== (filter === undefined), {
    error: 'Give either ids or a filter.',
  })
  .refine(({ action, filter, confirm }) => confirm === undefined || (action === 'delete' && filter !== undefined), {
    path: ['confirm'],
    error: 'A count is given to remove by a filter only; leave it out.',
  }); // prettier-ignore

const bulkView = z
  .strictObject({
    done: z.int().meta({ description: 'How many; of a preview, how many would be' }),
    items: z.array(
      z.strictObject({
        id: z.string(),
        account: z.string(),
        startedAt: z.string(),
        obstacle: z.string().nullable().meta({ description: 'Why it was left alone' }),
      }),
    ),
  })
  .meta({ id: 'SnapshotBulk' });
export type SnapshotBulkView = z.infer<typeof bulkView>;

@Controller('api/v1/snapshots')
export class SnapshotBulkController {
  constructor(
    private readonly bulk: SnapshotBulk,
    private readonly names: Names,
  ) {}

  @Post('bulk')
  @ApiRoute({
    summary:
      'Lock, unlock or delete many; deletion keeps the newest complete one of each account, and is a run for each',
    answers: bulkView,
  })
  async act(
    @CurrentActor() actor: Actor,
    @Body({ schema: bulkInput }) { action, ids, filter, isPreview, confirm }: z.output<typeof bulkInput>, // prettier-ignore
  ): Promise<SnapshotBulkView> {
    const wanted = filter === undefined ? (ids ?? []) : await this.bulk.find(actor, filter);
    if (isPreview) return this.show(actor, await this.bulk.plan(actor, action, wanted, MOST_BY_FILTER)); // prettier-ignore
    const items = await (action === 'delete' && filter !== undefined
      ? this.bulk.deleteConfirmed(actor, wanted, confirm)
      : this.bulk.apply(actor, action, wanted, MOST_BY_FILTER));
    return this.show(actor, items);
  }

  private async show(actor: Actor, items: readonly BulkItem[]): Promise<SnapshotBulkView> {
    const accountName = await this.names.ofAccounts(actor);
    return {
      done: items.filter(({ obstacle }) => obstacle === undefined).length,
      items: items.map(({ snapshot: { id, accountId, startedAt }, obstacle }) => ({
        ...{ id, account: accountName(accountId), startedAt, obstacle: obstacle ?? null },
      })),
    };
  }
}
