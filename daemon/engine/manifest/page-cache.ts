/**
 * Copies of manifest pages on this server, so that the next incremental backup to a store far away
 * need not fetch what it compares with. Named by what they hold and checked as any page is; what is
 * missing or damaged here is only fetched again, so nothing that goes wrong with it is an error.
 */
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class PageCache {
  private readonly used = new Set<string>();

  /** `directory`: of one account and destination, which only the daemon's user can write. */
  constructor(private readonly directory: string) {}

  read(sha256: string): Buffer | undefined {
    return leniently(() => {
      const bytes = readFileSync(join(this.directory, sha256));
      this.used.add(sha256);
      return bytes;
    });
  }

  write(sha256: string, bytes: Uint8Array): void {
    leniently(() => {
      mkdirSync(this.directory, { recursive: true, mode: 0o700 });
      const temporary = join(this.directory, `.${sha256}.${String(process.pid)}`);
      writeFileSync(temporary, bytes, { mode: 0o600 });
      renameSync(temporary, join(this.directory, sha256));
      this.used.add(sha256);
    });
  }

  /** Removes what was neither read nor written. */
  trim(): void {
    for (const name of leniently(() => readdirSync(this.directory)) ?? []) {
      if (this.used.has(name)) continue;
      leniently(() => {
        rmSync(join(this.directory, name), { force: true });
      });
    }
  }
}

function leniently<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
