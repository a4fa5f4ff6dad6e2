import type { AccountSource, DiscoveredAccount } from './account-source.js';

/**
 * The source that is found by looking at the server. Once found it stays: a mark that is gone for a
 * moment, as while a panel updates itself, must not change where accounts come from.
 */
export class DetectedSource implements AccountSource {
  readonly isDetected = true;
  private found: AccountSource | undefined;

  /** `detect` throws kind `source` when it cannot tell. */
  constructor(private readonly detect: () => AccountSource) {}

  /** `auto` before it was found. */
  get name(): string {
    return this.found?.name ?? 'auto';
  }

  async discover(): Promise<DiscoveredAccount[]> {
    this.found ??= this.detect();
    return this.found.discover();
  }
}
