/**
 * Cuts manifest lines into pages and stores them. Boundaries depend on paths, pages are named by
 * what they hold: an unchanged page is stored once for all snapshots of the account.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { pathHash } from '../capture/slab-rules.js';
import { pageKey } from '../layout.js';
import { pathReference } from './byte-path.js';
import type { BytePath } from './entry.js';
import type { PageSource } from './read-page.js';
import type { PageReference } from './snapshot-file.js';

const gzip = promisify(zlib.gzip);
/** Half of a page is hashes, which no level makes smaller. */
const PAGE_LEVEL = 3;
const MIN_ENTRIES = 500;
const MAX_ENTRIES = 2500;
const BOUNDARY_ODDS = 512;
/** Pages being stored at once: hides the latency of a sync or a request. */
const PUTS_AT_ONCE = 4;

export class PageWriter {
  private readonly pages: PageReference[] = [];
  private readonly puts = new Set<Promise<void>>();
  private readonly newKeys: string[] = [];
  private lines: string[] = [];
  private firstPath: BytePath = '';
  private failure: unknown;
  private hasFailed = false;
  private bytesWritten = 0;

  /** Knows pages that are there already, by their text. */
  pageOf: ((text: string) => PageReference | undefined) | undefined;

  constructor(private readonly place: PageSource & { signal: AbortSignal }) {}

  /** A promise when the caller should wait before adding more. */
  add(line: string, path: BytePath): Promise<void> | undefined {
    if (this.lines.length === 0) this.firstPath = path;
    this.lines.push(line);
    const count = this.lines.length;
    const isEnd = count >= MIN_ENTRIES && pathHash(path) % BOUNDARY_ODDS === 0;
    return isEnd || count >= MAX_ENTRIES ? this.flush() : undefined;
  }

  /** All pages, in order, each of them durable. */
  async finish(): Promise<{ pages: PageReference[]; bytesWritten: number }> {
    await this.flush();
    await Promise.all(this.puts);
    this.throwFailure();
    return { pages: this.pages, bytesWritten: this.bytesWritten };
  }

  /** Takes back what this writer stored; for a snapshot that will not be published. */
  async discard(signal: AbortSignal): Promise<void> {
    await Promise.all(this.puts);
    for (const key of this.newKeys) await this.place.destination.remove(key, { signal });
  }

  private throwFailure(): void {
    if (this.hasFailed) throw this.failure;
  }

  private async flush(): Promise<void> {
    if (this.lines.length === 0) return;
    const text = this.lines.join('');
    const place = this.pages.length;
    const entries = this.lines.length;
    const first = pathReference(this.firstPath);
    this.lines = [];
    const stored = this.pageOf?.(text);
    this.pages.push(stored ?? { sha256: '', sizeBytes: 0, entries, first });
    if (stored !== undefined) return;
    const put = this.store(text, place).catch((error: unknown) => {
      if (!this.hasFailed) this.failure = error;
      this.hasFailed = true;
    });
    this.puts.add(put);
    void put.then(() => this.puts.delete(put));
    while (this.puts.size >= PUTS_AT_ONCE) await Promise.race(this.puts);
    this.throwFailure();
  }

  private async store(text: string, place: number): Promise<void> {
    const bytes = await gzip(text, { level: PAGE_LEVEL });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const page = this.pages[place] as PageReference;
    page.sha256 = sha256;
    page.sizeBytes = bytes.length;
    const { destination, prefix, signal, cache } = this.place;
    cache?.write(sha256, bytes);
    const key = pageKey(prefix, sha256);
    const stored = await destination.stat(key, { signal });
    if (stored?.sizeBytes === bytes.length) return;
    this.newKeys.push(key);
    await destination.put(key, bytes, { signal });
    this.bytesWritten += bytes.length;
  }
}
