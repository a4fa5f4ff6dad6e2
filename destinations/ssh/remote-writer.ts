/**
 * Writes a body to an open file on the server, many writes under way at once. Chunks are cut and
 * gathered to what the server takes in one request; the memory of a chunk is free again as soon as
 * `append` has resolved.
 */
import { BYTES_IN_FLIGHT, type SftpSession } from './sftp-session.js';

export class RemoteWriter {
  readonly #gathered: Buffer;
  readonly #mostInFlight: number;
  #gatheredBytes = 0;
  #position = 0;
  #inFlight = 0;
  #wake: (() => void) | undefined;
  #failure: { error: unknown } | undefined;

  constructor(
    private readonly session: SftpSession,
    private readonly handle: Buffer,
  ) {
    this.#mostInFlight = Math.ceil(BYTES_IN_FLIGHT / session.writeBytes);
    this.#gathered = Buffer.allocUnsafeSlow(session.writeBytes);
  }

  async append(chunk: Uint8Array): Promise<void> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let at = 0;
    while (at < bytes.length) {
      const size = this.session.writeBytes;
      if (this.#gatheredBytes === 0 && bytes.length - at >= size) {
        await this.#send(bytes.subarray(at, at + size));
        at += size;
        continue;
      }
      const taken = bytes.copy(this.#gathered, this.#gatheredBytes, at);
      this.#gatheredBytes += taken;
      at += taken;
      if (this.#gatheredBytes === size) await this.#flush();
    }
  }

  /** Resolves with the size when the server has taken every byte. */
  async finish(): Promise<number> {
    if (this.#gatheredBytes > 0) await this.#flush();
    while (this.#inFlight > 0 && this.#failure === undefined) await this.#answered();
    this.#throwFailure();
    return this.#position;
  }

  /** Nothing more is sent, also of an `append` under way. */
  stop(): void {
    this.#failure ??= { error: new Error('stopped') };
    this.#wake?.();
  }

  async #flush(): Promise<void> {
    const bytes = this.#gathered.subarray(0, this.#gatheredBytes);
    this.#gatheredBytes = 0;
    await this.#send(bytes);
  }

  async #send(bytes: Buffer): Promise<void> {
    while (this.#inFlight >= this.#mostInFlight) await this.#answered();
    this.#throwFailure();
    this.#inFlight++;
    const settle = (): void => {
      this.#inFlight--;
      this.#wake?.();
    };
    this.session.write(this.handle, bytes, this.#position).then(settle, (error: unknown) => {
      this.#failure ??= { error };
      settle();
    });
    this.#position += bytes.length;
  }

  #answered(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
