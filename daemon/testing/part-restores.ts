/**
 * Restores of parts that keep what they replace, by the engine alone.
 *
 * Test support: not shipped.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PlacedFiles } from '../engine/parts/file-parts.js';
import type { RestorePreview, RestoreReport, RestoreRequest } from '../engine/types.js';
import { PartsStage } from './parts-stage.js';
import { UndoStage, type Kept } from './undo-stage.js';

type Changes = Partial<RestoreRequest & PlacedFiles>;

export class PartRestores {
  private constructor(
    readonly stage: PartsStage,
    readonly snapshotId: string,
    private readonly undos: UndoStage,
  ) {}

  static async make(change: (stage: PartsStage) => void = () => undefined): Promise<PartRestores> {
    const stage = await PartsStage.make();
    change(stage);
    const { id } = await stage.backup();
    return new PartRestores(stage, id, new UndoStage(stage.harness, stage.place));
  }

  /** `chosen`: items or paths. */
  restore(chosen: string[], changes: Changes = {}): Promise<Kept> {
    return this.undos.restore(this.snapshotId, this.request(chosen, changes));
  }

  async report(chosen: string[], changes: Changes = {}): Promise<RestoreReport> {
    return (await this.restore(chosen, changes)).report;
  }

  preview(chosen: string[], changes: Changes = {}): Promise<RestorePreview> {
    return this.stage.harness.preview(this.snapshotId, this.request(chosen, changes));
  }

  undo(kept: Kept): Promise<Kept> {
    return this.undos.undo(kept, { parts: this.request([], {}).parts });
  }

  previewUndo(kept: Kept): Promise<RestorePreview> {
    return this.undos.previewUndo(kept, { parts: this.request([], {}).parts });
  }

  read(name: string): string {
    return readFileSync(this.stage.path(name), 'utf8');
  }

  snapshots(): string[] {
    const { store, prefix } = this.stage.harness;
    return readdirSync(join(store, prefix, 'snapshots'));
  }

  private request(chosen: string[], { user = 'alice', cron, ...rest }: Changes): Partial<RestoreRequest> {
    const items = chosen.filter((one) => !one.includes('/'));
    const paths = chosen.filter((one) => one.includes('/'));
    const files = { parts: this.stage.parts, user, cron };
    const journalFolder = this.stage.path('journal');
    return { selection: { paths, items }, parts: { files, journalFolder }, ...rest };
  } // prettier-ignore
}

/** Each as one line. */
export function problems({ problems: told }: RestoreReport): string[] {
  return told.map(({ path, message }) => `${path}: ${message}`);
}
