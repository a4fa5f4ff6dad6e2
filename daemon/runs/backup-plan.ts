/** Which tasks a backup, or the repetition of a run, is made of. Pure. */
import type { Account } from '../accounts/account.entity.js';
import {
  compileFilter,
  isFilter,
  type FilteredAccount,
  type JobAccounts,
} from '../jobs/account-filter.js';
import type { Job } from '../jobs/job.entity.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { PRIORITIES } from './queue.js';
import type { Run } from './run.entity.js';
import type { NewTask } from './runs.store.js';
import type { Task } from './task.entity.js';

/** An account that a job may cover, with what filters ask of it. */
export type Candidate = Pick<Account, 'id' | 'state'> & FilteredAccount;

export interface BackupQuestion {
  job: Pick<Job, 'name' | 'accounts' | 'isEnabled'>;
  destinationIds: readonly string[];
  /** Every account the catalogue knows, gone ones too. */
  accounts: readonly Candidate[];
  /** Only these of the job's accounts. */
  names?: readonly string[] | undefined;
}

/**
 * One task for each account and destination. An account that a job names and that is gone becomes a
 * task as well, which fails: a backup that silently stopped would be worse.
 */
export function planBackup(question: BackupQuestion): NewTask[] {
  const { job, destinationIds } = question;
  if (!job.isEnabled) {
    throw new AppError(
      'conflict',
      'job.disabled',
      t('The job "{name}" is switched off.', { name: job.name }),
    );
  }
  const chosen = accountsOf(question);
  if (chosen.length === 0) {
    const message = t('The job "{name}" covers no account; there is nothing to back up.', {
      name: job.name,
    });
    throw new AppError('conflict', 'job.no-accounts', message);
  }
  return chosen.flatMap(({ id }) =>
    destinationIds.map((destinationId) => ({
      accountId: id,
      destinationId,
      snapshotId: null,
      priority: PRIORITIES.backup,
    })),
  );
}

/** The tasks of an ended run that did not complete, anew. */
export function planRetry(
  run: Pick<Run, 'id' | 'kind' | 'state'>,
  tasks: readonly Pick<Task, 'state' | 'accountId' | 'destinationId' | 'snapshotId' | 'priority'>[],
): NewTask[] {
  if (run.state === 'queued' || run.state === 'running') {
    const message = t('Run {id} is still {state}; wait for it or cancel it first.', {
      id: String(run.id),
      state: run.state,
    });
    throw new AppError('conflict', 'run.not-finished', message);
  }
  const again = tasks.filter((task) => task.state !== 'complete');
  if (again.length === 0) {
    const message = t('Run {id} is complete; there is nothing to retry.', { id: String(run.id) });
    throw new AppError('conflict', 'run.complete', message);
  }
  return again.map(({ accountId, destinationId, snapshotId, priority }) => ({
    accountId,
    destinationId,
    snapshotId: run.kind === 'backup' ? null : snapshotId,
    priority,
  }));
}

function accountsOf({ job, accounts, names }: BackupQuestion) {
  const covered = coveredBy(job.accounts, accounts);
  if (names === undefined) return covered;
  const outside = names.filter((name) => !covered.some((account) => account.name === name));
  if (outside.length > 0) {
    const list = outside.map((name) => `"${name}"`).join(', ');
    const message = t('The job "{name}" does not cover {list}.', { name: job.name, list });
    throw inputError('job.account-not-covered', message, [{ field: 'accounts', message }]);
  }
  return covered.filter((account) => names.includes(account.name));
}

/** Active accounts that it takes; of those a job names, the one seen last where none is active. */
export function coveredBy<One extends Candidate>(
  wanted: JobAccounts,
  accounts: readonly One[],
): One[] {
  const active = accounts.filter((account) => account.state === 'active');
  if (wanted === 'all') return active;
  if (isFilter(wanted)) return active.filter(compileFilter(wanted));
  return wanted.flatMap((name) => {
    const found =
      active.find((account) => account.name === name) ??
      accounts.find((account) => account.name === name);
    return found ?? [];
  });
}
