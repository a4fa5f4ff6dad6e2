/**
 * SFTP over one connection, as promises. Every request settles: with the answer, or with
 * `SessionLost` when the connection ends, the server stays silent or the session is closed; ssh2
 * itself forgets requests whose channel is gone.
 *
 * Alive is whoever lets bytes through: the server answers keep-alives (sent every third of the
 * timeout) or takes what is sent. A server that does so but answers no request has another reason to
 * be slow, and gets longer while it makes a file durable, which may take minutes.
 */
import type { Callback, ClientChannel, FileEntryWithStats, SFTPWrapper, Stats } from 'ssh2';
import type { SshConnection } from './connect.js';

/** Less than this may be keep-alives alone. */
const MOVED_BYTES = 16 * 1024;
const SLOW_FACTOR = 10;
/** What every server takes (RFC draft: packets of 34,000 bytes). */
const SAFE_TRANSFER_BYTES = 31_952;
/** What OpenSSH takes, 255 KiB, in whole pages. Each request costs memory that is soon garbage. */
const MAX_TRANSFER_BYTES = 252 * 1024;
const MAX_UNTOLD_READ_BYTES = 32 * 1024;
/** Under way at once in one transfer: the window of OpenSSH and of ssh2, so that a long line is kept
 * full and memory stays bounded. */
export const BYTES_IN_FLIGHT = 2 * 1024 * 1024;

/** How files are opened. */
export const OPEN_READ = 0x01;
/** For writing; refused when the name is taken. */
export const OPEN_NEW = 0x02 | 0x08 | 0x20;

/** Why a session ended; `reason` completes "… failed: ". */
export class SessionLost extends Error {
  override readonly name = 'SessionLost';

  constructor(
    readonly reason: string,
    options?: ErrorOptions,
    /** This side ended it, so that trying again is no use. */
    readonly isOnPurpose = false,
  ) {
    super(reason, options);
  }
}

export type SftpExtension =
  | 'posix-rename@openssh.com'
  | 'hardlink@openssh.com'
  | 'fsync@openssh.com'
  | 'limits@openssh.com'
  | 'statvfs@openssh.com';

export interface FileSystemStats {
  totalBytes: number;
  /** For this account. */
  freeBytes: number;
  /** As `df` counts it. */
  usedPercent: number;
  freeFiles: number;
  isReadOnly: boolean;
}

type Answer<T> = (error: Error | null | undefined, value: T) => void;

/** What ssh2 knows, but its types do not tell. */
interface Internals {
  _extensions?: Record<string, string>;
  _maxReadLen?: number;
  _maxWriteLen?: number;
}

interface Patience {
  /** No byte moved for so long: the connection is dead. */
  timeoutMs: number;
  nowMs?: () => number;
}

export class SftpSession {
  /** Resolves when the session is over; never rejects. */
  readonly ended: Promise<void>;
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly #pending = new Set<(lost: SessionLost) => void>();
  readonly #watch: NodeJS.Timeout;
  readonly #nowMs: () => number;
  readonly #timeoutMs: number;
  #lost: SessionLost | undefined;
  #resolveEnded: () => void = () => undefined;
  #syncs = 0;
  #answeredAt: number;
  #heardAt: number;
  #watchedAt: number;
  #readMark = 0;
  #sentMark = 0;
  #answerReadMark = 0;

  constructor(
    private readonly connection: SshConnection,
    private readonly sftp: SFTPWrapper,
    { timeoutMs, nowMs = () => performance.now() }: Patience,
  ) {
    this.#timeoutMs = timeoutMs;
    this.#nowMs = nowMs;
    this.#answeredAt = this.#heardAt = this.#watchedAt = nowMs();
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    const { _maxReadLen, _maxWriteLen } = sftp as Internals;
    // Servers that tell no limits answer a larger read with a part of it, which costs round trips.
    const readLimit = this.has('limits@openssh.com') ? MAX_TRANSFER_BYTES : MAX_UNTOLD_READ_BYTES;
    this.readBytes = Math.min(_maxReadLen ?? SAFE_TRANSFER_BYTES, readLimit);
    this.writeBytes = Math.min(_maxWriteLen ?? SAFE_TRANSFER_BYTES, MAX_TRANSFER_BYTES);
    const closed = (error?: unknown): void => {
      const cause = error instanceof Error ? { cause: error } : undefined;
      this.end(new SessionLost('the connection was lost; try again', cause));
    };
    sftp.on('error', closed).on('end', closed).on('close', closed);
    connection.client.on('error', closed).on('close', closed);
    this.#watch = setInterval(() => {
      this.#look();
    }, this.#tickMs()).unref();
  }

  get isOver(): boolean {
    return this.#lost !== undefined;
  }

  has(extension: SftpExtension): boolean {
    return (this.sftp as Internals)._extensions?.[extension] !== undefined;
  }

  /** Ends the connection; every request under way rejects with `lost`. */
  end(lost: SessionLost): void {
    if (this.#lost !== undefined) return;
    this.#lost = lost;
    clearInterval(this.#watch);
    this.connection.client.end();
    // A server that is stopped never answers the goodbye.
    this.connection.destroy();
    for (const reject of this.#pending) reject(lost);
    this.#pending.clear();
    this.#resolveEnded();
  }

  open(path: string, flags: number, mode = 0o600): Promise<Buffer> {
    return this.#ask((answer) => this.sftp.open(path, flags, { mode }, answer));
  }

  close(handle: Buffer): Promise<void> {
    return this.#tell((done) => this.sftp.close(handle, done));
  }

  /** How many bytes came, at most what was asked; 0 at the end of the file. `into` is filled from
   * its start, also after an abort: it must not be used again then. */
  read(handle: Buffer, into: Buffer, position: number): Promise<number> {
    return this.#ask((answer) => this.sftp.read(handle, into, 0, into.length, position, answer));
  }

  /** The bytes are copied before this returns. */
  write(handle: Buffer, bytes: Buffer, position: number): Promise<void> {
    return this.#tell((done) => this.sftp.write(handle, bytes, 0, bytes.length, position, done));
  }

  fstat(handle: Buffer): Promise<Stats> {
    return this.#ask((answer) => this.sftp.fstat(handle, answer));
  }

  lstat(path: string): Promise<Stats> {
    return this.#ask((answer) => this.sftp.lstat(path, answer));
  }

  stat(path: string): Promise<Stats> {
    return this.#ask((answer) => this.sftp.stat(path, answer));
  }

  opendir(path: string): Promise<Buffer> {
    return this.#ask((answer) => this.sftp.opendir(path, answer));
  }

  /** The next page. Rejects with status 1 at the end. */
  readdir(handle: Buffer): Promise<FileEntryWithStats[]> {
    return this.#ask((answer) => this.sftp.readdir(handle, answer));
  }

  mkdir(path: string): Promise<void> {
    return this.#tell((done) => this.sftp.mkdir(path, { mode: 0o700 }, done));
  }

  rmdir(path: string): Promise<void> {
    return this.#tell((done) => this.sftp.rmdir(path, done));
  }

  unlink(path: string): Promise<void> {
    return this.#tell((done) => this.sftp.unlink(path, done));
  }

  /** Refuses a name that is taken. */
  rename(from: string, to: string): Promise<void> {
    return this.#tell((done) => this.sftp.rename(from, to, done));
  }

  /** Replaces what has the name. Needs `posix-rename@openssh.com`. */
  replace(from: string, to: string): Promise<void> {
    return this.#tell((done) => this.sftp.ext_openssh_rename(from, to, done));
  }

  /** Needs `hardlink@openssh.com`. */
  link(from: string, to: string): Promise<void> {
    return this.#tell((done) => this.sftp.ext_openssh_hardlink(from, to, done));
  }

  setLength(handle: Buffer, size: number): Promise<void> {
    return this.#tell((done) => this.sftp.fsetstat(handle, { size }, done));
  }

  /** Starts a program over the same connection; its channel closes with the session. Rejects with
   * ssh2's own error when the server starts none. */
  exec(command: string): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) {
        reject(this.#lost);
        return;
      }
      this.#pending.add(reject);
      this.connection.client.exec(command, (error, channel) => {
        if (!this.#pending.delete(reject)) return;
        this.#answeredAt = this.#nowMs();
        if (error === undefined) resolve(channel);
        else reject(error);
      });
    });
  }

  /** Needs `fsync@openssh.com`. */
  async fsync(handle: Buffer): Promise<void> {
    this.#syncs++;
    try {
      await this.#ask<unknown>((answer) => this.sftp.ext_openssh_fsync(handle, answer));
    } finally {
      this.#syncs--;
    }
  }

  /** Needs `statvfs@openssh.com`. */
  async statvfs(path: string): Promise<FileSystemStats> {
    const raw = await this.#ask<Record<string, number>>((answer) =>
      this.sftp.ext_openssh_statvfs(path, answer),
    );
    const valueOf = (name: string): number => raw[name] ?? 0;
    const used = valueOf('f_blocks') - valueOf('f_bfree');
    const usable = used + valueOf('f_bavail');
    return {
      totalBytes: valueOf('f_frsize') * valueOf('f_blocks'),
      freeBytes: valueOf('f_frsize') * valueOf('f_bavail'),
      usedPercent: usable === 0 ? 0 : (100 * used) / usable,
      // File systems that count no files say 0 of 0.
      freeFiles: valueOf('f_files') === 0 ? Infinity : valueOf('f_favail'),
      isReadOnly: valueOf('f_flag') % 2 === 1,
    };
  }

  /** For requests whose answer is only whether they worked. */
  #tell(send: (done: Callback) => void): Promise<void> {
    return this.#ask<undefined>((answer) => {
      send((error) => {
        answer(error, undefined);
      });
    });
  }

  #ask<T>(send: (answer: Answer<T>) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#lost !== undefined) {
        reject(this.#lost);
        return;
      }
      if (this.#pending.size === 0) this.#answeredAt = this.#nowMs();
      this.#pending.add(reject);
      const answer: Answer<T> = (error, value) => {
        // ssh2 answers what it forgets by an error of its own; `end` has its reason.
        if (!this.#pending.delete(reject)) return;
        this.#answeredAt = this.#nowMs();
        if (error === null || error === undefined) resolve(value);
        else if (isStatus(error)) reject(error);
        else reject(new SessionLost('the connection was lost; try again', { cause: error }));
      };
      try {
        send(answer);
      } catch (error) {
        this.#pending.delete(reject);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  #tickMs(): number {
    return Math.min(1000, this.#timeoutMs / 10);
  }

  #look(): void {
    const now = this.#nowMs();
    // This process itself was busy or asleep: what came meanwhile is not read yet.
    const isLate = now - this.#watchedAt > this.#tickMs() * 2 + 500;
    this.#watchedAt = now;
    if (isLate) this.#answeredAt = this.#heardAt = now;
    this.#countBytes(now);
    const seconds = this.#timeoutMs / 1000;
    if (now - this.#heardAt > this.#timeoutMs) {
      this.end(new SessionLost(`no byte came through for ${seconds} seconds; check the network`));
      return;
    }
    const patienceMs = this.#timeoutMs * (this.#syncs > 0 ? SLOW_FACTOR : 1);
    if (this.#pending.size === 0 || now - this.#answeredAt <= patienceMs) return;
    this.end(
      new SessionLost(
        `the server answered no request for ${patienceMs / 1000} seconds; check its disk and load`,
      ),
    );
  }

  #countBytes(now: number): void {
    const { bytesRead, bytesWritten, writableLength } = this.connection.socket;
    const sent = bytesWritten - writableLength;
    const isSending = sent - this.#sentMark >= MOVED_BYTES;
    if (isSending) this.#sentMark = sent;
    if (isSending || bytesRead !== this.#readMark) this.#heardAt = now;
    this.#readMark = bytesRead;
    if (isSending || bytesRead - this.#answerReadMark >= MOVED_BYTES) {
      this.#answeredAt = now;
      this.#answerReadMark = bytesRead;
    }
  }
}

/** Status codes of SFTP are numbers; errors of ssh2 about the connection have none. */
function isStatus(error: Error): boolean {
  return 'code' in error && typeof error.code === 'number';
}
