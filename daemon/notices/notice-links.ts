import { Injectable } from '@nestjs/common';

/**
 * The one place where links in messages are made. The panel lies above this folder: whoever opens
 * its door says where it is and how its paths are spelled.
 */
@Injectable()
export class NoticeLinks {
  private runAddress: ((runId: number) => string) | undefined;

  lead(runAddress: (runId: number) => string): void {
    this.runAddress = runAddress;
  }

  /** The page of a run, where a download's file is, too; undefined: there is no panel. */
  run(runId: number): string | undefined {
    return this.runAddress?.(runId);
  }
}
