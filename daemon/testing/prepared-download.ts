/** The row and the file of a download that a run has prepared, or was to. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { AccountsService } from '../accounts/accounts.service.js';
import { systemActor } from '../auth/actor.js';
import { StoredDestination } from '../jobs/destination.entity.js';
import type { RunningDaemon } from '../lifecycle.js';
import { Run, type RunState } from '../runs/run.entity.js';
import { Task } from '../runs/task.entity.js';
import { sampleRun, sampleTask } from './sample-rows.js';

export interface Prepared {
  account: string;
  snapshotId: string;
  state?: RunState;
  fileName?: string;
  /** Undefined: there is no file. */
  content?: Buffer | undefined;
  paths?: string[];
  items?: string[];
  finishedAt?: string | null;
  isTenantRequest?: boolean;
}

/** The id of its run. */
export async function prepareDownload(daemon: RunningDaemon, given: Prepared): Promise<number> {
  const { state = 'complete', fileName = 'anna.tar.gz', content, paths = [], items = [] } = given;
  const get = <T>(type: new (...args: never[]) => T): T => daemon.app.get(type, { strict: false });
  const rows = get(DataSource);
  const { id: accountId } = await get(AccountsService).get(systemActor, given.account);
  const [destination] = await rows.getRepository(StoredDestination).find();
  const { snapshotId, isTenantRequest = true, finishedAt = new Date().toISOString() } = given;
  const isWhole = state === 'complete';
  const error = { kind: 'source', code: 'x', message: 'It broke.', details: {}, isRetryable: false } as const; // prettier-ignore
  const { id: _, ...run } = sampleRun({
    ...({ kind: 'download', state, jobId: null, accountId, finishedAt } as const),
    request: { snapshotId, selection: { paths, items }, isTenantRequest },
    requestedBy: given.account,
    error: state === 'failed' ? error : null,
  });
  const inserted = await rows.getRepository(Run).insert(run as object);
  const runId = Number(inserted.identifiers[0]?.['id']);
  const { id: __, ...task } = sampleTask({
    ...{ runId, accountId, snapshotId, state, destinationId: destination?.id ?? '' },
    result: isWhole ? { fileName, format: 'tar.gz', sizeBytes: 10, files: 3 } : null,
    progress: state === 'running' ? { phase: 'storing', files: 3, bytes: 250, totalBytes: 1000 } : null,
  }); // prettier-ignore
  await rows.getRepository(Task).insert(task as object);
  if (content) await writeFile(join(daemon.platform.paths.downloads, String(runId)), content);
  return runId;
}
