import { describe, expect, it } from 'vitest';
import type { ArchiveUse } from '../engine/types.js';
import { planCompaction } from './plan-compaction.js';

function use(name: string, contentBytes: number, liveBytes: number): ArchiveUse {
  return { name, contentBytes, liveBytes };
}

describe('planCompaction', () => {
  it('leaves everything while little is dead', () => {
    expect(planCompaction([], 0.3)).toEqual([]);
    expect(planCompaction([[use('a', 100, 71)]], 0.3)).toEqual([]);
    expect(planCompaction([[use('a', 0, 0)]], 0.3)).toEqual([]);
  });

  it('gives up the worst archives until the rest is good enough', () => {
    const newest = [use('a', 100, 20), use('b', 100, 90), use('c', 100, 60)];
    expect(planCompaction([newest], 0.3)).toEqual(['a']);
    expect(planCompaction([newest], 0.1)).toEqual(['a', 'c']);
    expect(planCompaction([newest], 0)).toEqual(['a', 'c', 'b']);
  });

  it('counts as needed what an older snapshot still refers to', () => {
    const older = [use('a', 100, 90)];
    expect(planCompaction([older, [use('a', 100, 10)]], 0.3)).toEqual([]);
    expect(planCompaction([[use('a', 100, 10)]], 0.3)).toEqual(['a']);
  });

  it('leaves to the end of their snapshots what the newest does not refer to', () => {
    expect(planCompaction([[use('a', 100, 10)], [use('b', 100, 100)]], 0.3)).toEqual([]);
  });

  /**
   * One per cent of an account, any of it, changes every day; thirty daily snapshots are kept. They
   * need the account and 29 days of changes. To store a piece of it again takes room until the
   * snapshots from before are gone, so the bound on what is dead is none on what is taken.
   */
  it('bounds what an account takes, at little cost a day', () => {
    const account = new ChangingAccount(5000, 20);
    const needed = 5000 * 1.29;
    let [mostInTime, most, storedAgain, mostInDay] = [0, 0, 0, 0];
    for (let day = 1; day <= 400; day += 1) {
      const again = account.liveADay(0.01, 30, 0.3);
      storedAgain += again;
      mostInDay = Math.max(mostInDay, again);
      if (day > 30) most = Math.max(most, account.taken());
      if (day === 60) mostInTime = most;
    }
    expect(mostInTime / needed).toBeLessThan(1.35);
    expect(most / needed).toBeLessThan(2);
    expect(storedAgain / 400).toBeLessThan(0.005 * 5000);
    expect(mostInDay).toBeLessThan(0.05 * 5000);
  });
});

/** Files of one byte each, in archives by number. */
class ChangingAccount {
  private readonly archiveOf: number[];
  private readonly sizes = new Map<number, number>();
  private snapshots: ArchiveUse[][] = [];
  private day = 0;
  private random = 1;

  /** `pieces`: archives of the first snapshot, with numbers below 1. */
  constructor(files: number, pieces: number) {
    this.archiveOf = Array.from(
      { length: files },
      (_, i) => Math.floor((i * pieces) / files) / 100,
    );
    for (const archive of this.archiveOf) this.count(archive);
    this.snapshots.push(this.uses());
  }

  /** Answers how many files were stored again only to let go of archives. */
  liveADay(churn: number, keep: number, maxDeadShare: number): number {
    this.day += 1;
    const expiring = new Set(planCompaction(this.snapshots, maxDeadShare).map(Number));
    for (let i = 0; i < this.archiveOf.length * churn; i += 1) this.store(this.anyFile());
    let again = 0;
    for (const [file, archive] of this.archiveOf.entries()) {
      if (!expiring.has(archive)) continue;
      this.store(file);
      again += 1;
    }
    this.snapshots = [...this.snapshots, this.uses()].slice(-keep);
    return again;
  }

  /** Of all archives that a kept snapshot refers to. */
  taken(): number {
    const names = new Set(this.snapshots.flat().map(({ name }) => Number(name)));
    return [...names].reduce((sum, name) => sum + (this.sizes.get(name) ?? 0), 0);
  }

  private store(file: number): void {
    if (this.archiveOf[file] !== this.day) this.count(this.day);
    this.archiveOf[file] = this.day;
  }

  private count(archive: number): void {
    this.sizes.set(archive, (this.sizes.get(archive) ?? 0) + 1);
  }

  private anyFile(): number {
    this.random = (this.random * 1103515245 + 12345) % 2147483648;
    return Math.floor((this.random / 2147483648) * this.archiveOf.length);
  }

  private uses(): ArchiveUse[] {
    const live = new Map<number, number>();
    for (const archive of this.archiveOf) live.set(archive, (live.get(archive) ?? 0) + 1);
    return [...live].map(([archive, bytes]) =>
      use(String(archive), this.sizes.get(archive) ?? 0, bytes),
    );
  }
}
