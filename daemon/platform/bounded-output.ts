/** What a process printed, kept within a limit: the beginning or the end, whichever tells more. */
export class BoundedOutput {
  readonly #keep: 'start' | 'end';
  readonly #limitBytes: number;
  #chunks: Buffer[] = [];
  #keptBytes = 0;
  #isTruncated = false;

  constructor(keep: 'start' | 'end', limitBytes: number) {
    this.#keep = keep;
    this.#limitBytes = limitBytes;
  }

  get isTruncated(): boolean {
    return this.#isTruncated;
  }

  add(chunk: Buffer): void {
    if (this.#keep === 'start') this.#addToStart(chunk);
    else this.#addToEnd(chunk);
  }

  bytes(): Buffer {
    const all = Buffer.concat(this.#chunks);
    return all.length > this.#limitBytes ? all.subarray(-this.#limitBytes) : all;
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  #addToStart(chunk: Buffer): void {
    const room = this.#limitBytes - this.#keptBytes;
    if (chunk.length > room) this.#isTruncated = true;
    if (room <= 0) return;
    this.#push(chunk.subarray(0, room));
  }

  #addToEnd(chunk: Buffer): void {
    this.#push(chunk);
    if (this.#keptBytes <= this.#limitBytes) return;
    this.#isTruncated = true;
    // Cut only at twice the limit: each byte is then copied once on average.
    if (this.#keptBytes <= 2 * this.#limitBytes) return;
    this.#chunks = [Buffer.from(this.bytes())];
    this.#keptBytes = this.#limitBytes;
  }

  #push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#keptBytes += chunk.length;
  }
}
