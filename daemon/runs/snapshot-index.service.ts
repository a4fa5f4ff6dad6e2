/**
 * Brings the catalogue up to date with what a worker finds at a destination (or has erased there),
 * batch by batch. How far a reindex is stands in its task's result, written with the rows, so that a
 * retry goes on from there. index-plan.ts decides; this reads and writes.
 */
import { Injectable } from '@nestjs/common';
import { identityProblem } from '../accounts/orphans.service.js';
import { DestinationsService } from '../jobs/destinations.service.js';
import { ServerTrust } from '../jobs/server-trust.service.js';
import type { FoundBatch, FoundFile } from '../engine/types.js';
import {
  countsOf,
  emptyReport,
  planBatch,
  type BatchQuestion,
  type FoundSnapshot,
  type ReindexReport,
} from './index-plan.js';
import { RunRecords } from './run-records.js';
import { requestOf } from './run-request.js';
import type { Run } from './run.entity.js';
import { SnapshotIndexStore } from './snapshot-index.store.js';
import { SnapshotOwners, type Owners } from './snapshot-owners.js';
import { Snapshot } from './snapshot.entity.js';
import type { Task } from './task.entity.js';
import type { WorkBatch } from './worker-protocol.js';
import type { WorkResult } from './worker-process.js';

const MAX_LEFT_TOLD = 300;

@Injectable()
export class SnapshotIndex {
  private readonly reports = new Map<number, ReindexReport>();

  constructor(
    private readonly store: SnapshotIndexStore,
    private readonly owners: SnapshotOwners,
    private readonly trust: ServerTrust,
    private readonly destinations: DestinationsService,
    private readonly records: RunRecords,
  ) {}

  /** Who deals with the batches of one attempt at a task. */
  receiver(run: Run, task: Task): (batch: WorkBatch) => Promise<void> {
    const begunAt = this.records.now().toISOString();
    this.reports.set(task.id, resumedReport(run));
    return async (batch) => {
      if (batch.kind === 'found') await this.take(task, batch, begunAt);
      if (batch.kind === 'erased') {
        await this.store.markErased(task.destinationId, batch.keys, this.stamp());
      }
    };
  }

  /** The result to keep of a task about a destination; the worker's own of any other. */
  async finish(run: Run, task: Task, result: WorkResult): Promise<WorkResult> {
    if (run.kind === 'erase') await this.destinations.forgetErased(task.destinationId);
    if (run.kind !== 'reindex') return result;
    const found = this.reports.get(task.id) ?? emptyReport();
    this.reports.delete(task.id);
    await this.trust.keepFound(task.destinationId, found.servers);
    const left = await this.owners.settle();
    const report = { ...found, orphaned: await this.store.countOrphaned(task.destinationId) };
    await this.tell(task, report, left);
    return report;
  }

  private async tell(
    task: Task,
    { problems, servers }: ReindexReport,
    left: readonly string[],
  ): Promise<void> {
    const lines = problems
      .filter(({ kind }) => kind !== 'foreign')
      .map(({ kind, key, message }) => `${kind}: ${key}: ${message}`);
    const trust = servers.map(
      ({ serverId, name, keyFingerprint, snapshots }) =>
        `foreign: the server ${serverId} ("${name}") has ${String(snapshots)} snapshots there, signed with the key ${keyFingerprint}, which is not trusted.`,
    );
    for (const line of [...lines, ...trust, ...left.slice(0, MAX_LEFT_TOLD)]) {
      await this.records.logTask(task, undefined, 'warn', line);
    }
  }

  private async take(task: Task, batch: FoundBatch, begunAt: string): Promise<void> {
    const before = this.reports.get(task.id) ?? emptyReport();
    const upTo = batch.isLast ? undefined : batch.lastKey;
    const files = batch.files.map(refuseImpossible);
    const found = files.filter((file) => file.kind === 'snapshot');
    const owners = await this.owners.of(found);
    const question: BatchQuestion = {
      files,
      owners,
      rows: await this.store.rowsBetween(task.destinationId, before.lastKey, upTo),
      takenIds: await this.store.takenIds(found.map(({ summary }) => summary.id)),
      begunAt,
      now: this.stamp(),
    };
    const { added, changed, report } = planBatch(before, question);
    report.lastKey = batch.lastKey ?? before.lastKey;
    const jobs = await this.store.knownJobs(added.flatMap(({ jobId }) => jobId ?? []));
    const rows = added.map((file) => rowOf(file, task.destinationId, { owners, jobs }));
    this.store.apply({ added: rows, changed, taskId: task.id, result: report });
    this.reports.set(task.id, report);
  }

  private stamp(): string {
    return this.records.now().toISOString();
  }
}

function resumedReport(run: Run): ReindexReport {
  const request = requestOf(run);
  return 'resume' in request ? request.resume : emptyReport();
}

/** Signed, and still nothing that Holdfast would have written: no row is made of it. */
function refuseImpossible(file: FoundFile): FoundFile {
  if (file.kind !== 'snapshot') return file;
  const problem = identityProblem(file.account);
  if (problem === undefined) return file;
  const message = `The snapshot file is not used: ${problem}.`;
  return { kind: 'damaged', key: file.key, message };
}

function rowOf(
  file: FoundSnapshot,
  destinationId: string,
  { owners, jobs }: { owners: Owners; jobs: ReadonlySet<string> },
): Snapshot {
  const { key, summary, jobId } = file;
  const owner = owners.get(key);
  if (owner === undefined) throw new Error(`Nobody owns the snapshot ${summary.id}.`);
  return Object.assign(new Snapshot(), {
    ...countsOf(file),
    ...{ id: summary.id, key, destinationId, accountId: owner.id, taskId: null },
    ...{ isDamaged: false, isLocked: false, isHidden: false },
    ...{ note: '', labels: [] },
    ...{ scheduleId: null, lockedBy: null },
    ...{ pendingDeletionAt: null, pendingRule: null, pendingSinceMs: null },
    jobId: jobId !== null && jobs.has(jobId) ? jobId : null,
    ...{ verifiedAt: null, missingAt: null, remark: null, removedAt: null },
  });
}
