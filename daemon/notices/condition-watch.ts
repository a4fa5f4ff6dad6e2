/**
 * Looks every few minutes for what is wrong and lasts. A check that fails says nothing: what it would
 * have found is neither begun nor over.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '../platform/logger.js';
import { LOGGER } from '../platform/platform.module.js';
import { AccountChecks } from './account-checks.js';
import { AlertBook } from './alert-book.js';
import type { Found } from './condition.js';
import { DestinationChecks } from './destination-checks.js';
import { JobChecks } from './job-checks.js';
import type { ConditionKind } from './notice-kinds.js';

@Injectable()
export class ConditionWatch {
  constructor(
    private readonly accounts: AccountChecks,
    private readonly destinations: DestinationChecks,
    private readonly jobs: JobChecks,
    private readonly book: AlertBook,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async look(signal: AbortSignal): Promise<void> {
    const checks = [
      () => this.destinations.look(signal),
      () => this.jobs.look(),
      () => this.accounts.look(),
    ];
    for (const check of checks) {
      const found = await check().catch((error: unknown) => {
        this.logger.error(
          { err: error },
          'A check of what is wrong failed; it is made again later',
        );
        const nothing: Found = {};
        return nothing;
      });
      // What was cut off in the middle tells nothing.
      if (signal.aborted) return;
      const kinds = Object.keys(found) as ConditionKind[];
      for (const kind of kinds) await this.book.settle(kind, found[kind] ?? []);
    }
  }
}
