import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { HistoryService, type Change } from '../history/history.service.js';
import { VersionDiffs } from '../history/version-diffs.service.js';
import { pathRef } from '../runs/restore-input.js';
import { t } from '../platform/messages.js';
import * as views from './history-views.js';
import { limit, nameParam, snapshotParam } from './inputs.js';
import { Names } from './names.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';

type Name = z.output<typeof nameParam>;

const findQuery = z.strictObject({
  q: z
    .string()
    .min(1, { error: () => t('Give a part of a name, or a pattern like *.php.') })
    .max(255)
    .meta({ description: 'A part of the name; or a pattern of `*` and `?` for all of it' }),
  limit: limit(100, 1000),
});
const pathQuery = z.strictObject({ path: pathRef });
const sinceQuery = z.strictObject({ since: z.string().min(1).max(64) });
const diffQuery = z.strictObject({ path: pathRef, since: z.string().min(1).max(64) });

@Controller('api/v1')
export class HistoryController {
  constructor(
    private readonly history: HistoryService,
    private readonly diffs: VersionDiffs,
    private readonly names: Names,
  ) {}

  @Get('accounts/:name/history')
  @ApiRoute({
    summary: 'Files by name, in whichever of its snapshots they are',
    answers: views.foundFilesView,
  })
  async find(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Name,
    @Query({ schema: findQuery }) { q, limit: most }: z.output<typeof findQuery>,
  ): Promise<views.FoundFilesView> {
    const { items, isMore, unread } = await this.history.find(actor, name, q, most);
    const newest = items.map((item) => item.newest);
    const nameOf = await this.names.ofDestinations(actor, views.destinationsOf({ items: newest }));
    const files = items.map((item) => ({
      ...{ path: item.path, versions: item.versions },
      newest: views.toVersionView(item.newest, nameOf),
    }));
    return { files, isMore, unread };
  }

  @Get('accounts/:name/versions')
  @ApiRoute({ summary: 'All versions of a path, newest first', answers: views.versionsView })
  async versions(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Name,
    @Query({ schema: pathQuery }) { path }: z.output<typeof pathQuery>,
  ): Promise<views.VersionsView> {
    const found = await this.history.versions(actor, name, path);
    const nameOf = await this.names.ofDestinations(actor, views.destinationsOf(found));
    const versions = found.items.map((version) => views.toVersionView(version, nameOf));
    return { versions, unread: found.unread };
  }

  @Get('snapshots/:id/diff')
  @ApiRoute({
    summary: 'What differs in a text file since another snapshot of the account',
    answers: views.diffView,
  })
  async diff(
    @CurrentActor() actor: Actor,
    @Param({ schema: snapshotParam }) { id }: z.output<typeof snapshotParam>,
    @Query({ schema: diffQuery }) { path, since }: z.output<typeof diffQuery>,
  ): Promise<views.DiffView> {
    const compared = await this.diffs.compare(actor, { before: since, after: id }, path);
    const { sizes, isSame, diff, why } = compared;
    return {
      ...{ sizes, isSame, why: why ?? null },
      ...{ added: diff?.added ?? 0, removed: diff?.removed ?? 0 },
      ...{ isCut: diff?.isCut ?? false, rows: diff?.rows ?? [] },
    };
  }

  @Get('snapshots/:id/changes')
  @ApiRoute({
    summary: 'Paths that differ from another snapshot of the account',
    answers: views.changesView,
  })
  async changes(
    @CurrentActor() actor: Actor,
    @Param({ schema: snapshotParam }) { id }: z.output<typeof snapshotParam>,
    @Query({ schema: sinceQuery }) { since }: z.output<typeof sinceQuery>,
  ): Promise<views.ChangesView> {
    const { items, isMore } = await this.history.changes(actor, since, id);
    const count = (what: Change['what']): number => items.filter((one) => one.what === what).length;
    return {
      ...{ added: count('added'), changed: count('changed'), removed: count('removed') },
      ...{ isMore, changes: items },
    };
  }
}
