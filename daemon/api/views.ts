/**
 * What the API answers: one schema for each thing it shows. The OpenAPI document is made from
 * them, the controllers fill them, the command line takes its types from them. Never an entity:
 * a column added to the catalogue must not appear outside by itself.
 */
import { z } from 'zod';
import { accountFilter } from '../jobs/account-filter.js';

const RUN_KINDS = [
  ...(['backup', 'restore', 'download', 'verify', 'remove'] as const),
  ...(['reindex', 'erase', 'prune'] as const),
] as const;
export const instant = z
  .string()
  .meta({ description: 'UTC, ISO 8601', example: '2026-11-21T21:45:12Z' });
const pathText = z.string().meta({
  description: 'A path as text, or `base64:…` of its bytes when they are not UTF-8',
});

export const accountView = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    uid: z.int(),
    gid: z.int(),
    home: z.string(),
    user: z.string(),
    owner: z.string().nullable(),
    package: z.string().nullable(),
    email: z.string().nullable(),
    source: z.string(),
    state: z.enum(['active', 'gone']),
    firstSeenAt: instant,
    lastSeenAt: instant,
    excludes: z.array(z.string()),
    isSuspended: z.boolean(),
    tags: z.array(z.string()).meta({ description: 'Only an admin sees them' }),
  })
  .meta({ id: 'Account' });
export type AccountView = z.infer<typeof accountView>;

export const jobView = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    accounts: z.union([z.literal('all'), z.array(z.string()), accountFilter]),
    destinations: z.array(z.string()),
    structure: z.string(),
    excludes: z.array(z.string()),
    useDefaultExcludes: z.boolean(),
    skipWordpressCore: z.boolean(),
    retries: z.int(),
    isEnabled: z.boolean(),
    createdAt: instant,
  })
  .meta({ id: 'Job' });
export type JobView = z.infer<typeof jobView>;

export const workState = z.enum([
  'queued',
  'running',
  'complete',
  'incomplete',
  'failed',
  'cancelled',
  'interrupted',
]);
export type WorkState = z.infer<typeof workState>;

export const workError = z.strictObject({
  kind: z.string(),
  code: z.string(),
  message: z.string(),
});

export const progressView = z
  .strictObject({
    phase: z.string(),
    files: z.number(),
    bytes: z.number(),
    totalFiles: z.number().optional(),
    totalBytes: z.number().optional(),
    etaSeconds: z.number().optional(),
    current: z.string().optional(),
  })
  .meta({ id: 'Progress' });

export const runView = z
  .strictObject({
    id: z.int(),
    kind: z.enum(RUN_KINDS),
    state: workState,
    trigger: z.string(),
    jobId: z.string().nullable(),
    accountId: z.string().nullable(),
    requestedBy: z.string(),
    createdAt: instant,
    startedAt: instant.nullable(),
    finishedAt: instant.nullable(),
    retryOf: z.int().nullable(),
    undoOf: z.int().nullable().meta({ description: 'The restore that it takes back' }),
    partOf: z.int().nullable().meta({ description: 'The first of the runs asked for together' }),
    summary: z.record(z.string(), z.unknown()).nullable(),
    error: workError.nullable(),
  })
  .meta({ id: 'Run' });
export type RunView = z.infer<typeof runView>;

export const taskView = z
  .strictObject({
    id: z.int(),
    runId: z.int(),
    accountId: z.string().nullable().meta({ description: 'Null: about a destination as a whole' }),
    account: z.string().nullable(),
    destinationId: z.string(),
    destination: z.string(),
    snapshotId: z.string().nullable(),
    state: workState,
    attempts: z.int(),
    progress: progressView.nullable(),
    result: z.record(z.string(), z.unknown()).nullable(),
    error: workError.nullable(),
    createdAt: instant,
    startedAt: instant.nullable(),
    finishedAt: instant.nullable(),
  })
  .meta({ id: 'Task' });
export type TaskView = z.infer<typeof taskView>;

export const runDetailView = z
  .strictObject({
    run: runView,
    tasks: z.array(taskView),
    parts: z.array(z.int()).meta({ description: 'Runs asked for together with it, after it' }),
    undo: z
      .strictObject({
        isPossible: z.boolean(),
        until: instant.nullable(),
        why: z.string().nullable().meta({ description: 'Why it is not possible' }),
      })
      .nullable()
      .meta({ description: 'Of a restore that has ended and is yours to undo' }),
  })
  .meta({ id: 'RunWithTasks' });
export type RunDetailView = z.infer<typeof runDetailView>;

export const removalView = z
  .strictObject({ run: runView.nullable().meta({ description: 'Of an erase' }) })
  .meta({ id: 'Removal' });
export type RemovalView = z.infer<typeof removalView>;

export const assignmentView = z
  .strictObject({ accountId: z.string(), account: z.string(), snapshots: z.int() })
  .meta({ id: 'Assignment' });
export type AssignmentView = z.infer<typeof assignmentView>;

export const logLineView = z
  .strictObject({
    seq: z.int().meta({ description: 'From 1; ask for lines after this one with `after`.' }),
    at: z.string(),
    level: z.enum(['info', 'warn', 'error']),
    message: z.string(),
    account: z.string().optional(),
    taskId: z.int().optional(),
  })
  .meta({ id: 'LogLine' });
export type LogLineView = z.infer<typeof logLineView>;

export const snapshotView = z
  .strictObject({
    id: z.string(),
    accountId: z.string(),
    account: z.string(),
    destinationId: z.string(),
    destination: z.string(),
    jobId: z.string().nullable(),
    state: z.enum(['in-progress', 'complete', 'incomplete', 'failed', 'expired']),
    structure: z.string(),
    isDamaged: z.boolean(),
    isLocked: z.boolean(),
    isSafety: z.boolean().meta({ description: 'Made by a restore, of what it replaced' }),
    lockedBy: z.enum(['admin', 'account']).nullable(),
    pendingDeletionAt: instant.nullable().meta({ description: 'Not before then it is removed' }),
    pendingRule: z.string().nullable().meta({ description: 'Completes “because …”' }),
    isMissing: z.boolean().meta({ description: 'Its file was gone at the last reindex' }),
    remark: z.string().nullable().meta({ description: 'What the last reindex found wrong' }),
    startedAt: instant,
    finishedAt: instant.nullable(),
    verifiedAt: instant.nullable(),
    entries: z.int(),
    files: z.int(),
    contentBytes: z.number(),
    storedBytes: z.number(),
    problems: z.int(),
    excluded: z.int(),
    note: z.string().meta({ description: 'What people say of it' }),
    labels: z.array(z.string()),
  })
  .meta({ id: 'Snapshot' });
export type SnapshotView = z.infer<typeof snapshotView>;

export const entryView = z
  .strictObject({
    path: pathText,
    name: z.string().meta({ description: 'For people; control characters are escaped.' }),
    type: z.string(),
    sizeBytes: z.number(),
    mode: z.int(),
    uid: z.int(),
    gid: z.int(),
    modifiedAt: instant,
    target: z.string().nullable(),
    excludedBy: z.string().nullable(),
    problem: z.string().nullable(),
  })
  .meta({ id: 'Entry' });
export type EntryView = z.infer<typeof entryView>;

export const entriesView = z
  .strictObject({ entries: z.array(entryView), total: z.int().nullable() })
  .meta({ id: 'Entries' });
export type EntriesView = z.infer<typeof entriesView>;

export const previewView = z
  .strictObject({
    counts: z.strictObject({
      created: z.int(),
      replaced: z.int(),
      deleted: z.int(),
      unchanged: z.int(),
      skipped: z.int(),
    }),
    bytes: z.number(),
    freeBytes: z.number().nullable(),
    targetPath: z.string(),
    changes: z.array(
      z.strictObject({
        path: z.string(),
        action: z.string(),
        sizeBytes: z.number(),
        reason: z.string().optional(),
      }),
    ),
    isTruncated: z.boolean(),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'RestorePreview' });
export type PreviewView = z.infer<typeof previewView>;

export const userView = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    role: z.enum(['admin', 'reseller', 'account']),
    accountId: z.string().nullable(),
    owner: z.string().nullable().meta({ description: 'Of a reseller: whose accounts it works on' }),
    account: z.string().nullable(),
    hasPassword: z.boolean(),
    /** Whether a code of an app is asked for after the password. */
    hasTotp: z.boolean(),
    createdAt: instant,
    disabledAt: instant.nullable(),
  })
  .meta({ id: 'User' });
export type UserView = z.infer<typeof userView>;

export const signInLinkView = z
  .strictObject({ url: z.string(), expiresAt: instant })
  .meta({ id: 'SignInLink' });
export type SignInLinkView = z.infer<typeof signInLinkView>;

export const apiTokenView = z
  .strictObject({
    name: z.string(),
    userId: z.string(),
    createdAt: instant,
    expiresAt: instant.nullable(),
    lastUsedAt: instant.nullable(),
    isReadOnly: z.boolean(),
  })
  .meta({ id: 'ApiToken' });
export type ApiTokenView = z.infer<typeof apiTokenView>;

export const newApiTokenView = apiTokenView
  .extend({ token: z.string() })
  .meta({ id: 'NewApiToken' });
export type NewApiTokenView = z.infer<typeof newApiTokenView>;

export const eventView = z
  .strictObject({
    id: z.int(),
    at: instant,
    actor: z.string(),
    origin: z.string(),
    address: z.string().nullable(),
    action: z.string(),
    subjectKind: z.string(),
    subjectId: z.string(),
    accountId: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' });
export type EventView = z.infer<typeof eventView>;

export const statusView = z
  .strictObject({
    version: z.string(),
    server: z.string(),
    startedAt: instant,
    you: z.strictObject({ role: z.enum(['admin', 'reseller', 'account']), label: z.string() }),
    accounts: z.int(),
    /** Where accounts come from; null for end users. */
    accountSource: z.strictObject({ name: z.string(), isDetected: z.boolean() }).nullable(),
    /** Why the account source could not be read last time. */
    accountSourceProblem: z.string().nullable(),
    runs: z.strictObject({ queued: z.int(), running: z.int() }),
    lastRun: runView.nullable(),
    pruneAlarms: z
      .array(z.strictObject({ destination: z.string(), lastPrunedAt: instant.nullable() }))
      .meta({ description: 'Destinations that have not been pruned for too long' }),
    alerts: z
      .strictObject({
        errors: z.int(),
        warnings: z.int(),
        lateMessages: z.int(),
        failedMessages: z.int(),
      })
      .nullable()
      .meta({
        description: 'Open alerts; messages that are tried in vain, or were given up in a week',
      }),
    panelUrl: z.string().nullable(),
  })
  .meta({ id: 'Status' });
export type StatusView = z.infer<typeof statusView>;
