/** The engine over a real local destination, with keys and ids made up: for tests of the engine. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Destination } from '../../destinations/destination.js';
import { LocalDestination } from '../../destinations/local/local.destination.js';
import { backupAccount, backupToOne } from '../engine/capture/backup-account.js';
import { accountPrefix, snapshotKey } from '../engine/layout.js';
import { removeSnapshot, removeUnreferenced, type Removed } from '../engine/manifest/garbage.js';
import { SnapshotReader } from '../engine/manifest/snapshot-reader.js';
import { verifySnapshot } from '../engine/manifest/verify-snapshot.js';
import { previewRestore } from '../engine/restore/preview-restore.js';
import { restoreSnapshot } from '../engine/restore/restore-snapshot.js';
import type {
  AccountIdentity,
  BackupOutcome,
  BackupRequest,
  BackupTarget,
  EngineContext,
  RestorePreview,
  RestoreReport,
  RestoreRequest,
  SnapshotSummary,
  VerifyReport,
} from '../engine/types.js';

const SERVER = { id: 'testserver', name: 'test' };

export class EngineHarness {
  readonly aborter = new AbortController();
  readonly logged: string[] = [];
  readonly publicKeyPem: string;
  readonly signingKeyPem: string;
  destination: Destination;
  now = (): Date => new Date();
  private count = 0;

  private constructor(
    readonly store: string,
    readonly account: AccountIdentity,
  ) {
    const pair = generateKeyPairSync('ed25519');
    this.publicKeyPem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    this.signingKeyPem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const place = { forbiddenBelow: [], requireRootOwner: false };
    this.destination = new LocalDestination({ path: store, diskLimitPercent: 99 }, place);
  }

  /** `directory` gets a `store`; the home may lie anywhere else. `isKept`: made in `beforeAll`, so
   * the caller closes the destination. */
  static async make(
    directory: string,
    account: Partial<AccountIdentity> & { home: string },
    { isKept = false } = {},
  ): Promise<EngineHarness> {
    const store = join(directory, 'store');
    await mkdir(store, { recursive: true, mode: 0o700 });
    const ids = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    const harness = new EngineHarness(store, {
      id: 'aaaabbbbcccc',
      name: 'alice',
      source: 'directory',
      ...ids,
      ...account,
    });
    if (!isKept) onTestFinished(() => harness.destination.close());
    return harness;
  }

  get prefix(): string {
    return accountPrefix(SERVER.id, this.account);
  }

  keyOf(snapshotId: string): string {
    return snapshotKey({ prefix: this.prefix, snapshotId });
  }

  context(): EngineContext {
    return {
      destination: this.destination,
      signal: this.aborter.signal,
      onProgress: () => undefined,
      log: (_level, message) => {
        this.logged.push(message);
      },
      now: () => this.now(),
      threads: 2,
    };
  }

  backup(
    changes: Partial<BackupRequest> = {},
    context: Partial<EngineContext> = {},
  ): Promise<SnapshotSummary> {
    return backupToOne(this.backupRequest(changes), { ...this.context(), ...context });
  }

  /** One capture for all of these; the outcomes are in the same order. */
  backupToAll(
    targets: readonly Pick<BackupTarget, 'snapshotId' | 'destination'>[],
    changes: Partial<BackupRequest> = {},
  ): Promise<BackupOutcome[]> {
    const { destination: _, ...context } = this.context();
    const told = targets.map((target) => {
      return { ...target, log: context.log, onEnded: () => undefined };
    });
    return backupAccount(this.backupRequest(changes), told, context);
  }

  backupRequest(changes: Partial<BackupRequest> = {}): BackupRequest {
    this.count += 1;
    return {
      snapshotId: `20260101T0000${String(this.count).padStart(2, '0')}Z-abcdef`,
      server: SERVER,
      account: this.account,
      job: undefined,
      structure: 'compressed',
      excludes: { patterns: [], useDefaults: false },
      crossMounts: false,
      compressionLevel: 6,
      trigger: 'manual',
      signingKeyPem: this.signingKeyPem,
      ...changes,
    };
  }

  request(snapshotId: string, changes: Partial<RestoreRequest>): RestoreRequest {
    return {
      snapshotKey: this.keyOf(snapshotId),
      account: this.account,
      selection: { paths: [], items: [] },
      target: { place: 'original', mode: 'overlay' },
      isTenantRequest: false,
      trustedKeysPem: [this.publicKeyPem],
      ...changes,
    };
  }

  restore(snapshotId: string, changes: Partial<RestoreRequest> = {}): Promise<RestoreReport> {
    return restoreSnapshot(this.request(snapshotId, changes), this.context());
  }

  preview(snapshotId: string, changes: Partial<RestoreRequest> = {}): Promise<RestorePreview> {
    return previewRestore(this.request(snapshotId, changes), this.context());
  }

  verify(snapshotId: string): Promise<VerifyReport> {
    const request = { snapshotKey: this.keyOf(snapshotId), trustedKeysPem: [this.publicKeyPem] };
    return verifySnapshot(request, this.context());
  }

  remove(snapshotId: string): Promise<Removed> {
    return removeSnapshot({ snapshotKey: this.keyOf(snapshotId) }, this.context());
  }

  scrub(): Promise<Removed> {
    return removeUnreferenced({ accountPrefix: this.prefix }, this.context());
  }

  reader(snapshotId: string): Promise<SnapshotReader> {
    return SnapshotReader.open(this.destination, this.keyOf(snapshotId), [this.publicKeyPem]);
  }
}
