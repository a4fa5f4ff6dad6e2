import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { downloadInput } from '../runs/restore-input.js';
import { RunsService } from '../runs/runs.service.js';
import { snapshotNotes, type SnapshotNotes } from '../runs/snapshot-notes.js';
import { AssignmentService } from '../snapshots/assignment.service.js';
import { SnapshotNotesService } from '../snapshots/snapshot-notes.service.js';
import { SnapshotsService } from '../snapshots/snapshots.service.js';
import { entriesQuery, limit, searchQuery, snapshotParam } from './inputs.js';
import { Names } from './names.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { toEntriesView, toRunView, toSnapshotDetailView } from './shapes.js';
import { toSnapshotView } from './shapes.js';
import { snapshotFilter } from './snapshot-filter-input.js';
import { snapshotDetailView, type SnapshotDetailView } from './snapshot-detail-view.js';
import * as views from './views.js';

type SnapshotId = z.output<typeof snapshotParam>;

const listQuery = snapshotFilter.extend({
  safety: z.stringbool().optional().meta({ description: 'What restores kept; for admins' }),
  limit: limit(100, 1000),
  before: z.string().max(64).optional(),
});

const assignInput = z.strictObject({
  account: z.string().min(1).max(255).meta({ description: 'Name or id' }),
});

const removalQuery = z.strictObject({
  evenNewest: z.stringbool().default(false).meta({ description: 'It is known to be that' }),
});

@Controller('api/v1/snapshots')
export class SnapshotsController {
  constructor(
    private readonly snapshots: SnapshotsService,
    private readonly runs: RunsService,
    private readonly assignment: AssignmentService,
    private readonly notes: SnapshotNotesService,
    private readonly names: Names,
  ) {}

  @Get()
  @ApiRoute({ summary: 'Snapshots, newest first', answers: z.array(views.snapshotView) })
  async list(
    @CurrentActor() actor: Actor,
    @Query({ schema: listQuery }) query: z.output<typeof listQuery>,
  ): Promise<views.SnapshotView[]> {
    const { safety: isSafety, ...filter } = query;
    const snapshots = await this.snapshots.list(actor, { ...filter, isSafety });
    const account = await this.names.ofAccounts(actor);
    const destination = await this.names.ofDestinations(
      actor,
      snapshots.map((snapshot) => snapshot.destinationId),
    );
    return snapshots.map((snapshot) => toSnapshotView(snapshot, account, destination));
  }

  @Get(':id')
  @ApiRoute({ summary: 'One snapshot', answers: snapshotDetailView })
  async get(
    @CurrentActor() actor: Actor,
    @Param({ schema: snapshotParam }) { id }: SnapshotId,
  ): Promise<SnapshotDetailView> {
    const snapshot = await this.snapshots.get(actor, id);
    const account = await this.names.ofAccounts(actor);
    const destination = await this.names.ofDestinations(actor, [snapshot.destinationId]);
    const origin = await this.runs.findOrigin(actor, snapshot);
    return toSnapshotDetailView(snapshot, origin, { account, destination });
  }

  @Patch(':id')
  @ApiRoute({
    summary: 'Change its note and labels; what is not given stays',
    answers: views.snapshotView,
  })
  async note(
    @CurrentActor() actor: Actor,
    @Param({ schema: snapshotParam }) { id }: SnapshotId,
    @Body({ schema: snapshotNotes }) notes: SnapshotNotes,
  ): Promise<views.SnapshotView> {
    const snapshot = await this.notes.change(actor, id, notes);
    const account = await this.names.ofAccounts(actor);
    const destination = await this.names.ofDestinations(actor, [snapshot.destinationId]);
    return toSnapshotView(snapshot, account, destination);
  }

  @Get(':id/entries')
  @ApiRoute({ summary: 'What a folder of it holds', answers: views.entriesView })
  async entries(
    @CurrentActor() actor: Actor,
    @Param({ schema: snapshotParam }) { id }: SnapshotId,
    @Query({ schema: entriesQuery }) query: z.output<typeof entriesQuery>,
  ): Promise<views.EntriesView> {
    const { path, ...page } = query;
    return toEntriesView(await this.snapshots.browse(actor, id, path, page));
  }

  @Get(':id/search')
  @ApiRoute({ summary: 'Entries by a part of their name', answers: views.entriesView })
  async search(
    @CurrentActor() actor: Actor,
    @Param({ schema: snapshotParam }) { id }: SnapshotId,
    @Query({ schema: searchQuery }) { q, limit: most }: z.output<typeof searchQuery>,
  ): Promise<views.EntriesView> {
    return toEntriesView(await this.snapshots.search(actor, id, q, { limit: most }));
  }

  @Post(':id/download')
  @ApiRoute({
    summary: 'Prepare a download; answers its run, then fetch /downloads/{id}',
    answers: views.runView,
    status: 202,
  })
  async download(
    @CurrentActor() actor: Actor,
    @Param({ schema: snapshotParam }) { id }: SnapshotId,
    @Body({ schema: downloadInput }) input: z.output<typeof downloadInput>,
  ): Promise<views.RunView> {
    return toRunView(await this.runs.startDownload(actor, id, input));
  }

  @Post(':id/verify')
  @ApiRoute({ summary: 'Read everything again', answers: views.runView, status: 202 })
  async verify(
    @CurrentActor() actor: Actor,
    @Param({ schema: snapshotParam }) { id }: SnapshotId,
  ): Promise<views.RunView> {
    return toRunView(await this.runs.startVerify(actor, id));
  }

  @Post(':id/assign')
  @ApiRoute({
    summary: 'Give all snapshots of its account, which is no longer here, to another account',
    answers: views.assignmentView,
  })
  async assign(
    @CurrentActor() actor: Actor,
    @Param({ schema: snapshotParam }) { id }: SnapshotId,
    @Body({ schema: assignInput }) { account: name }: z.output<typeof assignInput>,
  ): Promise<views.AssignmentView> {
    const { account, snapshots } = await this.assignment.assign(actor, id, name);
    return { accountId: account.id, account: account.name, snapshots };
  }

  @Delete(':id')
  @ApiRoute({
    summary:
      'Remove it from its destination; answers the run. The newest complete one of its account only with evenNewest',
    answers: views.runView,
    status: 202,
  })
  async remove(
    @CurrentActor() actor: Actor,
    @Param({ schema: snapshotParam }) { id }: SnapshotId,
    @Query({ schema: removalQuery }) query: z.output<typeof removalQuery>,
  ): Promise<views.RunView> {
    return toRunView(await this.runs.startRemove(actor, id, query));
  }
}
