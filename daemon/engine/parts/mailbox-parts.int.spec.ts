/** Mailboxes outside of the home: restored by their owner, whole or by folder, and undone. */
import { chownSync, existsSync, lstatSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { describe, expect, it } from 'vitest';
import { compareSnapshots, snapshotOfTree } from '../../testing/compare-trees.js';
import { MAIL_UID, PartsStage } from '../../testing/parts-stage.js';
import { UndoStage, type Kept } from '../../testing/undo-stage.js';
import type { RestoreReport, RestoreRequest, Selection } from '../types.js';

const BOX = 'vmail/bob/Maildir';
const WHOLE = { paths: [], items: ['mailbox:bob@example.com'] };
const SENT = { paths: ['mail/bob@example.com/.Sent'], items: [] };

class Mailbox {
  private constructor(
    readonly stage: PartsStage,
    private readonly id: string,
    private readonly undos: UndoStage,
  ) {}

  static async make(): Promise<Mailbox> {
    const stage = await PartsStage.make();
    const { id } = await stage.backup();
    return new Mailbox(stage, id, new UndoStage(stage.harness, stage.place));
  }

  restore(selection: Selection, changes: Partial<RestoreRequest> = {}): Promise<Kept> {
    return this.undos.restore(this.id, { selection, parts: this.parts, ...changes });
  }

  async report(
    selection: Selection,
    changes: Partial<RestoreRequest> = {},
  ): Promise<RestoreReport> {
    return (await this.restore(selection, changes)).report;
  }

  undo(kept: Kept): Promise<Kept> {
    return this.undos.undo(kept, { parts: this.parts });
  }

  path(name: string): string {
    return this.stage.path(`${BOX}/${name}`);
  }

  write(name: string, content: string): void {
    this.stage.write(`${BOX}/${name}`, content, MAIL_UID, 0o600);
  }

  now(): ReturnType<typeof snapshotOfTree> {
    return snapshotOfTree(this.stage.path(BOX));
  }

  async differences(before: Awaited<ReturnType<typeof snapshotOfTree>>): Promise<string[]> {
    return compareSnapshots(before, await this.now());
  }

  private get parts(): NonNullable<RestoreRequest['parts']> {
    const files = { parts: this.stage.parts, user: 'alice' };
    return { files, journalFolder: this.stage.path('journal') };
  }
}

describe('a mailbox outside of the home', () => {
  it('comes back as it was, hard links and all, by its owner', async () => {
    const box = await Mailbox.make();
    const before = await box.now();
    rmSync(box.path('cur'), { recursive: true });
    box.write('.Sent/cur/large:2,S', 'spoilt');
    const report = await box.report(WHOLE);
    expect(report).toMatchObject({ state: 'complete', problems: [] });
    expect(report.parts).toEqual([{ title: 'the mailbox bob@example.com', action: 'replaced' }]);
    expect(await box.differences(before)).toEqual([]);
    expect(statSync(box.path('cur/1:2,S')).uid).toBe(MAIL_UID);
  });

  it('comes back to its account, and with everything', async () => {
    const box = await Mailbox.make();
    for (const selection of [WHOLE, { paths: ['mail'], items: [] }, { paths: [], items: [] }]) {
      box.write('cur/1:2,S', 'spoilt');
      await box.report(selection, { isTenantRequest: true });
      expect(readFileSync(box.path('cur/1:2,S'), 'utf8')).toBe('Subject: 1\n');
      expect(statSync(box.path('cur/1:2,S'))).toMatchObject({ uid: MAIL_UID, mode: 0o100600 });
    }
  });

  it('gets back one folder alone', async () => {
    const box = await Mailbox.make();
    rmSync(box.path('.Sent'), { recursive: true });
    rmSync(box.path('cur/1:2,S'));
    expect(await box.report(SENT)).toMatchObject({ state: 'complete', problems: [] });
    expect(statSync(box.path('.Sent/cur/large:2,S')).size).toBe(3 * 1024 * 1024);
    expect(existsSync(box.path('cur/1:2,S'))).toBe(false);
  });

  it('loses what is new to a mirror only', async () => {
    const box = await Mailbox.make();
    box.write('.Sent/cur/new:2,S', 'Subject: new\n');
    box.write('cur/new:2,S', 'Subject: new\n');
    const mirror = { target: { place: 'original', mode: 'mirror' } } as const;
    await box.report(SENT);
    expect(existsSync(box.path('.Sent/cur/new:2,S'))).toBe(true);
    await box.report(SENT, mirror);
    expect(existsSync(box.path('.Sent/cur/new:2,S'))).toBe(false);
    expect(existsSync(box.path('cur/new:2,S'))).toBe(true);
  });

  it('tells what of it is not as it was', async () => {
    const box = await Mailbox.make();
    rmSync(box.path('cur/3:2,S'));
    box.stage.folder(`${BOX}/cur/3:2,S`, MAIL_UID);
    box.write('cur/3:2,S/x', '');
    const report = await box.report(WHOLE);
    expect(report).toMatchObject({ state: 'incomplete', failed: 1 });
    expect(report.problems).toMatchObject([{ path: 'mail/bob@example.com/cur/3:2,S' }]);
  });

  it('is left alone when the account has it no more; the rest goes on', async () => {
    const box = await Mailbox.make();
    box.stage.parts.mailboxes = box.stage.parts.mailboxes.filter(({ path }) => !path.includes('bob')); // prettier-ignore
    box.write('cur/1:2,S', 'spoilt');
    rmSync(box.stage.path('crontabs/alice'));
    const report = await box.report({ paths: [], items: [...WHOLE.items, 'cron'] });
    expect(report).toMatchObject({ state: 'incomplete', failed: 1 });
    expect(report.problems[0]?.message).toMatch(/has no mailbox bob@example.com now/);
    expect(readFileSync(box.path('cur/1:2,S'), 'utf8')).toBe('spoilt');
    expect(existsSync(box.stage.path('crontabs/alice'))).toBe(true);
  });
});

describe('an undo of a mailbox', () => {
  it.each(['overlay', 'mirror'] as const)('brings it back as it was (%s)', async (mode) => {
    const box = await Mailbox.make();
    box.write('cur/1:2,S', 'Subject: mine\n');
    box.write('cur/new:2,S', 'Subject: new\n');
    rmSync(box.path('cur/2:2,S'));
    const was = await box.now();
    const kept = await box.restore(WHOLE, { target: { place: 'original', mode } });
    expect(kept.report).toMatchObject({ state: 'complete', problems: [] });
    expect(readFileSync(box.path('cur/1:2,S'), 'utf8')).toBe('Subject: 1\n');
    expect(existsSync(box.path('cur/new:2,S'))).toBe(mode === 'overlay');
    expect(await box.stage.harness.verify(kept.safetyId ?? '')).toMatchObject({ state: 'complete' }); // prettier-ignore
    const restored = await box.now();
    const undone = await box.undo(kept);
    expect(undone.report).toMatchObject({ state: 'complete', problems: [] });
    expect(await box.differences(was)).toEqual([]);
    await box.undo(undone);
    expect(await box.differences(restored)).toEqual([]);
  });

  it.each([
    ['that was not there', (box: Mailbox) => {
      rmSync(box.path('.Sent'), { recursive: true });
    }],
    ['that was otherwise', (box: Mailbox) => {
      box.write('.Sent/cur/other:2,S', 'Subject: other\n');
      box.write('.Sent/cur/large:2,S', 'Subject: large\n');
    }],
  ])('of a folder %s brings the whole mailbox back', async (_, spoil) => {
    const box = await Mailbox.make();
    rmSync(box.path('cur/2:2,S'));
    spoil(box);
    const was = await box.now();
    const kept = await box.restore(SENT);
    expect(await box.differences(was)).not.toEqual([]);
    const restored = await box.now();
    const undone = await box.undo(kept);
    expect(undone.report).toMatchObject({ state: 'complete', problems: [] });
    expect(await box.differences(was)).toEqual([]);
    await box.undo(undone);
    expect(await box.differences(restored)).toEqual([]);
  }); // prettier-ignore

  it('keeps mail that came since, and brings it back when undone', async () => {
    const box = await Mailbox.make();
    const kept = await box.restore(WHOLE);
    box.write('new/since', 'Subject: since\n');
    const undone = await box.undo(kept);
    expect(existsSync(box.path('new/since'))).toBe(false);
    await box.undo(undone);
    expect(readFileSync(box.path('new/since'), 'utf8')).toBe('Subject: since\n');
  });
});

describe('a hostile mailbox', () => {
  it('is refused where a link leads away, or root owns it', async () => {
    const box = await Mailbox.make();
    const { stage } = box;
    const refused = async (why: RegExp): Promise<void> => {
      const { report, safetyId } = await box.restore(WHOLE);
      expect(report).toMatchObject({ state: 'incomplete', failed: 1 });
      expect(report.problems[0]?.message).toMatch(why);
      expect(safetyId).toBeUndefined();
    };
    box.write('cur/1:2,S', 'spoilt');
    renameSync(stage.path('vmail/bob'), stage.path('vmail/eve'));
    await refused(/there is no .*make the mailbox in the panel first/);
    symlinkSync('eve', stage.path('vmail/bob'));
    await refused(/"bob" in it is a symlink/);
    rmSync(stage.path('vmail/bob'));
    writeFileSync(stage.path('vmail/bob'), '');
    await refused(/ENOTDIR/);
    rmSync(stage.path('vmail/bob'));
    renameSync(stage.path('vmail/eve'), stage.path('vmail/bob'));
    chownSync(stage.path(BOX), 0, 0);
    await refused(/belongs to root/);
    expect(readFileSync(box.path('cur/1:2,S'), 'utf8')).toBe('spoilt');
  });

  it('cannot lead out by a link within it', async () => {
    const box = await Mailbox.make();
    const { stage } = box;
    stage.folder('abroad', MAIL_UID);
    rmSync(box.path('cur'), { recursive: true });
    symlinkSync(stage.path('abroad'), box.path('cur'));
    const kept = await box.restore(WHOLE);
    expect(kept.report).toMatchObject({ state: 'complete', problems: [] });
    expect(readdirSync(stage.path('abroad'))).toEqual([]);
    expect(lstatSync(box.path('cur')).isDirectory()).toBe(true);
    await box.undo(kept);
    expect(lstatSync(box.path('cur')).isSymbolicLink()).toBe(true);
    expect(readdirSync(stage.path('abroad'))).toEqual([]);
  });
});
