/** What every test of the ssh destination needs: a server per file or group, and ways to open it. */
import { execFileSync } from 'node:child_process';
import { chown, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, onTestFinished } from 'vitest';
import type { DirectoryStage } from '../../../destinations/conformance/directory-suite.js';
import { SshDestination, type SshContext } from '../../../destinations/ssh/ssh.destination.js';
import type { SshSecrets, SshSettings } from '../../../destinations/ssh/ssh.settings.js';
import { SmallDisk } from '../kill-disks.js';
import { refusalBy, sentence } from '../refusals.js';
import { startSshd, type SshdFlavour, type SshdServer } from './sshd-server.js';

export interface Opening {
  settings?: Partial<SshSettings>;
  secrets?: SshSecrets;
  context?: SshContext;
}

export class SshStage {
  #server: SshdServer | undefined;
  readonly #disks: SmallDisk[] = [];

  get server(): SshdServer {
    if (this.#server === undefined) throw new Error('The stage is not set.');
    return this.#server;
  }

  /** For the group of tests that calls it: one server, emptied after each test. */
  serve(flavour: SshdFlavour): void {
    beforeAll(async () => {
      this.#server = await startSshd(flavour);
    });
    afterAll(() => this.#server?.stop());
    afterEach(() => {
      for (const disk of this.#disks.splice(0)) disk.release();
      execFileSync('find', [this.server.directory, '-mindepth', '1', '-delete']);
    });
  }

  settings(settings: Partial<SshSettings> = {}): SshSettings {
    const { port, user, path, hostKey } = this.server;
    return { host: '127.0.0.1', port, user, path, hostKey, diskLimitPercent: 100, ...settings };
  }

  /** Closed when the test is over. */
  open({ settings, secrets, context }: Opening = {}): SshDestination {
    const key = { privateKey: this.server.privateKey };
    const destination = new SshDestination(this.settings(settings), secrets ?? key, context);
    onTestFinished(() => destination.close());
    return destination;
  }

  /** Makes a file or folder the account's own. */
  async give(path: string): Promise<void> {
    const { uid, gid } = await stat(this.server.directory);
    await chown(path, uid, gid);
  }

  /** For the suite that destinations in a directory share. */
  setUp(): Promise<DirectoryStage> {
    return Promise.resolve({
      path: this.server.directory,
      open: (context) => this.open(context === undefined ? {} : { context }),
      blockedText: (key) => `at ${key}; move`,
      give: (path) => this.give(path),
      refusal: (code, ...parts) => this.refusal(code, ...parts),
    });
  }

  /** A disk of its own below the base, as the account and as the server calls it. */
  async mountSmallDisk(megabytes: number): Promise<{ path: string; disk: SmallDisk }> {
    const disk = new SmallDisk(join(this.server.directory, 'small'));
    disk.mount(megabytes);
    this.#disks.push(disk);
    await this.give(disk.path);
    return { path: `${this.server.path}/small`, disk };
  }

  /** What a call must fail with: the code, and one sentence that names the server and more. */
  refusal(code: string, ...parts: string[]): unknown {
    return refusalBy(this.#place(), code, ...parts);
  }

  /** A failure of the connection that may be over when it is tried again. */
  lost(...parts: string[]): unknown {
    return expect.objectContaining({
      code: 'destination.unreachable',
      isRetryable: true,
      ...sentence(this.#place(), parts),
    });
  }

  #place(): string {
    return `127.0.0.1:${this.server.port}`;
  }
}
