import { describe, expect, it } from 'vitest';
import { HOSTILE, now, sampleDestination, secondsAgo } from '../daemon/testing/sample-rows.js';
import {
  destinationMarks,
  destinationState,
  lastValidationView,
  placeText,
  toChecks,
  toUse,
} from './destination-view.js';

const at = secondsAgo(300);
const CAPABILITIES = {
  hardLinkTrees: true,
  rangeRead: true,
  conditionalPut: true,
  freeSpace: true,
};
const OK = { name: 'sizes', isOk: true, message: 'Kept.' };
const WARNING = { name: 'same-disk', isOk: true, isWarning: true, message: 'One disk.' };
const FAILED = { name: 'list', isOk: false, message: HOSTILE, mend: 'Mend\u001b it.' };

function validation(...checks: (typeof OK)[]) {
  const unknown = { latencyMs: undefined, throughputMiBs: undefined, usage: undefined };
  const isOk = checks.every((check) => check.isOk);
  return { at, isOk, checks, capabilities: CAPABILITIES, ...unknown };
}

describe('the state of a destination', () => {
  it.each([
    [{}, 'Not checked yet', 'quiet'],
    [{ lastProbe: { at, isOk: true } }, 'Ready', 'good'],
    [{ lastProbe: { at, isOk: false } }, 'Not ready since 2026-11-21 21:40', 'bad'],
    [{ lastProbe: { at, isOk: false, failingSince: '2026-11-20T10:00:00Z' } }, 'Not ready since 2026-11-20 10:00', 'bad'], // prettier-ignore
    [{ isEnabled: false, lastProbe: { at, isOk: true } }, 'Switched off', 'quiet'],
  ])('of %j is %s', (given, word, tone) => {
    expect(destinationState(sampleDestination(given), now)).toMatchObject({ word, tone });
  });

  it('is marked when it is read-only or hidden', () => {
    const words = (given: object) =>
      destinationMarks(sampleDestination(given)).map(({ word }) => word);
    expect(words({})).toEqual([]);
    expect(words({ isReadOnly: true, isVisible: false })).toEqual(['Read-only', 'Hidden']);
  });

  it('and its place are text, also of settings that do not fit', () => {
    const path = `/mnt/${HOSTILE}\n`;
    expect(placeText(sampleDestination({ settings: { path } }))).toBe(`/mnt/${HOSTILE}\\x0a`);
    expect(placeText(sampleDestination({ kind: 'ftp' }))).toBe('');
  });
});

describe('toUse', () => {
  it('tells what fills the disk: snapshots, others, nothing', () => {
    const row = sampleDestination({ lastProbe: { at, isOk: true, freeBytes: 3e11, totalBytes: 1e12 } }); // prettier-ignore
    const use = toUse(row, { snapshots: 2, storedBytes: 2e11 });
    expect(use).toMatchObject({ own: 200, other: 500, limit: 900, room: '300 GB free of 1 TB' });
    expect(use?.limitText).toBe('limit 90 %');
    expect(toUse(row, { snapshots: 2, storedBytes: 9e12 })).toMatchObject({ own: 700, other: 0 });
  });

  it.each([[null], [{ at, isOk: true }], [{ at, isOk: true, freeBytes: 0, totalBytes: 0 }]])(
    'is unknown of %j',
    (lastProbe) => {
      expect(toUse(sampleDestination({ lastProbe }), undefined)).toBeUndefined();
    },
  );
});

describe('checks', () => {
  it('that failed come first, then warnings, each as text', () => {
    const { problems, passed } = toChecks([OK, WARNING, FAILED]);
    expect(problems.map(({ name, state }) => [name, state.word])).toEqual([
      ['List', 'Failed'],
      ['Same disk', 'Warning'],
    ]);
    expect(problems[0]).toMatchObject({ message: HOSTILE, mend: 'Mend\\x1b it.' });
    expect(passed).toHaveLength(1);
  });

  it.each([
    [[OK], 'Passed', 'good'],
    [[OK, WARNING], '1 warning', 'warn'],
    [[WARNING, FAILED], '1 failed', 'bad'],
  ])('%j in a word', (checks, word, tone) => {
    const row = sampleDestination({ lastValidation: validation(...checks) });
    expect(lastValidationView(row, now).state).toMatchObject({ word, tone });
    expect(lastValidationView(sampleDestination(), now).state).toBeUndefined();
  });
});
