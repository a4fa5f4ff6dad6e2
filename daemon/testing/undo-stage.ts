/**
 * Restores that keep what they replace, and their undoing, by the engine alone: each gets a number,
 * as a run would.
 *
 * Test support: not shipped.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LocalDestination } from '../../destinations/local/local.destination.js';
import { previewUndo, undoRestore } from '../engine/restore/undo-restore.js';
import { restoreSnapshot } from '../engine/restore/restore-snapshot.js';
import type {
  KeepRequest,
  Keeping,
  RestorePreview,
  RestoreReport,
  RestoreRequest,
  UndoRequest,
} from '../engine/types.js';
import type { EngineHarness } from './engine-harness.js';

export interface Kept {
  ledgerPath: string;
  safetyId: string | undefined;
  report: RestoreReport;
  target: RestoreRequest['target'];
}

export class UndoStage {
  private readonly ledgers: string;
  private count = 0;

  constructor(
    private readonly harness: EngineHarness,
    directory: string,
  ) {
    this.ledgers = join(directory, 'ledgers');
    mkdirSync(this.ledgers, { mode: 0o700 });
  }

  async restore(
    snapshotId: string,
    changes: Partial<RestoreRequest> = {},
    hooks: { onKept?: Keeping['onKept']; safety?: KeepRequest['safety'] } = {},
  ): Promise<Kept> {
    const request = this.harness.request(snapshotId, changes);
    const keeping = this.keeping(hooks);
    const report = await restoreSnapshot(request, this.harness.context(), keeping);
    return this.kept(keeping, report, request.target);
  }

  async undo(kept: Kept, changes: Partial<UndoRequest> = {}): Promise<Kept> {
    const keeping = this.keeping({});
    const request = this.undoRequest(kept, changes);
    const report = await undoRestore(request, this.harness.context(), keeping);
    return this.kept(keeping, report, kept.target);
  }

  previewUndo(kept: Kept, changes: Partial<UndoRequest> = {}): Promise<RestorePreview> {
    return previewUndo(this.undoRequest(kept, changes), this.harness.context());
  }

  undoRequest(
    { ledgerPath, safetyId, target }: Pick<Kept, 'ledgerPath' | 'safetyId' | 'target'>,
    changes: Partial<UndoRequest> = {},
  ): UndoRequest {
    const { account, publicKeyPem } = this.harness;
    const snapshotKey = safetyId === undefined ? undefined : this.harness.keyOf(safetyId);
    const safety = snapshotKey && { snapshotKey, trustedKeysPem: [publicKeyPem] };
    return {
      account,
      target,
      isTenantRequest: false,
      isForced: false,
      ledgerPath,
      safety: safety === '' ? undefined : safety,
      ...changes,
    };
  }

  private keeping({
    onKept = () => Promise.resolve(),
    safety,
  }: {
    onKept?: Keeping['onKept'];
    safety?: KeepRequest['safety'];
  }): Keeping {
    this.count += 1;
    const { snapshotId, ...capture } = this.harness.backupRequest({ trigger: 'safety' });
    const ledgerPath = join(this.ledgers, `${String(this.count)}.jsonl`);
    const place = { forbiddenBelow: [], requireRootOwner: false };
    const settings = { path: this.harness.store, diskLimitPercent: 99 };
    return {
      request: { ledgerPath, safety: safety ?? { snapshotId, capture } },
      open: () => Promise.resolve(new LocalDestination(settings, place)),
      onKept,
    };
  }

  private kept(keeping: Keeping, report: RestoreReport, target: RestoreRequest['target']): Kept {
    const { ledgerPath } = keeping.request;
    return { ledgerPath, safetyId: report.kept?.snapshotId, report, target };
  }
}
