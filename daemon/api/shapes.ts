/** From rows to views: every field is named, so that nothing leaves by accident. */
import type { ValidationReport } from '../../destinations/conformance/validate-destination.js';
import type { Account } from '../accounts/account.entity.js';
import { isTenant, type Actor } from '../auth/actor.js';
import type { ApiToken } from '../auth/api-token.entity.js';
import type { RecordedEvent } from '../auth/event.entity.js';
import type { UserView } from '../auth/users.service.js';
import type { RestorePreview } from '../engine/types.js';
import type { ObjectsPage } from '../jobs/destination-browser.js';
import type { StoredDestination, StoredValidation } from '../jobs/destination.entity.js';
import type { JobWithDestinations } from '../jobs/jobs.store.js';
import type { PrunePreview } from '../runs/prune-previews.service.js';
import type { Run } from '../runs/run.entity.js';
import type { Snapshot } from '../runs/snapshot.entity.js';
import type { Task } from '../runs/task.entity.js';
import type { WorkError } from '../runs/worker-protocol.js';
import type { BrowseEntry } from '../snapshots/browse-entry.js';
import type { BrowsePage } from '../snapshots/snapshots.service.js';
import type { NameOf, TaskNames } from './names.js';
import type * as destinationViews from './destination-views.js';
import type { PrunePreviewView } from './prune-views.js';
import type { SnapshotDetailView } from './snapshot-detail-view.js';
import type { UndoOffer } from '../runs/undo-offers.js';
import type * as views from './views.js';

/** Who is no admin does not see what the admin calls it. */
export function toAccountView(account: Account, actor: Actor): views.AccountView {
  const { id, name, uid, gid, home, user, owner, email, source, state } = account;
  const { firstSeenAt, lastSeenAt, excludes, isSuspended, tags } = account;
  return {
    ...{ id, name, uid, gid, home, user, owner, email, source, state },
    ...{ firstSeenAt, lastSeenAt, excludes, isSuspended },
    tags: isTenant(actor) ? [] : tags,
    package: account.package,
  };
}

export function toDestinationView(
  destination: StoredDestination,
): destinationViews.DestinationView {
  const { id, name, kind, settings, owner, diskLimitPercent, threads, bandwidthKib } = destination;
  const { isReadOnly, isVisible, isEnabled, notes, createdAt, lastProbe } = destination;
  return {
    ...{ id, name, kind, settings, owner, diskLimitPercent, threads, bandwidthKib },
    ...{ isReadOnly, isVisible, isEnabled, notes, createdAt },
    foreignServers: destination.foreignServers.map(({ publicKeyPem, ...server }) => ({
      ...server,
      isTrusted: publicKeyPem !== null,
    })),
    hasSecrets: destination.sealedSecrets !== null,
    lastProbe: lastProbe && {
      at: lastProbe.at,
      isOk: lastProbe.isOk,
      message: lastProbe.message ?? null,
      freeBytes: lastProbe.freeBytes ?? null,
      totalBytes: lastProbe.totalBytes ?? null,
    },
  };
}

export function toValidationView(report: ValidationReport): destinationViews.ValidationView {
  const { isOk, checks, latencyMs, throughputMiBs, clockSkewMs, usage } = report;
  return {
    isOk,
    checks: checks.map(({ name, isOk: isKept, isWarning, message, mend }) => ({
      ...{ name, isOk: isKept, message },
      isWarning: isWarning === true,
      mend: mend ?? null,
    })),
    latencyMs: latencyMs ?? null,
    throughputMiBs: throughputMiBs ?? null,
    clockSkewMs: clockSkewMs ?? null,
    freeBytes: usage?.freeBytes ?? null,
    totalBytes: usage?.totalBytes ?? null,
  };
}

export function toStoredValidationView(
  stored: StoredValidation,
): destinationViews.StoredValidationView {
  return { at: stored.at, ...toValidationView(stored) };
}

export function toObjectsView({
  prefix,
  objects,
  next,
}: ObjectsPage): destinationViews.ObjectsView {
  return {
    prefix,
    objects: objects.map(({ key, name, type, sizeBytes, modifiedAt, snapshotId }) => ({
      ...{ key, name, type },
      sizeBytes: sizeBytes ?? null,
      modifiedAt: modifiedAt?.toISOString() ?? null,
      snapshotId: snapshotId ?? null,
    })),
    next: next ?? null,
  };
}

export function toJobView(
  { job, destinationIds }: JobWithDestinations,
  destinationName: NameOf,
): views.JobView {
  const { id, name, accounts, structure, excludes, useDefaultExcludes } = job;
  const { skipWordpressCore, retries, isEnabled, createdAt } = job;
  return {
    ...{ id, name, accounts, structure, excludes, useDefaultExcludes },
    ...{ skipWordpressCore, retries, isEnabled, createdAt },
    destinations: destinationIds.map(destinationName),
  };
}

export function toRunView(run: Run): views.RunView {
  const { id, kind, state, trigger, jobId, accountId, requestedBy } = run;
  const { createdAt, startedAt, finishedAt, retryOf, undoOf, partOf, summary } = run;
  return {
    ...{ id, kind, state, trigger, jobId, accountId, requestedBy },
    ...{ createdAt, startedAt, finishedAt, retryOf, undoOf, partOf, summary },
    error: toErrorView(run.error),
  };
}

export function toUndoView(offer: UndoOffer | undefined): views.RunDetailView['undo'] {
  if (offer === undefined) return null;
  const { isPossible } = offer;
  if (offer.isPossible) return { isPossible, until: offer.until.toISOString(), why: null };
  return { isPossible, until: null, why: offer.why };
}

/** `progress`: the newest there is, which may be fresher than the row's. */
export function toTaskView(
  task: Task,
  names: TaskNames,
  progress: Task['progress'],
): views.TaskView {
  const { id, runId, accountId, destinationId, snapshotId, state, attempts } = task;
  const { createdAt, startedAt, finishedAt } = task;
  return {
    ...{ id, runId, accountId, destinationId, snapshotId, state, attempts },
    ...{ createdAt, startedAt, finishedAt },
    account: accountId === null ? null : names.account(accountId),
    destination: names.destination(destinationId),
    progress: progress === null ? null : { ...progress },
    result: task.result === null ? null : { ...task.result },
    error: toErrorView(task.error),
  };
}

function toErrorView(error: WorkError | null): views.RunView['error'] {
  return error === null ? null : { kind: error.kind, code: error.code, message: error.message };
}

export function toSnapshotView(
  snapshot: Snapshot,
  account: NameOf,
  destination: NameOf,
): views.SnapshotView {
  const { id, accountId, destinationId, jobId, state, structure, isDamaged, isLocked } = snapshot;
  const { startedAt, finishedAt, verifiedAt, entries, files, contentBytes, storedBytes } = snapshot;
  const { problems, excluded, remark, lockedBy, pendingDeletionAt, pendingRule } = snapshot;
  const { note, labels, isSafety } = snapshot;
  return {
    ...{ id, accountId, destinationId, jobId, state, structure, isDamaged, isLocked },
    ...{ startedAt, finishedAt, verifiedAt, entries, files, contentBytes, storedBytes },
    ...{
      problems,
      excluded,
      remark,
      lockedBy,
      pendingDeletionAt,
      pendingRule,
      note,
      labels,
      isSafety,
    },
    isMissing: snapshot.missingAt !== null,
    account: account(accountId),
    destination: destination(destinationId),
  };
}

/** `origin`: what made it. */
export function toSnapshotDetailView(
  snapshot: Snapshot,
  origin: { run: Run; task: Task } | undefined,
  names: TaskNames,
): SnapshotDetailView {
  const { items = [], leftOut = [], sites = [], trigger, requests } = snapshot.summary ?? {};
  return {
    snapshot: toSnapshotView(snapshot, names.account, names.destination),
    items,
    leftOut,
    sites,
    trigger: trigger ?? origin?.run.trigger ?? null,
    run: origin
      ? {
          id: origin.run.id,
          requestedBy: origin.run.requestedBy,
          attempts: origin.task.attempts,
        }
      : null,
    requests: requests ? { ...requests, usCents: requests.usCents ?? null } : null,
  };
}

export function toPrunePreviewView(preview: PrunePreview, account: NameOf): PrunePreviewView {
  const { destination, obstacle, snapshots, garbage, ripe } = preview;
  return {
    ...{ destination, garbage, ripe },
    obstacle: obstacle ?? null,
    snapshots: snapshots.map(({ id, accountId, startedAt, storedBytes, goesAt, rule }) => ({
      ...{ id, accountId, startedAt, storedBytes, goesAt, rule },
      account: account(accountId),
    })),
  };
}

export function toEntriesView({ entries, total }: BrowsePage): views.EntriesView {
  return { entries: entries.map(toEntryView), total };
}

function toEntryView(entry: BrowseEntry): views.EntryView {
  const { path, name, type, sizeBytes, mode, uid, gid, modifiedAt } = entry;
  const { target, excludedBy, problem } = entry;
  return {
    ...{ path, name, type, sizeBytes, mode, uid, gid, modifiedAt },
    ...{ target, excludedBy, problem },
  };
}

export function toPreviewView(preview: RestorePreview): views.PreviewView {
  const { counts, bytes, freeBytes, targetPath, changes, isTruncated, warnings } = preview;
  return {
    ...{ counts, bytes, targetPath, changes, isTruncated, warnings },
    freeBytes: freeBytes ?? null,
  };
}

export function toUserView(user: UserView, account: NameOf): views.UserView {
  const { id, name, role, accountId, owner, hasPassword, hasTotp, createdAt, disabledAt } = user;
  return {
    ...{ id, name, role, accountId, owner, hasPassword, hasTotp, createdAt, disabledAt },
    account: accountId === null ? null : account(accountId),
  };
}

export function toApiTokenView(token: ApiToken): views.ApiTokenView {
  const { name, userId, createdAt, expiresAt, lastUsedAt, isReadOnly } = token;
  return { name, userId, createdAt, expiresAt, lastUsedAt, isReadOnly };
}

export function toEventView(event: RecordedEvent): views.EventView {
  const { id, at, actor, origin, address, action, subjectKind, subjectId, accountId } = event;
  return {
    ...{ id, at, actor, origin, address, action, subjectKind, subjectId, accountId },
    details: event.details,
  };
}
