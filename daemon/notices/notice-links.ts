import { Injectable } from '@nestjs/common';

export interface FinishedDownload {
  id: number;
  requestedBy: string;
  finishedAt: string;
}

export interface ExpiringLink {
  url: string;
  expiresAt: string;
}

type DownloadAddress = (of: FinishedDownload) => ExpiringLink | undefined;

/**
 * The one place where links in messages are made. The panel lies above this folder: whoever opens
 * its door says where it is and how its paths are spelled.
 */
@Injectable()
export class NoticeLinks {
  private runAddress: ((runId: number) => string) | undefined;

  private downloadAddress: DownloadAddress | undefined;

  lead(runAddress: (runId: number) => string, downloadAddress?: DownloadAddress): void {
    this.runAddress = runAddress;
    this.downloadAddress = downloadAddress;
  }

  /** The page of a run, where a download's file is, too; undefined: there is no panel. */
  run(runId: number): string | undefined {
    return this.runAddress?.(runId);
  }

  /** What fetches the file of a download without signing in; undefined: there are no such links. */
  download(of: FinishedDownload): ExpiringLink | undefined {
    return this.downloadAddress?.(of);
  }
}
