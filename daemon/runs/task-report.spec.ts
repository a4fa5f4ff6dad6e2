import { describe, expect, it } from 'vitest';
import type { RestoreReport, SnapshotSummary, VerifyReport } from '../engine/types.js';
import { summarise } from './run-summary.js';
import { LogLimit, stateOfResult } from './task-report.js';

const verified: VerifyReport = {
  state: 'complete',
  files: 1,
  bytes: 2,
  damage: [],
  damageCount: 0,
};

describe('stateOfResult', () => {
  it('takes the result by its word', () => {
    expect(stateOfResult(verified).state).toBe('complete');
    expect(stateOfResult({ removedObjects: 1, freedBytes: 1 }).state).toBe('complete');
    const partly = { state: 'incomplete', problems: [], failed: 1 } as unknown as RestoreReport;
    expect(stateOfResult(partly)).toMatchObject({ state: 'incomplete', level: 'warn' });
    expect(stateOfResult(partly).message).toContain('1 entry is');
    const undone = { state: 'incomplete', problems: [], failed: 0, conflicts: 2 };
    const changed = stateOfResult(undone as unknown as RestoreReport);
    expect(changed.message).toContain('2 entries were changed since the restore and left alone');
    const some = { state: 'incomplete', problems: 3 } as SnapshotSummary;
    expect(stateOfResult(some).message).toContain('3 entries are');
  });

  it('makes damage a failure', () => {
    const outcome = stateOfResult({ ...verified, state: 'damaged', damageCount: 2 });
    expect(outcome).toMatchObject({
      state: 'failed',
      error: { kind: 'integrity', code: 'snapshot.damaged' },
    });
  });
});

describe('LogLimit', () => {
  it('lets so many lines through, says that more were left out, then is silent', () => {
    const limit = new LogLimit(2);
    const admitted = ['a', 'b', 'c', 'd'].map((message) => limit.admit(message));
    expect(admitted).toEqual(['a', 'b', 'Further lines of this task are left out.', undefined]);
  });
});

describe('summarise', () => {
  it('counts states and adds up what tasks report', () => {
    expect(
      summarise([
        { state: 'complete', result: verified },
        { state: 'complete', result: { ...verified, bytes: 40 } },
        { state: 'failed', result: null },
      ]),
    ).toEqual({ tasks: { complete: 2, failed: 1 }, files: 2, bytes: 42, damageCount: 0 });
  });
});
