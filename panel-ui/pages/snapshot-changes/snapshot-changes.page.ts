import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { HistoryService } from '../../../daemon/history/history.service.js';
import { inputError, type AppError } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import { SnapshotsService } from '../../../daemon/snapshots/snapshots.service.js';
import { pageIn, textOf } from '../../form.js';
import { ListedNames } from '../../listed-names.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { toSnapshotChangesView } from './snapshot-changes.view.js';

/** How many of the snapshots before are offered to compare with. */
const MOST_EARLIER = 50;

@Controller()
export class SnapshotChangesPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly snapshots: SnapshotsService,
    private readonly history: HistoryService,
    private readonly names: ListedNames,
  ) {}

  /** Without `since` it is the last one before that can be read. */
  @Get(paths.snapshotChanges)
  async show(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const snapshot = await this.snapshots.get(actor, id);
    const asked = textOf(request.query['since']);
    const earlier = await this.earlierThan(actor, snapshot, asked);
    const since = asked || earlier[0]?.id;
    const found = since === undefined ? undefined : await this.history.changes(actor, since, id);
    const { accounts } = await this.names.for(actor);
    const model = toSnapshotChangesView({
      ...{ snapshot, earlier, since, found },
      account: accounts.get(snapshot.accountId) ?? '',
      page: pageIn(request),
      isTenant: actor.role === 'account',
      now: this.pages.now(),
    });
    const options = { title: t('What changed'), section: 'snapshots' } as const;
    this.pages.page({ request, response }, 'snapshot-changes', model, options);
  }

  /** The one that is asked for is among them, however long ago it was made. */
  private async earlierThan(actor: Actor, one: Snapshot, asked: string): Promise<Snapshot[]> {
    const query = { account: one.accountId, before: one.id, limit: MOST_EARLIER };
    const listed = await this.snapshots.list(actor, query);
    const earlier = listed.filter(({ state }) => state === 'complete' || state === 'incomplete');
    if (asked === '' || earlier.some(({ id }) => id === asked)) return earlier;
    const other = await this.snapshots.get(actor, asked);
    if (other.accountId === one.accountId && !isBefore(other, one)) throw notBefore(one, other);
    return [...earlier, other];
  }
}

function isBefore(other: Snapshot, one: Snapshot): boolean {
  if (other.startedAt === one.startedAt) return other.id < one.id;
  return other.startedAt < one.startedAt;
}

function notBefore(one: Snapshot, other: Snapshot): AppError {
  const message = t('The snapshot {other} was not made before {one}. Compare with one that was.', { other: other.id, one: one.id }); // prettier-ignore
  return inputError('history.not-before', message, [{ field: 'since', message }]);
}
