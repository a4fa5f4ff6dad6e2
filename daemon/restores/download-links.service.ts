/** Prepared files for whoever has a link to them, without signing in, until the link or the file is gone. */
import { Injectable } from '@nestjs/common';
import { systemActor, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import { AppError, toAppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { DownloadSigner, type DownloadLink, type LinkProof } from './download-signer.js';
import { DownloadsService, type DownloadFile, type Fetch } from './downloads.service.js';
import { FetchLimiter } from './fetch-limiter.js';

@Injectable()
export class DownloadLinks {
  constructor(
    private readonly downloads: DownloadsService,
    private readonly signer: DownloadSigner,
    private readonly limiter: FetchLimiter,
    private readonly events: EventsService,
  ) {}

  /** Of a file that is there, for whoever may see it. */
  async make(actor: Actor, runId: number): Promise<DownloadLink> {
    const { run } = await this.downloads.file(actor, runId);
    const link = this.signer.linkTo(run);
    if (link === undefined) throw noLinks();
    const { expiresAt } = link;
    const subject = { kind: 'run', id: runId, accountId: run.accountId };
    await this.events.record(actor, 'download.linked', subject, { expiresAt });
    return link;
  }

  /** Anything wrong with it is `not-found`, and says no more. */
  async open(runId: number, proof: LinkProof, fetch: Fetch): Promise<DownloadFile> {
    const file = await this.proven(runId, proof);
    if (file === undefined) {
      this.limiter.refused(fetch.address);
      throw notFound('download', runId);
    }
    this.limiter.fetched(runId);
    await this.downloads.noteFetch(systemActor, file.run, { ...fetch, by: 'link' });
    return file;
  }

  private async proven(runId: number, proof: LinkProof): Promise<DownloadFile | undefined> {
    if (this.signer.isOver(proof)) return undefined;
    try {
      const file = await this.downloads.file(systemActor, runId);
      return this.signer.isGood(file.run, proof) ? file : undefined;
    } catch (error) {
      if (['not-found', 'conflict'].includes(toAppError(error).kind)) return undefined;
      throw error;
    }
  }
}

function noLinks(): AppError {
  const message = t(
    'There are no links that work without signing in: an admin switched them off (downloads.linkHours), or the panel is off.',
  );
  return new AppError('denied', 'download.no-links', message);
}
