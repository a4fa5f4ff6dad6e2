/** Where a safety snapshot goes: beside the snapshot that is restored, when that can be written. */
import { Injectable } from '@nestjs/common';
import { systemActor } from '../auth/actor.js';
import type { StoredDestination } from '../jobs/destination.entity.js';
import { DestinationOpener } from '../jobs/destination-opener.js';
import { DestinationsService } from '../jobs/destinations.service.js';
import { JobsService } from '../jobs/jobs.service.js';
import { toAppError } from '../platform/errors.js';
import { JobCandidates } from './job-candidates.js';

const OBSTACLES_TOLD = 3;

@Injectable()
export class SafetyPlaces {
  constructor(
    private readonly destinations: DestinationsService,
    private readonly opener: DestinationOpener,
    private readonly jobs: JobsService,
    private readonly candidates: JobCandidates,
  ) {}

  /**
   * The first that is enabled, may be written, answers and has room: the preferred one, then those of
   * the account's jobs, then local ones. Otherwise why there is none.
   */
  async choose(
    preferredId: string,
    accountId: string,
  ): Promise<{ destinationId: string } | { obstacle: string }> {
    const rows = await this.destinations.list(systemActor);
    const byId = new Map(rows.map((row) => [row.id, row]));
    const ofJobs = await this.destinationsOf(accountId);
    const local = rows.filter(({ kind }) => kind === 'local').map(({ id }) => id);
    const reasons: string[] = [];
    for (const id of new Set([preferredId, ...ofJobs, ...local])) {
      const row = byId.get(id);
      const reason = row === undefined ? undefined : await this.obstacleAt(row);
      if (row !== undefined && reason === undefined) return { destinationId: id };
      if (reason !== undefined) reasons.push(reason);
    }
    return { obstacle: obstacleText(reasons) };
  }

  private async destinationsOf(accountId: string): Promise<string[]> {
    const found: string[] = [];
    for (const { job, destinationIds } of await this.jobs.list(systemActor)) {
      const covered = await this.candidates.covered(systemActor, job.accounts);
      if (covered.some(({ id }) => id === accountId)) found.push(...destinationIds);
    }
    return found;
  }

  private async obstacleAt({ id, name, ...row }: StoredDestination): Promise<string | undefined> {
    if (!row.isEnabled) return `"${name}" is switched off`;
    if (row.isReadOnly) return `"${name}" is read-only`;
    try {
      const destination = await this.opener.open(id);
      try {
        await destination.probe({});
        return undefined;
      } finally {
        await destination.close();
      }
    } catch (error) {
      return `"${name}": ${toAppError(error).message.replace(/\.$/, '')}`;
    }
  }
}

function obstacleText(reasons: readonly string[]): string {
  const why = reasons.length === 0 ? 'there is none' : reasons.slice(0, OBSTACLES_TOLD).join('; ');
  return `Nothing was restored, because no destination can keep what it would replace (${why}). Make one of them writable, or add a local one; or have an admin ask for the restore without a safety snapshot.`;
}
